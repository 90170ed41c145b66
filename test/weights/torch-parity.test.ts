/** Imported networks answer as PyTorch does with the same file. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { input, type Value } from '../../src/graph/index.js';
import { buildNetwork } from '../../src/models/index.js';
import { Build, normalise, unit } from '../../src/nn/index.js';
import { float32, openRuntime, type Tensors } from '../../src/runtime/index.js';
import { importWeights } from '../../src/weights/import.js';
import type { Model } from '../../src/weights/index.js';
import { sharedData, temporaryFolder } from '../data/fixtures.js';
import { noise } from '../goldens/rule.js';
import { fixture, PYTHON, python, SCRIPT } from './fixtures.js';

const LOGITS = 1e-4;

async function answers(logits: Value, { weights }: Model, feeds: readonly Tensors[]): Promise<number[]> {
  const runtime = openRuntime();
  try {
    const program = await runtime.compile({ name: 'answers', outputs: { logits } }, { weights });
    const found: number[] = [];
    for (const feed of feeds) found.push(...((await program.run(feed)).logits!.data as Float32Array));
    return found;
  } finally {
    await runtime.close();
  }
}

const largest = (values: ArrayLike<number>, row: number, width: number) => {
  const part = Array.from({ length: width }, (_, i) => values[row * width + i]!);
  return part.indexOf(Math.max(...part));
};

describe("somebody else's ResNet-20", () => {
  const checkpoint = sharedData('checkpoints/resnet20-12fca82f.th');
  const cifar = sharedData('cifar10');
  it('says of 2,000 images what it says in PyTorch', { ...checkpoint.options, ...cifar.options }, async () => {
    const { model, names, prefix, renamed } = await importWeights(checkpoint.path);
    const { network, card } = model;
    assert.deepEqual([network.name, names, prefix], ['cifar-resnet20', 'CIFAR scripts in PyTorch', 'module.']);
    assert.deepEqual(renamed, { 'module.linear.weight': 'fc.weight', 'module.linear.bias': 'fc.bias' });
    assert.equal(card.network.kind === 'resnet' && card.network.shortcut, 'A');

    const expected = new Float32Array(new Uint8Array(await readFile(fixture('resnet20-logits.bin'))).buffer);
    const records = await readFile(join(cifar.path, 'test_batch.bin'));
    const [count, record, batch] = [2000, 3073, 250];
    const images = input('images', [batch, 32, 32, 3], 'uint8');
    const feeds = Array.from({ length: count / batch }, (_, part) => {
      const data = new Uint8Array(batch * 3072); // planes [3, h, w] become pixels [h, w, 3]
      for (let n = 0; n < batch; n++)
        for (let i = 0; i < 3072; i++)
          data[n * 3072 + (i % 1024) * 3 + Math.floor(i / 1024)] = records[(part * batch + n) * record + 1 + i]!;
      return { images: { dtype: 'uint8' as const, shape: [batch, 32, 32, 3], data } };
    });
    const found = await answers(
      network.forward(normalise(unit(images), card.preprocessing), new Build()),
      model,
      feeds,
    );
    assert.equal(found.length, expected.length);
    let right = 0;
    for (let n = 0; n < count; n++) {
      assert.equal(largest(found, n, 10), largest(expected, n, 10), `image ${n}`);
      if (largest(found, n, 10) === records[n * record]) right++;
    }
    assert.equal(right, 1823);
    for (const [i, value] of expected.entries())
      assert.ok(Math.abs(found[i]! - value) < LOGITS, `logit ${i}: ${found[i]} and ${value}`);
  });
});

describe("torchvision's weights in both formats", () => {
  for (const name of ['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152'])
    it(`answer as in PyTorch: ${name}`, python, async () => {
      const folder = await temporaryFolder();
      const { stdout, stderr, status } = spawnSync(PYTHON, [SCRIPT, 'torchvision', name, folder], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      const expected: number[] = JSON.parse(stdout);
      for (const file of [`${name}.pth`, `${name}.th`]) {
        const { model, dropped } = await importWeights(join(folder, file), { size: [64, 64] });
        assert.equal(model.network.name, name);
        assert.ok(dropped.every((one) => one.endsWith('.num_batches_tracked')));
        const { y } = buildNetwork(model.network, { batch: 1 });
        const found = await answers(y, model, [{ input: float32(noise('input', [1, 3, 64, 64], 1), [1, 3, 64, 64]) }]);
        for (const [i, value] of expected.entries())
          assert.ok(Math.abs(found[i]! - value) < LOGITS, `${file}, logit ${i}: ${found[i]} and ${value}`);
        await rm(join(folder, file));
      }
    });
});
