import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Batches, Loader } from '../../src/data/batches.js';
import { type Dataset, openData, openImages } from '../../src/data/dataset.js';
import { sharedData } from './fixtures.js';

/** Opened data: folder -> images to train on, to validate with, number of classes, the first class. */
const FOLDERS = {
  flowers: [3451, 860, 5, 'daisy'],
  'fashion-mnist': [60_000, 10_000, 10, '0'],
  cifar10: [10_000, 2_000, 10, 'airplane'],
  tiles: [2595, 648, 4, 'dngn'],
} as const;

/** Number of good images; fails when one was skipped. */
async function count(batches: Batches): Promise<number> {
  let images = 0;
  for await (const batch of batches) images += batch.count;
  assert.deepEqual(batches.skipped, []);
  return images;
}

const evaluate = async (data: Dataset, side: number): Promise<number> => {
  const loader = new Loader({ cacheBytes: 0 });
  const preprocessing = { size: [side, side], channels: 3, cropRatio: 1, interpolation: 'bilinear' } as const;
  try {
    return await count(loader.epoch(data, { batch: 50, preprocessing, shuffle: false, seed: 0, epoch: 0 }));
  } finally {
    await loader.close();
  }
};

for (const [name, [train, validation, classes, first]] of Object.entries(FOLDERS)) {
  const { path, options } = sharedData(name);
  test(`${name}: opens, and every validation image decodes`, options, async () => {
    const splits = await openData(path);
    assert.deepEqual([splits.train.length, splits.validation.length], [train, validation]);
    assert.deepEqual([splits.train.classes.length, splits.train.classes[0]], [classes, first]);
    assert.equal(await evaluate(splits.validation, 32), validation);
  });
}

const fashion = sharedData('fashion-mnist');
test('fashion-mnist: mean and deviation are those of the README', fashion.options, async () => {
  const { source } = (await openData(fashion.path)).train;
  assert.equal(source.kind, 'raster');
  let [sum, squares] = [0, 0];
  for (const value of source.pixels) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / source.pixels.length / 255;
  const deviation = Math.sqrt(squares / source.pixels.length / 255 ** 2 - mean ** 2);
  assert.deepEqual([mean.toFixed(4), deviation.toFixed(4)], ['0.2860', '0.3530']);
});

const photos = sharedData('photos');
test('photos: a flat folder is for reconstruct, or for naming on a command line', photos.options, async () => {
  await assert.rejects(openData(photos.path), /folder for each class/);
  const { train, validation } = await openData(photos.path, { task: 'reconstruct' });
  assert.deepEqual([train.length, validation.length], [13, 3]);
  assert.equal(await evaluate(await openImages([photos.path]), 224), 16);
});
