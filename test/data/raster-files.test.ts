import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Dataset, openData, type RasterSource } from '../../src/data/dataset.js';
import { temporaryFolder, userError, write } from './fixtures.js';

type Files = { readonly [name: string]: Uint8Array | string };

async function folderOf(files: Files): Promise<string> {
  const root = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) await write(join(root, name), content);
  return root;
}

const raster = ({ source }: Dataset): RasterSource => {
  assert.equal(source.kind, 'raster');
  return source as RasterSource;
};

const labelsOf = ({ length, label }: Dataset) => Array.from({ length }, (_, i) => label(i));

/** An IDX file of bytes. */
function idx(sizes: readonly number[], data: readonly number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.writeUInt32BE(0x0800 + sizes.length);
  for (const [axis, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * axis);
  return Buffer.concat([header, Buffer.from(data)]);
}

const range = (length: number) => Array.from({ length }, (_, i) => i);

describe('IDX', () => {
  const train = {
    'train-images-idx3-ubyte': idx([4, 2, 3], range(24)),
    'train-labels-idx1-ubyte': idx([4], [0, 2, 1, 0]),
  };
  const test10k = {
    't10k-images-idx3-ubyte': idx([2, 2, 3], range(12).reverse()),
    't10k-labels-idx1-ubyte': idx([2], [1, 2]),
  };
  const zipped = (files: { readonly [name: string]: Buffer }) =>
    Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${name}.gz`, gzipSync(bytes)]));
  const dotted = (files: { readonly [name: string]: Buffer }) =>
    Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name.replace('-idx', '.idx'), bytes]));

  for (const [kind, files] of Object.entries({
    plain: { ...train, ...test10k },
    gzipped: { ...zipped(train), ...zipped(test10k) },
    mixed: { ...dotted(train), ...zipped(test10k) },
  }))
    test(`${kind}, the test set standing in for validation`, async () => {
      const splits = await openData(await folderOf(files));
      assert.deepEqual(splits.train.classes, ['0', '1', '2']);
      assert.deepEqual(
        [labelsOf(splits.train), labelsOf(splits.validation)],
        [
          [0, 2, 1, 0],
          [1, 2],
        ],
      );
      const { pixels, height, width, channels } = raster(splits.train);
      assert.deepEqual([...pixels, height, width, channels], [...range(24), 2, 3, 1]);
      assert.ok(pixels.buffer instanceof SharedArrayBuffer);
      assert.match(splits.validation.describe(1), / test #1$/);
      assert.equal(splits.test, undefined);
    });

  test('the training set alone is split', async () => {
    const { train: rest, validation } = await openData(await folderOf(train));
    assert.deepEqual([labelsOf(rest).sort(), labelsOf(validation)], [[0, 1, 2], [0]]);
    const at = raster(validation).pixels[0] as number;
    assert.ok(at === 0 || at === 18, 'the pixels went with the label');
  });

  const mistakes: readonly (readonly [name: string, files: Files, ...parts: string[]])[] = [
    ['no labels', { 'train-images-idx3-ubyte': idx([1, 1, 1], [0]) }, 'train-labels-idx1-ubyte'],
    [
      'truncated',
      { ...train, 'train-images-idx3-ubyte': idx([4, 2, 3], range(20)) },
      '4 x 2 x 3 = 24 bytes',
      '20 follow',
    ],
    ['another kind of file', { ...train, 'train-images-idx3-ubyte': 'no such thing at all' }, 'expected an IDX file'],
    ['too few labels', { ...train, 'train-labels-idx1-ubyte': idx([3], [0, 1, 2]) }, '4 images', '3 labels'],
    [
      'a cut gzip file',
      { ...zipped(train), 'train-images-idx3-ubyte.gz': gzipSync('').subarray(0, 9) },
      'whole gzip file',
    ],
    [
      'an unknown label in the test set',
      { ...train, ...test10k, 't10k-labels-idx1-ubyte': idx([2], [1, 7]) },
      'label 7',
      '3 classes',
    ],
  ];
  for (const [name, files, ...parts] of mistakes)
    test(`a clear error: ${name}`, async () => {
      await assert.rejects(openData(await folderOf(files)), userError(...parts));
    });
});

describe('CIFAR', () => {
  /** One record: planes of red, green and blue, each all of one value but for its first pixel. */
  const record = (...labels: readonly number[]) =>
    Buffer.concat([
      Buffer.from(labels),
      ...[10, 20, 30].map((value) => Buffer.alloc(1024, value).fill(value + 1, 0, 1)),
    ]);
  const ten = {
    'data_batch_1.bin': Buffer.concat([record(1), record(0)]),
    'data_batch_10.bin': record(2),
    'data_batch_2.bin': record(1),
    'test_batch.bin': record(2),
    'batches.meta.txt': 'cat\ndog\nhen\n\n',
  };

  test('CIFAR-10 in the binary version', async () => {
    const { train, validation } = await openData(await folderOf(ten));
    assert.deepEqual(train.classes, ['cat', 'dog', 'hen']);
    assert.deepEqual([labelsOf(train), labelsOf(validation)], [[1, 0, 1, 2], [2]]);
    const { pixels, height, width, channels } = raster(train);
    assert.deepEqual([height, width, channels, pixels.length], [32, 32, 3, 4 * 3072]);
    assert.deepEqual([...pixels.subarray(3072, 3078)], [11, 21, 31, 10, 20, 30]);
  });

  test('CIFAR-100 in the binary version: fine labels count', async () => {
    const files = {
      'train.bin': Buffer.concat([record(9, 0), record(8, 1)]),
      'test.bin': record(9, 1),
      'fine_label_names.txt': 'apple\nbaby\n',
    };
    const { train, validation } = await openData(await folderOf(files));
    assert.deepEqual([train.classes, labelsOf(train), labelsOf(validation)], [['apple', 'baby'], [0, 1], [1]]);
  });

  const mistakes: readonly (readonly [name: string, files: Files, ...parts: string[]])[] = [
    [
      'a cut file',
      { ...ten, 'data_batch_2.bin': record(1).subarray(1) },
      'data_batch_2.bin',
      'records of 3073 bytes',
      '3072',
    ],
    ['an unknown label', { ...ten, 'test_batch.bin': record(3) }, 'label 3', '3 classes'],
    ['the Python version', { data_batch_1: 'pickle', 'batches.meta': 'pickle' }, 'Python version', 'binary version'],
  ];
  for (const [name, files, ...parts] of mistakes)
    test(`a clear error: ${name}`, async () => {
      await assert.rejects(openData(await folderOf(files)), userError(...parts));
    });
});
