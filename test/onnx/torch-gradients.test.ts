/** Files of torch.onnx.export: the same answers, and gradients of every parameter as PyTorch has them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { backward, withoutDerivative } from '../../src/autodiff/index.js';
import { input, type ParameterValue, parametersOf } from '../../src/graph/index.js';
import { Build } from '../../src/nn/index.js';
import { readOnnx } from '../../src/onnx/read.js';
import { crossEntropy } from '../../src/optim/index.js';
import { float32, openRuntime, type Runtime } from '../../src/runtime/index.js';
import type { Model } from '../../src/weights/index.js';
import { decodeOnnxModel } from '../../src/weights/onnx-model.js';
import { resnetOf } from '../../src/weights/onnx-resnet.js';
import { pattern, stray, type TorchGolden, torchGolden } from './torch-golden.js';

const PYTHON = '/usr/bin/python3'; // Debian's, which finds Debian's python3-torch
const HERE = join(import.meta.dirname, '../../../test/onnx');

/** Logits, and gradients of the cross entropy of labels 1 and 3 by name, as the file's graph gives them. */
async function answersOf(runtime: Runtime, { network, weights, card }: Model, size: number, training = false) {
  const shape = [2, 3, size, size];
  const build = new Build({ training });
  const logits = network.forward(input('x', shape), build);
  const loss = crossEntropy(logits, input('targets', [2, card.classes.length]));
  assert.deepEqual(withoutDerivative(loss), []);
  const learned = parametersOf({ name: 'loss', outputs: { loss } }).filter((p: ParameterValue) => p.source.trainable);
  const gradients = backward(loss, learned).map((value, i) => [learned[i]!.source.name, value] as const);
  const outputs = Object.fromEntries(
    [['logits', logits] as const, ...gradients, ...build.updates].map(([name, value]) => [`d ${name}`, value]),
  );
  const program = await runtime.compile({ name: 'gradients', outputs }, { weights });
  const targets = new Float32Array(2 * card.classes.length);
  targets[1] = 1;
  targets[card.classes.length + 3] = 1;
  const found = await program.run({
    x: float32(pattern(shape), shape),
    targets: float32(targets, [2, card.classes.length]),
  });
  await program.release();
  return Object.fromEntries(Object.entries(found).map(([name, tensor]) => [name.slice(2), tensor]));
}

/** In evaluation mode, under the file's names or, where norms were folded and names lost, those of the ResNet that it is. */
async function compare(
  runtime: Runtime,
  { bytes, size, logits, gradients }: TorchGolden,
  folded: boolean,
): Promise<void> {
  const model = decodeOnnxModel(bytes);
  const found = await answersOf(runtime, model, size);
  assert.ok(stray(logits, found.logits!.data as Float32Array) < 1e-4, 'logits');
  const names = folded ? resnetOf(readOnnx(bytes))!.names : undefined;
  const ours = new Map([...(names ?? [])].map(([theirs, own]) => [own, theirs]));
  assert.equal(Object.keys(found).length - 1, gradients.size);
  for (const [name, expected] of gradients) {
    const came = found[ours.get(name) ?? name];
    assert.ok(came, `no gradient of ${name}`);
    const far = stray(expected, came.data as Float32Array);
    assert.ok(far < 1e-3, `the gradient of ${name} strays by ${far}`);
  }
}

const magnitude = (data: Float32Array) => data.reduce((sum, value) => sum + Math.abs(value), 0);

describe('a file of torch.onnx.export', () => {
  const runtime = openRuntime();
  after(() => runtime.close());

  it('gives the answers and gradients that were noted of it', () =>
    compare(runtime, torchGolden(join(HERE, 'fixtures'), 'tiny'), false));

  it('is trained by the statistics of batches, as the module was that it was made of', async () => {
    const { bytes, size, training } = torchGolden(join(HERE, 'fixtures'), 'tiny');
    const found = await answersOf(runtime, decodeOnnxModel(bytes), size, true);
    assert.deepEqual(new Set(Object.keys(found)), new Set(['logits', ...Object.keys(training)]));
    for (const [name, sum] of Object.entries(training)) {
      const came = magnitude(found[name]!.data as Float32Array);
      assert.ok(Math.abs(came - sum) <= 1e-3 * Math.max(sum, 1e-3), `${name}: ${came} instead of ${sum}`);
    }
  });
});

describe("torchvision's networks, exported now", () => {
  const { stdout } = spawnSync(PYTHON, ['-c', 'import torch, torchvision, onnx; print("there")'], { encoding: 'utf8' });
  const skip = stdout.includes('there') ? false : 'no python3-torch, python3-torchvision and python3-onnx';
  const runtime = openRuntime();
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resmirror-'));
    if (skip) return;
    const made = spawnSync(PYTHON, [join(HERE, 'torch_files.py'), 'networks', folder], { encoding: 'utf8' });
    assert.equal(made.status, 0, made.stderr);
  });
  after(async () => {
    await runtime.close();
    await rm(folder, { recursive: true });
  });
  const files = [
    ...[11, 13, 17].flatMap((opset) => ['tiny', 'padded'].map((name) => `${name}-${opset}-kept`)),
    ...[11, 13, 17].flatMap((opset) => [`tiny-${opset}-folded`, `padded-${opset}-plain`]),
    'resnet18-13-kept',
    'resnet18-11-folded',
    'resnet18-17-folded',
    'resnet50-17-kept',
  ];
  for (const name of files)
    it(name, { skip }, () => compare(runtime, torchGolden(folder, name), name.endsWith('folded')));
});
