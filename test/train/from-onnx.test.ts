/** A file of another program, trained on for other classes: a run that stands by itself. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { evaluateModel } from '../../src/train/evaluate-model.js';
import { planTraining } from '../../src/train/plan.js';
import { resume, train } from '../../src/train/train.js';
import { readModel } from '../../src/weights/index.js';
import { encodeOnnxModel } from '../../src/weights/onnx-model.js';
import { userError } from '../data/fixtures.js';
import { newFolder, tiny } from './tiny.js';

const from = join(import.meta.dirname, '../../../test/onnx/fixtures/tiny.onnx');
const { net: _, variant: __, size: ___, ...rest } = tiny;
const options = { ...rest, from, data: 'drawn:60', epochs: 2 } as const;

test('a graph is trained with a new head, goes on where it was stopped, and is exported', async () => {
  const out = await newFolder();
  const controller = new AbortController();
  await train({ ...options, out, signal: controller.signal, onStep: () => controller.abort() });
  const { history } = await resume(out, options);
  assert.equal(history.length, 2);
  const model = await readModel(out);
  assert.equal(model.card.network.kind, 'graph');
  assert.equal(model.card.classes.length, 10);
  assert.deepEqual(model.weights['fc.weight']!.shape, [10, 16]);
  const begun = await readModel(from);
  for (const name of ['conv1.weight', 'bn1.weight', 'bn1.running_mean', 'layer3.0.downsample.0.weight'])
    assert.notDeepEqual(model.weights[name]!.data, begun.weights[name]!.data, `${name} did not learn`);
  const { metrics } = await evaluateModel(join(out, 'best.safetensors'), 'drawn:60', { threads: 1 });
  for (const foldNorms of [true, false]) {
    const exported = join(out, 'exported.onnx');
    await writeFile(exported, encodeOnnxModel(model, { foldNorms }));
    const again = await evaluateModel(exported, 'drawn:60', { threads: 1 });
    assert.ok(Math.abs(again.metrics.loss! - metrics.loss!) < 1e-4);
    assert.deepEqual(again.model.card.classes, model.card.classes);
  }
});

test('what is learned begins where the file ends, but for the head', async () => {
  const { network, start, config } = await planTraining({ ...options, freeze: 2 });
  assert.deepEqual(config.frozen, { stages: 2 });
  assert.equal(config.start?.model, from);
  assert.ok(start && !('fc.weight' in start) && 'layer1.0.bn1.running_var' in start);
  assert.equal(network.name, 'tiny');
  await assert.rejects(
    planTraining({ ...options, size: 16 }),
    userError('made for images of 8 x 8', 'does not take 16 x 16'),
  );
});
