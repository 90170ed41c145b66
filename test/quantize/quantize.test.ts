/** 8-bit models: near to the float ones, a quarter of their size, and models like any other when they come back from a file. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openImages } from '../../src/data/dataset.js';
import { drawnDataset } from '../../src/data/drawn/index.js';
import * as g from '../../src/graph/index.js';
import { Predictor } from '../../src/inference/index.js';
import { autoencoder, buildNetwork, type Network, resnet } from '../../src/models/index.js';
import { imagenetNormalisation, initialise } from '../../src/nn/index.js';
import { quantizeModel } from '../../src/quantize/index.js';
import { openRuntime } from '../../src/runtime/index.js';
import { type Model, readModel } from '../../src/weights/index.js';
import { encodeOnnxModel } from '../../src/weights/onnx-model.js';
import { temporaryFolder, userError, writePhotos } from '../data/fixtures.js';

const SIZE = 32;
const folder = await temporaryFolder();
const photos = await writePhotos(join(folder, 'photos'), 24);
const CLASSES = ['ant', 'bee', 'cat', 'dog', 'eel'];

function modelOf(network: Network, task: Model['card']['task'] = 'classify'): Model {
  const preprocessing = {
    ...imagenetNormalisation,
    size: [SIZE, SIZE],
    channels: 3,
    cropRatio: 1,
    interpolation: 'bilinear',
  } as const;
  const classes = task === 'classify' ? CLASSES : [];
  const card = {
    format: 1,
    task,
    network: network.config,
    preprocessing,
    classes,
    metrics: { accuracy: 0.5 },
  } as const;
  return { card, network, weights: initialise(buildNetwork(network).build.parameters.values(), 1) };
}

const networks = [
  resnet('CIFAR_RESNET20', { classes: CLASSES.length }),
  resnet('RESNET18', { size: SIZE, classes: CLASSES.length }),
  resnet({ bottleneck: true, repeats: [1, 1], width: 16 }, { size: SIZE, classes: CLASSES.length }),
];
const shares = async (model: Model): Promise<readonly (readonly number[])[]> => {
  const predictor = Predictor.open(model, { threads: 1 });
  const found: number[][] = [];
  for await (const { value } of predictor.classify(photos, { top: CLASSES.length }))
    found.push(CLASSES.map((label) => value.find((score) => score.label === label)!.probability));
  await predictor.close();
  return found;
};

for (const network of networks)
  test(`${network.name} in 8 bits answers as in 32, also from its file`, async () => {
    const model = modelOf(network);
    const quantised = await quantizeModel(model, await openImages(photos), { images: 16, batch: 8, threads: 1 });
    const file = join(folder, `${network.name}.onnx`);
    const bytes = encodeOnnxModel(quantised);
    await writeFile(file, bytes);
    const float = encodeOnnxModel(model).length;
    assert.ok(bytes.length < 0.4 * float, `${bytes.length} bytes instead of ${float}`);
    const [expected, found, again] = [
      await shares(model),
      await shares(quantised),
      await shares(await readModel(file)),
    ];
    assert.deepEqual(again, found);
    const off = Math.max(...expected.flatMap((row, i) => row.map((p, k) => Math.abs(p - found[i]![k]!))));
    assert.ok(off < 0.05 && off > 0, `probabilities are off by up to ${off}`);
  });

test('products run on 8-bit numbers', async () => {
  const model = modelOf(networks[0]!);
  const quantised = await quantizeModel(model, await openImages(photos), { images: 8, threads: 1 });
  const nodes = g.nodesOf([buildNetwork(quantised.network).y]);
  for (const node of nodes.filter(({ op }) => op === 'Conv' || op === 'Gemm'))
    for (const { source } of node.inputs)
      assert.equal(source.kind === 'node' && source.node.op, 'DequantizeLinear', node.scope);
  assert.deepEqual(quantised.weights, {});
});

test('what has no 8-bit form stays in float32', async () => {
  const coder = modelOf(autoencoder('CIFAR_RESNET20', { size: SIZE, variant: 'cifar' }), 'reconstruct');
  const quantised = await quantizeModel(coder, drawnDataset({ train: 8, validation: 1, seed: 0 }).train, {
    threads: 1,
  });
  const nodes = g.nodesOf([buildNetwork(quantised.network).y]);
  assert.ok(nodes.some(({ op }) => op === 'ConvTranspose'));
  const runtime = openRuntime({ threads: 1 });
  after(() => runtime.close());
  const { weights } = quantised;
  assert.ok(Object.keys(weights).length > 0);
  await runtime.compile({ name: 'coder', outputs: { y: buildNetwork(quantised.network).y } }, { weights });
});

test('the ONNX checker accepts the file', (t) => {
  const check = 'import onnx, sys; onnx.checker.check_model(sys.argv[1], full_check=True)';
  if (spawnSync('/usr/bin/python3', ['-c', 'import onnx']).status !== 0)
    return t.skip("Debian's python3-onnx is missing");
  const { status, stderr } = spawnSync('/usr/bin/python3', ['-c', check, join(folder, 'cifar-resnet20.onnx')], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
});

test('an ONNX file of something else, and features of 8-bit numbers, are refused with the reason', async () => {
  const file = join(folder, 'others.onnx');
  const { writeOnnx } = await import('../../src/onnx/index.js');
  await writeFile(file, writeOnnx({ name: 'other', outputs: { y: g.relu(g.input('x', ['n', 3])) } }));
  await assert.rejects(readModel(file), userError('expected a graph from images', '[n, 3]'));
  const small = await readModel(join(folder, 'cifar-resnet20.onnx'));
  await assert.rejects(
    quantizeModel(small, await openImages(photos), { threads: 1 }),
    userError('8-bit numbers already'),
  );
  const predictor = Predictor.open(small, { threads: 1 });
  await assert.rejects(predictor.embed(photos).next(), userError('does not say where its features are'));
  await predictor.close();
});
