/** ONNX files as weights of this project's ResNets: recognised by their layers, whatever their names, and equal in their answers. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildNetwork, type Network, resnet } from '../../src/models/index.js';
import { initialise } from '../../src/nn/index.js';
import { float32, openRuntime } from '../../src/runtime/index.js';
import { importWeights } from '../../src/weights/import.js';
import { encodeModel, type Model, readModel } from '../../src/weights/index.js';
import { encodeOnnxModel } from '../../src/weights/onnx-model.js';
import { temporaryFolder, userError } from '../data/fixtures.js';
import { pattern, stray, torchGolden } from '../onnx/torch-golden.js';

const folder = await temporaryFolder();
const fixtures = join(import.meta.dirname, '../../../test/onnx/fixtures');
const runtime = openRuntime({ threads: 1 });
after(() => runtime.close());

async function logitsOf({ network, weights }: Model, size: number): Promise<Float32Array> {
  const { y } = buildNetwork(network, { batch: 2 });
  const program = await runtime.compile({ name: 'logits', outputs: { y } }, { weights });
  const shape = [2, 3, size, size];
  const { y: found } = await program.run({ input: float32(pattern(shape), shape) });
  await program.release();
  return found!.data as Float32Array;
}

test('a file with norms is the ResNet that it was exported from', async () => {
  const { logits, size } = torchGolden(fixtures, 'tiny');
  const { model, renamed, format } = await importWeights(join(fixtures, 'tiny.onnx'));
  assert.deepEqual([format, renamed], ['ONNX', {}]);
  assert.deepEqual(
    model.card.network,
    resnet({ bottleneck: false, repeats: [1, 1, 1], width: 4 }, { variant: 'cifar', size, classes: 5 }).config,
  );
  assert.ok(stray(logits, await logitsOf(model, size)) < 1e-4);
});

const small = { size: 32, classes: 7 } as const;
const networks: readonly Network[] = [
  resnet({ bottleneck: false, repeats: [1, 2], width: 8 }, small),
  resnet({ bottleneck: true, repeats: [1, 1], width: 8 }, { ...small, stride: 'first' }),
  resnet({ bottleneck: true, repeats: [2, 1], width: 8 }, { ...small, shortcut: 'C' }),
  resnet({ bottleneck: true, repeats: [1, 1], width: 16, groups: 4, widthPerGroup: 16 }, small),
  resnet({ bottleneck: false, repeats: [2, 1], width: 8 }, { ...small, variant: 'cifar', shortcut: 'A' }),
];

for (const network of networks)
  test(`${network.name} is known again with its norms folded, and without names`, async () => {
    const drawn = initialise(buildNetwork(network).build.parameters.values(), 1);
    // norms that do something
    const weights = Object.fromEntries(
      Object.entries(drawn).map(([name, tensor], n) => [
        name,
        /bn|downsample.1/.test(name)
          ? { ...tensor, data: tensor.data.map((_, i) => 0.6 + 0.5 * Math.abs(Math.sin(i + n))) }
          : tensor,
      ]),
    );
    const preprocessing = {
      size: [32, 32],
      channels: 3,
      cropRatio: 1,
      interpolation: 'bilinear',
      mean: [0, 0, 0],
      std: [1, 1, 1],
    } as const;
    const classes = Array.from({ length: 7 }, (_, i) => `class ${i}`);
    const card = { format: 1, task: 'classify', network: network.config, preprocessing, classes, metrics: {} } as const;
    const model: Model = { card, network, weights };
    const path = join(folder, 'model.onnx');
    for (const foldNorms of [true, false]) {
      await writeFile(path, encodeOnnxModel(model, { foldNorms }));
      const { model: found } = await importWeights(path);
      const { norm, ...same } = found.card.network as { norm: string };
      assert.equal(norm, foldNorms ? 'none' : 'batch');
      assert.deepEqual({ ...same, norm: 'batch' }, network.config);
      assert.deepEqual(found.card.classes, classes);
      const expected = await logitsOf(model, 32);
      assert.ok(stray(expected, await logitsOf(found, 32)) < 1e-4);
      // and read as a model, it is that network too, with stages to look at
      const read = await readModel(path);
      assert.equal(read.network.stages?.length, network.stages?.length);
      assert.ok(stray(expected, await logitsOf(read, 32)) < 1e-4);
    }
  });

test('what is no ResNet is refused, and taken as a graph', async () => {
  const bytes = await readFile(join(fixtures, 'tiny.onnx'));
  const path = join(folder, 'other.onnx');
  // another epsilon, in every norm
  const at = Buffer.from([0x15, 0xac, 0xc5, 0x27, 0x37]);
  for (let i = bytes.indexOf(at); i >= 0; i = bytes.indexOf(at, i + 1)) bytes[i + 4] = 0x3b;
  await writeFile(path, bytes);
  await assert.rejects(importWeights(path), userError(path, 'not those of a ResNet', '--net graph'));
  const { model } = await importWeights(path, { net: 'graph', classes: ['a', 'b', 'c', 'd', 'e'] });
  assert.equal(model.card.network.kind, 'graph');
  // a model file holds the graph itself
  const again = join(folder, 'graph.safetensors');
  await writeFile(again, encodeModel(model));
  const read = await readModel(again);
  assert.deepEqual(read.card.classes, ['a', 'b', 'c', 'd', 'e']);
  assert.ok(stray(await logitsOf(model, 8), await logitsOf(read, 8)) === 0);
});

test('a graph in a model file that is damaged is refused', async () => {
  const { model } = await importWeights(join(fixtures, 'tiny.onnx'), { net: 'graph' });
  const config = model.card.network as unknown as { nodes: object[]; leaves: object[] };
  const refused = async (change: object, ...parts: readonly string[]) => {
    const path = join(folder, 'damaged.safetensors');
    const network = { ...config, ...change } as never;
    await writeFile(path, encodeModel({ ...model, card: { ...model.card, network } }));
    await assert.rejects(readModel(path), userError(...parts));
  };
  await refused({ output: 9999 }, 'output is value 9999');
  await refused({ nodes: [{ op: 'ReluGrad', inputs: [0] }] }, 'no operator is called ReluGrad');
  await refused({ nodes: [{ op: 'Relu', inputs: [9999] }] }, 'Relu reads value 9999');
  await refused({ nodes: [{ op: 'Reshape', inputs: [0], attributes: { shape: 3 } }] }, 'not its own');
});
