/** Training without files is the training of `train`, settled and walked through alike. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Loader } from '../../src/data/batches.js';
import { decodeImage } from '../../src/data/decode.js';
import { writeDrawnFolder } from '../../src/data/drawn/index.js';
import { LocalLoader } from '../../src/data/local-loader.js';
import { openRuntime } from '../../src/runtime/index.js';
import { MemoryTraining, planInMemory } from '../../src/train/in-memory.js';
import { planTraining } from '../../src/train/plan.js';
import { train } from '../../src/train/train.js';
import { readModel } from '../../src/weights/index.js';
import { newFolder, tiny } from './tiny.js';

test('figures and weights are those of train, bit for bit', async () => {
  const { threads, workers, data, ...options } = tiny;
  const out = await newFolder();
  await train({ ...tiny, out });
  const lines = (await readFile(join(out, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  const records = lines.map((line) => JSON.parse(line));
  const { splits, config } = await planTraining({ ...options, data });
  const plan = planInMemory(options, { splits, own: [32, 32] });
  assert.deepEqual({ ...plan.config, data }, config);

  const runtime = openRuntime({ threads });
  const unused = () => assert.fail('pixels need no decoder');
  try {
    const training = await MemoryTraining.create(plan, { runtime, loader: new LocalLoader(unused) });
    const [losses, epochs]: [number[], number[]] = [[], []];
    for await (const news of training.run())
      if (news.kind === 'step') losses.push(news.loss);
      else epochs.push(news.record.validationLoss);
    assert.deepEqual(
      losses,
      records.flatMap(({ loss }) => loss ?? []),
    );
    assert.deepEqual(
      epochs,
      records.flatMap(({ validationLoss }) => validationLoss ?? []),
    );
    const expected = await readModel(join(out, 'best.safetensors'));
    assert.deepEqual(training.best?.model.card, expected.card);
    assert.deepEqual(training.best?.model.weights, expected.weights);
  } finally {
    await runtime.close();
  }
});

test('both loaders make the same batches of files', async () => {
  const folder = await newFolder();
  await writeDrawnFolder(folder, { perClass: 5, size: 40 });
  const { splits, config } = await planTraining({ task: 'reconstruct', data: folder, size: 32, batch: 8, padding: 2 });
  const { batch, preprocessing, augmentation } = config;
  const order = { batch, preprocessing, augmentation, shuffle: true, dropLast: true, seed: 1, epoch: 2 };
  const loader = new Loader({ workers: 2 });
  const imagesBy = async (one: Pick<Loader, 'epoch'>) => {
    const all: Uint8Array[] = [];
    for await (const { images } of one.epoch(splits.train, order)) all.push(images.slice());
    return all;
  };
  try {
    const local = await imagesBy(new LocalLoader(decodeImage));
    assert.equal(local.length, 5);
    assert.deepEqual(local, await imagesBy(loader));
  } finally {
    await loader.close();
  }
});
