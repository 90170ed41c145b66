/** Imported networks answer as PyTorch does with the same file. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { describe, it } from 'node:test';
import { input, type Value } from '../../src/graph/index.js';
import { buildNetwork, type GivenSetting, type ResNetConfig, settingOf } from '../../src/models/index.js';
import { Build, normalise, unit } from '../../src/nn/index.js';
import { float32, openRuntime, type Tensors } from '../../src/runtime/index.js';
import { importWeights } from '../../src/weights/import.js';
import type { Model } from '../../src/weights/index.js';
import { type SchemeName, schemes } from '../../src/weights/names/schemes.js';
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

/** Both files that the script makes of one job, and what PyTorch answers to an image of noise. */
async function written(...job: readonly string[]): Promise<{ files: readonly string[]; logits: readonly number[] }> {
  const folder = await temporaryFolder();
  const { stdout, stderr, status } = spawnSync(PYTHON, [SCRIPT, ...job, folder], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const files = (await readdir(folder)).sort().map((name) => join(folder, name));
  assert.deepEqual(files.map(extname), ['.pth', '.th']);
  return { files, logits: JSON.parse(stdout) };
}

async function assertAnswers(file: string, model: Model, expected: readonly number[]): Promise<void> {
  const { y } = buildNetwork(model.network, { batch: 1 });
  const found = await answers(y, model, [{ input: float32(noise('input', [1, 3, 64, 64], 1), [1, 3, 64, 64]) }]);
  assert.equal(found.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(found[i]! - value) < LOGITS, `${file}, logit ${i}: ${found[i]} and ${value}`);
}

describe("torchvision's weights in both formats", () => {
  const names = ['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152'];
  const kin = ['resnext50_32x4d', 'resnext101_32x8d', 'wide_resnet50_2', 'wide_resnet101_2'];
  for (const name of [...names, ...kin])
    it(`answer as in PyTorch: ${name}`, python, async () => {
      const { files, logits } = await written('torchvision', name);
      for (const file of files) {
        const { model, dropped } = await importWeights(file, { size: [64, 64] });
        assert.equal(model.network.name, name.replaceAll('_', '-'));
        assert.ok(dropped.every((one) => one.endsWith('.num_batches_tracked')));
        await assertAnswers(file, model, logits);
        await rm(file);
      }
    });
});

describe("networks of options under timm's names, in both formats,", () => {
  const small = { bottleneck: true, repeats: [1, 2], width: 16 } as const;
  const cases: readonly (readonly [what: string, setting: GivenSetting, scheme: SchemeName])[] = [
    ['ResNet-D', { ...small, stem: 'deep', downsample: 'average' }, 'torchvision'],
    ['tiered and grouped', { ...small, stem: 'deep-tiered', groups: 4, widthPerGroup: 32 }, 'torchvision'],
    ['squeeze and excitation', { ...small, attention: 'se' }, 'torchvision'],
    [
      'all of them of basic blocks',
      { ...small, bottleneck: false, stem: 'deep', downsample: 'average', attention: 'se', reduction: 2 },
      'torchvision',
    ],
    ['ResNet v2', { ...small, preactivation: true }, 'timmV2'],
    ['ResNet v2 of basic blocks', { ...small, bottleneck: false, preactivation: true }, 'timmV2'],
    ['ResNet v2-D', { ...small, stem: 'deep', downsample: 'average', preactivation: true }, 'timmV2'],
  ];
  for (const [what, setting, scheme] of cases)
    it(`answer as in PyTorch: ${what}`, python, async () => {
      const { files, logits } = await written('options', JSON.stringify(setting));
      for (const file of files) {
        const { model, names } = await importWeights(file, { size: [64, 64] });
        assert.equal(names, schemes[scheme].title);
        assert.deepEqual((model.network.config as ResNetConfig).setting, settingOf(setting));
        await assertAnswers(file, model, logits);
      }
    });
});
