/** Several processes go through an epoch together: each takes its part of every batch, and nothing twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Batch, type EpochOptions, Loader } from '../../src/data/batches.js';
import { dataset } from '../../src/data/dataset.js';
import { picture, temporaryFolder, write, writePhotos } from './fixtures.js';

const SIDE = 12;
const COUNT = 45;
const pixels = new Uint8Array(new SharedArrayBuffer(COUNT * SIDE * SIDE * 3));
for (let i = 0; i < COUNT; i++) pixels.set(picture(SIDE, SIDE, i), i * SIDE * SIDE * 3);
const numbers = dataset('numbers', { kind: 'raster', name: 'numbers', pixels, height: SIDE, width: SIDE, channels: 3 });

const preprocessing = { size: [SIDE, SIDE], channels: 3, cropRatio: 1, interpolation: 'bilinear' } as const;
const training = {
  preprocessing,
  augmentation: { padding: 2, flip: 0.5 },
  shuffle: true,
  seed: 3,
  epoch: 2,
  dropLast: true,
} as const;
const evaluation = { preprocessing, shuffle: false, seed: 3, epoch: 0 } as const;

async function epoch(options: EpochOptions, data = numbers) {
  const loader = new Loader({ workers: 1 });
  try {
    const batches = loader.epoch(data, options);
    const all: Batch[] = [];
    for await (const batch of batches) all.push(batch);
    return { all, length: batches.length };
  } finally {
    await loader.close();
  }
}

const sharesOf = (size: number, options: Omit<EpochOptions, 'batch'>, whole: number, data = numbers) =>
  Promise.all(
    Array.from({ length: size }, (_, rank) => epoch({ ...options, batch: whole / size, share: { rank, size } }, data)),
  );

for (const size of [2, 3, 4])
  test(`${size} parts of the batches of training are those of one process, image by image, from any batch on`, async () => {
    for (const from of [0, 2]) {
      const whole = await epoch({ ...training, batch: 12, from });
      const shares = await sharesOf(size, { ...training, from }, 12);
      for (const { length } of shares) assert.equal(length, whole.length);
      for (const [i, batch] of whole.all.entries()) {
        assert.deepEqual(
          shares.flatMap(({ all }) => [...all[i]!.images]),
          [...batch.images],
        );
        assert.deepEqual(
          shares.flatMap(({ all }) => [...all[i]!.indices]),
          [...batch.indices],
        );
      }
    }
  });

test('parts of an evaluation have every image once, though there be fewer batches than processes', async () => {
  for (const [size, batch] of [
    [2, 8],
    [3, 12],
    [4, 64],
  ] as const) {
    const shares = await sharesOf(size, evaluation, batch);
    const seen = shares.flatMap(({ all }) => all.flatMap(({ indices, count }) => [...indices.subarray(0, count)]));
    assert.deepEqual(
      seen.sort((a, b) => a - b),
      Array.from({ length: COUNT }, (_, i) => i),
    );
  }
});

test('what takes the place of broken images is of the same process, and never twice in a batch', async () => {
  const root = await temporaryFolder();
  const paths = (await writePhotos(root, 24)).map((path) => path.slice(root.length + 1));
  await write(`${root}/broken.jpg`, 'no image');
  const broken = [1, 5, 6, 17];
  const source = {
    kind: 'files',
    root,
    paths: paths.map((path, i) => (broken.includes(i) ? 'broken.jpg' : path)),
  } as const;
  const shares = await sharesOf(2, { ...training, augmentation: { flip: 0 } }, 8, dataset('photos', source));
  for (const i of shares[0]!.all.keys()) {
    const indices = shares.flatMap(({ all }) => [...all[i]!.indices]);
    assert.equal(new Set(indices).size, 8);
    assert.ok(broken.every((one) => !indices.includes(one)));
  }
});
