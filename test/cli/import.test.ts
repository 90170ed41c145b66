import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readModel } from '../../src/weights/index.js';
import { fixture } from '../weights/fixtures.js';
import { json, run, workplace } from './program.js';

const folder = await workplace();

test('import says what came of the file, and writes a model', async () => {
  await writeFile(join(folder, 'labels.txt'), 'ant\nbee\ncat\n');
  const { code, stdout, stderr } = await run(
    folder,
    'import',
    fixture('odd.th'),
    '--labels',
    'labels.txt',
    '--size',
    '16x24',
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^basic-resnet-1-1 in model\.safetensors$/m);
  assert.match(stdout, /^32 tensors of 437 numbers, 3 classes; PyTorch, before 1\.6, names of torchvision$/m);
  assert.match(stdout, /^without module\. in front of names$/m);
  assert.match(stdout, /^left out: 6 counters num_batches_tracked$/m);
  const { card } = await readModel(join(folder, 'model.safetensors'));
  assert.deepEqual(
    [card.classes, card.preprocessing.size],
    [
      ['ant', 'bee', 'cat'],
      [16, 24],
    ],
  );
});

test('import --json has the preprocessing and the network', async () => {
  await writeFile(join(folder, 'labels.json'), '["ant", "bee", "cat"]');
  const words = [
    '--labels',
    'labels.json',
    '--mean',
    '0.5,0.5,0.5',
    '--std',
    '1,1,1',
    '--crop',
    '0.9',
    '--out',
    'x.safetensors',
  ];
  const { parameters, preprocessing, format } = await json(folder, 'import', fixture('plain.npz'), ...words);
  assert.deepEqual([parameters, format], [437, 'NumPy']);
  assert.deepEqual(preprocessing, {
    size: [32, 32],
    channels: 3,
    cropRatio: 0.9,
    interpolation: 'bilinear',
    mean: [0.5, 0.5, 0.5],
    std: [1, 1, 1],
  });
});

test('import ends with one message where a file does not fit, and with code 2 where the line does not', async () => {
  const { code, stderr } = await run(folder, 'import', fixture('plain.pth'), '--net', 'resnet18');
  assert.equal(code, 1);
  assert.match(stderr, /plain\.pth does not fit resnet18 .*missing: .*\n$/);
  for (const wrong of [
    ['--out', 'x.onnx'],
    ['--mean', 'a'],
    ['--variant', 'article'],
    ['--size', 'x'],
  ])
    assert.equal((await run(folder, 'import', fixture('plain.pth'), ...wrong)).code, 2, wrong.join(' '));
});

test('other commands take a checkpoint as it is', async () => {
  const { layers } = await json(folder, 'summary', fixture('plain.pth'));
  assert.ok((layers as object[]).length > 5);
  await json(folder, 'export', fixture('plain.th'), '--bare', '--out', 'bare.safetensors');
});

test('export and import go through folders and checkpoints', async () => {
  const net = fixture('plain.pth');
  const { out } = await json(folder, 'export', net, '--out', 'again.pth');
  assert.equal(out, 'again.pth');
  assert.equal((await json(folder, 'import', 'again.pth')).parameters, 437);
  await json(folder, 'export', net, '--names', 'timm', '--out', 'timm.safetensors');
  await json(folder, 'summary', 'timm.safetensors');
  const refused = await run(folder, 'export', net, '--format', 'huggingface', '--out', 'hub');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /cannot express this model: its variant is cifar instead of imagenet/);
});

test('export refuses a place that is named as another format, and choices that a format does not know', async () => {
  const net = fixture('plain.pth');
  for (const [words, message] of [
    [['--format', 'safetensors', '--out', 'x.onnx'], /named as onnx, but --format is safetensors/],
    [['--names', 'timm'], /--names does not belong to --format onnx/],
    [['--pixels', '--out', 'x.pth'], /--pixels does not belong to --format pth/],
    [['--names', 'somebody'], /--names/],
  ] as const) {
    const { code, stderr } = await run(folder, 'export', net, ...words);
    assert.equal(code, 2, words.join(' '));
    assert.match(stderr, message);
  }
});
