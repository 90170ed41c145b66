/** Checkpoints as PyTorch and NumPy write them (torch_files.py): whatever the format, the same weights come out. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { settingOf } from '../../src/models/index.js';
import { type ImportOptions, importWeights } from '../../src/weights/import.js';
import { readModel } from '../../src/weights/index.js';
import { temporaryFolder, userError, write } from '../data/fixtures.js';
import { parameterValue } from '../goldens/rule.js';
import { fixture, PYTHON, python, SCRIPT } from './fixtures.js';
import { legacy, op, tensor, zipped } from './pickles.js';

/** All weights of the small network by the rule; `relative` is how far they may be off. */
async function check(path: string, { relative = 0, ...options }: ImportOptions & { relative?: number } = {}) {
  const imported = await importWeights(path, options);
  const { network, weights } = imported.model;
  assert.equal(network.name, 'basic-resnet-1-1');
  assert.deepEqual(
    { ...network.config },
    {
      kind: 'resnet',
      setting: settingOf({ bottleneck: false, repeats: [1, 1], width: 2 }),
      variant: 'cifar',
      size: [32, 32],
      channels: 3,
      classes: 3,
      stride: 'middle',
      shortcut: 'B',
      pooling: 'average',
      norm: 'batch',
    },
  );
  assert.equal(Object.keys(weights).length, 32);
  for (const [name, { shape, data }] of Object.entries(weights)) {
    const expected = parameterValue(name, shape);
    for (const [i, value] of expected.entries())
      assert.ok(Math.abs(data[i]! - value) <= relative * Math.abs(value), `${name}[${i}]: ${data[i]} and ${value}`);
  }
  return imported;
}

describe('a checkpoint', () => {
  for (const [file, format] of [
    ['plain.pth', 'PyTorch'],
    ['plain.th', 'PyTorch, before 1.6'],
    ['protocol4.pt', 'PyTorch'],
    ['plain.npz', 'NumPy'],
    ['compressed.npz', 'NumPy'], // deflated, in double and in Fortran's order
  ] as const)
    it(`comes out of ${file}`, async () => {
      const { format: found, prefix, dropped, names } = await check(fixture(file));
      assert.deepEqual([found, prefix, dropped, names], [format, '', [], 'torchvision']);
    });

  for (const file of ['odd.pth', 'odd.th'])
    it(`comes out of ${file}: halves, doubles, views of one storage, strides, cuda:0, and what scripts keep`, async () => {
      const { prefix, dropped, model } = await check(fixture(file), { relative: 2 ** -8 }); // bfloat16 has 8 bits
      assert.equal(prefix, 'module.');
      assert.equal(dropped.length, 6);
      assert.ok(dropped.includes('module.bn1.num_batches_tracked'));
      // what was kept in float32 or more is exact
      for (const [i, [name, { shape, data }]] of Object.entries(model.weights).entries())
        if (i % 6 > 1) assert.deepEqual(data, parameterValue(name, shape), name);
    });

  it('comes out of a module that was pickled whole', async () => {
    const { prefix, dropped } = await check(fixture('whole.pt'));
    assert.deepEqual([prefix, dropped.length], ['module.', 6]);
  });

  it('comes out of a module of before 1.6, under model_ema', python, async () => {
    const path = join(await temporaryFolder(), 'whole.th');
    assert.equal(spawnSync(PYTHON, [SCRIPT, 'whole', path]).status, 0);
    await check(path);
    await check(path, { key: 'model_ema' });
  });

  it('is a model to every command, by its name alone', async () => {
    const { card, network } = await readModel(fixture('plain.th'));
    assert.deepEqual(card.preprocessing, {
      size: [32, 32],
      channels: 3,
      cropRatio: 1,
      interpolation: 'bilinear',
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    });
    assert.deepEqual([card.classes, network.name], [['0', '1', '2'], 'basic-resnet-1-1']);
  });
});

describe('an import', () => {
  it('takes the network by name and setting, its preprocessing and its labels', async () => {
    const { model } = await check(fixture('plain.pth'), {
      net: '{"bottleneck":false,"repeats":[1,1],"width":2}',
      variant: 'cifar',
      classes: ['a', 'b', 'c'],
      size: [32, 32],
      preprocessing: { mean: [0.5, 0.5, 0.5], cropRatio: 0.9, interpolation: 'bicubic' },
    });
    const { classes, preprocessing } = model.card;
    assert.deepEqual(classes, ['a', 'b', 'c']);
    assert.deepEqual(
      [preprocessing.mean, preprocessing.cropRatio, preprocessing.interpolation, preprocessing.std[0]],
      [[0.5, 0.5, 0.5], 0.9, 'bicubic', 0.229],
    );
  });

  const refused: readonly (readonly [what: string, options: ImportOptions, parts: readonly string[]])[] = [
    [
      'another network',
      { net: 'resnet18' },
      ['resnet18', 'missing: layer1.1.conv1.weight', 'another shape', '[2,3,3,3] instead of [64,3,7,7]'],
    ],
    ['a network that there is not', { net: 'resnet19' }, ['resnet19', 'known are']],
    ['labels of another number', { classes: ['a'] }, ['tells 3 classes apart', '1 labels']],
    ['another number of means', { preprocessing: { mean: [0.5] } }, ['3 number(s) of mean', 'got 1']],
    ['a preprocessing out of range', { preprocessing: { cropRatio: 0 } }, ['a preprocessing', 'cropRatio']],
    ['an entry that is not there', { key: 'ema' }, ["no entry 'ema'", 'conv1.weight']],
    ['dropping what is needed', { drop: ['fc.'] }, ['fc.weight']],
  ];
  for (const [what, options, parts] of refused)
    it(`refuses ${what}`, () => assert.rejects(importWeights(fixture('plain.pth'), options), userError(...parts)));

  it('refuses tensors that are left over, until they are dropped', async () => {
    const folder = await temporaryFolder();
    const one = tensor({ shape: [4], strides: [1] });
    for (const [file, content] of Object.entries({
      'x.pth': zipped(op.dict(['criterion.weight', one])),
      'x.th': legacy(op.dict(['criterion.weight', one])),
    })) {
      const path = await write(join(folder, file), content);
      await assert.rejects(importWeights(path), userError(path, 'not recognised', 'conv1.weight'));
      await assert.rejects(importWeights(path, { net: 'resnet18' }), userError(path, '1 left over: criterion.weight'));
      await assert.rejects(
        importWeights(path, { net: 'resnet18', drop: ['criterion.'] }),
        (error: Error) => !error.message.includes('left over'),
      );
    }
  });

  it('refuses files that are something else', async () => {
    const folder = await temporaryFolder();
    for (const [content, part] of [
      ['', 'begins like none'],
      ['this is no checkpoint', 'begins like none'],
      ['PK\x03\x04 and so on', 'as an archive'],
    ] as const) {
      const path = await write(join(folder, 'x.pth'), content);
      await assert.rejects(readModel(path), userError(path, part));
    }
    await assert.rejects(
      readModel(fileURLToPath(new URL('.', import.meta.url))),
      userError('is it the folder of a run?'),
    );
  });
});
