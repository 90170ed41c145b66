/** Networks of Keras answer as they do there, whichever layout their file has. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { input } from '../../src/graph/index.js';
import { Build, normalise, unit } from '../../src/nn/index.js';
import { openRuntime } from '../../src/runtime/index.js';
import { type Imported, type ImportOptions, importWeights } from '../../src/weights/import.js';
import { namesInOrder } from '../../src/weights/keras/order.js';
import { temporaryFolder, userError, write } from '../data/fixtures.js';
import { noise } from '../goldens/rule.js';
import { fixture, PYTHON } from './fixtures.js';
import { hdf5 } from './hdf5_files.js';

const LOGITS = 1e-4;
const SCRIPT = fileURLToPath(new URL('../../../test/weights/keras_files.py', import.meta.url));
const absent = spawnSync(PYTHON, ['-c', 'import h5py, numpy']).status !== 0;

/** As keras_files.py draws them: uint8 [n, side, side, 3]. */
const images = (count: number, side: number) =>
  Uint8Array.from(noise('images', [count, side, side, 3], 1), (value) => Math.fround(Math.fround(value + 1) * 127.5));

/** Logits of images, prepared as the model's description says: [n, classes] in one row. */
async function answers({ model: { network, weights, card } }: Imported, count: number, side: number) {
  const runtime = openRuntime();
  try {
    const pixels = input('images', [count, side, side, 3], 'uint8');
    const logits = network.forward(normalise(unit(pixels), card.preprocessing), new Build());
    const program = await runtime.compile({ name: 'answers', outputs: { logits } }, { weights });
    const feed = { dtype: 'uint8' as const, shape: [count, side, side, 3], data: images(count, side) };
    return [...((await program.run({ images: feed })).logits!.data as Float32Array)];
  } finally {
    await runtime.close();
  }
}

function assertClose(found: readonly number[], expected: readonly number[], what: string): void {
  assert.equal(found.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(found[i]! - value) < LOGITS, `${what}, logit ${i}: ${found[i]} and ${value}`);
}

describe('a small ResNet of Keras answers as in Keras', async () => {
  const goldens = JSON.parse(await readFile(fixture('keras-logits.json'), 'utf8')) as Record<string, number[][]>;
  const [usual, old] = ['1.001e-05', '0.001'];
  const files: readonly (readonly [file: string, epsilon: string, what: string])[] = [
    ['keras.h5', usual, 'a whole model of Keras 2'],
    ['keras.weights.h5', usual, 'weights of Keras 3, in the order of the layers'],
    ['keras-named.weights.h5', usual, 'weights of Keras 3 with names, in another order'],
    ['keras3.keras', usual, 'a whole model of Keras 3'],
    ['keras2.keras', old, "a whole model of TensorFlow's Keras, compressed, with an epsilon of its own"],
    ['keras1.h5', old, 'weights under the names of Keras 1'],
  ];
  for (const [file, epsilon, what] of files)
    it(`${what}: ${file}`, async () => {
      const imported = await importWeights(fixture(file), { size: [32, 32] });
      const { network, preprocessing } = imported.model.card;
      assert.ok(network.kind === 'resnet' && network.stride === 'first' && imported.format === 'Keras');
      assert.deepEqual(
        preprocessing.mean.map((mean) => Math.round(mean * 255e3)),
        [123680, 116779, 103939],
      );
      assertClose(await answers(imported, 2, 32), goldens[epsilon]!.flat(), file);
    });

  it('and otherwise with another epsilon, or with the channels as they come', async () => {
    const expected = goldens[usual]!.flat();
    const differs = (found: readonly number[]) =>
      found.some((value, i) => Math.abs(value - expected[i]!) > 100 * LOGITS);
    assert.ok(differs(goldens[old]!.flat()));
    const given: ImportOptions = {
      size: [32, 32],
      preprocessing: { mean: [0.485, 0.458, 0.408], std: [0.0039, 0.0039, 0.0039] },
    };
    assert.ok(differs(await answers(await importWeights(fixture('keras.h5'), given), 2, 32)));
  });
});

it('a ResNet-50 of Keras answers as in Keras', absent ? { skip: 'no python3-h5py' } : {}, async () => {
  const folder = await temporaryFolder();
  const { stdout, stderr, status } = spawnSync(PYTHON, [SCRIPT, 'full', folder], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  for (const file of ['resnet50.h5', 'resnet50.keras']) {
    const imported = await importWeights(join(folder, file), { size: [64, 64] });
    assert.equal(imported.model.network.name, 'resnet50');
    assertClose(await answers(imported, 1, 64), JSON.parse(stdout), file);
  }
});

describe('a file of Keras that does not fit', async () => {
  const folder = await temporaryFolder();
  const refuses = async (bytes: Uint8Array, ...parts: readonly string[]) => {
    const path = await write(join(folder, 'given.h5'), bytes);
    await assert.rejects(importWeights(path), userError(path, ...parts));
  };
  const numbers = (length: number) => new Float32Array(length);

  it('is told by its layers', async () => {
    const bytes = await hdf5((file) =>
      file.create_group('block1_conv1').create_dataset({ name: 'kernel:0', data: numbers(4) }),
    );
    await refuses(bytes, 'none of its layers is called', 'block1_conv1');
  });
  it('is told to be a second version', async () => {
    const bytes = await hdf5((file) => {
      file.create_group('conv1_conv').create_dataset({ name: 'kernel:0', data: numbers(4) });
      file.create_group('conv2_block1_preact_bn').create_dataset({ name: 'gamma:0', data: numbers(4) });
    });
    await refuses(bytes, 'conv2_block1_preact_bn', 'ResNet50V2');
  });
  it('is told what is missing, as without its top', async () => {
    const bytes = await hdf5((file) => {
      const named = (layer: string, shape: number[]) =>
        file
          .create_group(layer)
          .create_dataset({ name: 'kernel:0', data: numbers(shape.reduce((a, b) => a * b)), shape });
      named('conv1_conv', [7, 7, 3, 2]);
      named('conv2_block1_1_conv', [1, 1, 2, 2]);
    });
    await refuses(bytes, 'there is no fc.weight');
  });
  it('has an empty group', async () => refuses(await hdf5(() => {}), 'there are none'));
});

it('layers are named by their order where the kernels are of bottlenecks', () => {
  const kernel = (side: number) => [side, side, 1, 1];
  const projecting = [1, 3, 1, 1];
  assert.deepEqual(namesInOrder([7, ...projecting, 1, 3, 1, ...projecting].map(kernel)), [
    'conv1_conv',
    ...[1, 2, 0, 3].map((i) => `conv2_block1_${i}_conv`),
    ...[1, 2, 3].map((i) => `conv2_block2_${i}_conv`),
    ...[1, 2, 0, 3].map((i) => `conv3_block1_${i}_conv`),
  ]);
  for (const others of [
    [7, 3, 3],
    [7, 1, 3],
    [7, 1, 3, 1, 1, 1, 3, 1, 1, 1, 1],
    [7, 1],
  ])
    assert.equal(namesInOrder(others.map(kernel)), undefined, `${others}`);
});
