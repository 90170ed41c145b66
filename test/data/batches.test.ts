import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { drawErased } from '../../src/data/augment/erase.js';
import { type Batch, type EpochOptions, Loader, type LoaderOptions, type Skipped } from '../../src/data/batches.js';
import { type Dataset, dataset, type FileSource } from '../../src/data/dataset.js';
import type { Augmentation } from '../../src/data/transforms.js';
import { permutation, random } from '../../src/random/index.js';
import { drawing, picture, temporaryFolder, userError, write, writePhotos } from './fixtures.js';

const root = await temporaryFolder();
const names = (await writePhotos(root, 22)).map((path) => path.slice(root.length + 1));
await drawing(500, 700).jpeg().toFile(join(root, 'large.jpg'));
await write(join(root, 'broken.jpg'), 'no image');

const BROKEN = [3, 4, 11];
const labels = Int32Array.from({ length: 23 }, (_, i) => i % 3);
const photos: FileSource = { kind: 'files', root, paths: [...names, 'large.jpg'], labels };
const broken: FileSource = {
  ...photos,
  paths: photos.paths.map((path, i) => (BROKEN.includes(i) ? 'broken.jpg' : path)),
};

const files = (source: FileSource) => dataset('photos train', source, ['a', 'b', 'c']);

/** 40 pictures in memory, each with its number as its blue. */
function raster(count = 40): Dataset {
  const pixels = new Uint8Array(new SharedArrayBuffer(count * 12 * 12 * 3));
  for (let i = 0; i < count; i++) pixels.set(picture(12, 12, i), i * 12 * 12 * 3);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 7);
  return dataset('numbers', { kind: 'raster', name: 'numbers', pixels, height: 12, width: 12, channels: 3, labels });
}

const preprocessing = { size: [16, 16], channels: 3, cropRatio: 1, interpolation: 'bilinear' } as const;
const augmentation = { scale: [0.2, 1], flip: 0.5 } as const;
const training: EpochOptions = {
  batch: 4,
  preprocessing,
  augmentation,
  shuffle: true,
  seed: 1,
  epoch: 0,
  dropLast: true,
};
/** Everything that chance can do at once. */
const everything: Augmentation = {
  ...augmentation,
  flipVertical: 0.5,
  policy: { name: 'randaugment', operations: 2, magnitude: 9 },
  jitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
  erase: 0.5,
  repeats: 3,
};
const evaluation: EpochOptions = { batch: 4, preprocessing, shuffle: false, seed: 1, epoch: 0 };

async function withLoader<T>(options: LoaderOptions, use: (loader: Loader) => Promise<T>): Promise<T> {
  const loader = new Loader(options);
  try {
    return await use(loader);
  } finally {
    await loader.close();
  }
}

/** All batches of one epoch, and what was skipped. */
const epoch = (data: Dataset, options: EpochOptions, loading: LoaderOptions = { workers: 1 }) =>
  withLoader(loading, async (loader) => {
    const batches = loader.epoch(data, options);
    const all: Batch[] = [];
    for await (const batch of batches) all.push(batch);
    return { all, length: batches.length, skipped: batches.skipped as Skipped[] };
  });

const indices = (batches: readonly Batch[]) => batches.map((batch) => [...batch.indices]);

describe('the same batches', () => {
  for (const [kind, data, chance] of [
    ['files', () => files(broken), augmentation],
    ['raster', () => raster(), { padding: 2, flip: 0.5 }],
    ['files, everything left to chance', () => files(broken), everything],
    ['raster, everything left to chance', () => raster(), everything],
  ] as const)
    test(`by 1, 2 and 3 workers, with and without a cache: ${kind}`, async () => {
      const options = { ...training, augmentation: chance };
      const reference = await epoch(data(), options, { workers: 1, cacheBytes: 0 });
      for (const workers of [2, 3])
        for (const cacheBytes of [0, 10_000, 1e9])
          await withLoader({ workers, cacheBytes }, async (loader) => {
            // The second time most images come out of the cache.
            const same = data();
            for (const _ of [1, 2]) {
              const again: Batch[] = [];
              for await (const batch of loader.epoch(same, options)) again.push(batch);
              assert.deepEqual(again, reference.all);
            }
          });
    });

  test('after resuming in the middle', async () => {
    for (const data of [files(broken), raster()])
      for (const options of [training, { ...training, augmentation: everything }]) {
        const whole = await epoch(data, options);
        const { all, length } = await epoch(data, { ...options, from: 2 });
        assert.deepEqual(all, whole.all.slice(2));
        assert.equal(length, whole.length);
        assert.deepEqual((await epoch(data, { ...options, from: length })).all, []);
      }
  });

  test('but others in the next epoch and for another seed', async () => {
    const { all } = await epoch(raster(), training);
    for (const other of [{ epoch: 1 }, { seed: 2 }]) {
      const changed = await epoch(raster(), { ...training, ...other });
      assert.notDeepEqual(indices(changed.all), indices(all));
    }
  });
});

describe('an epoch of training', () => {
  test('has full batches in the order of the permutation, and leaves the rest out', async () => {
    const { all, length, skipped } = await epoch(files(photos), training);
    const order = [...permutation(23, 1, 'shuffle', 0)];
    assert.deepEqual(
      indices(all),
      Array.from({ length: 5 }, (_, k) => order.slice(4 * k, 4 * k + 4)),
    );
    assert.deepEqual([length, skipped], [5, []]);
    for (const { images, labels, indices, count } of all) {
      assert.deepEqual([images.length, count], [4 * 16 * 16 * 3, 4]);
      assert.deepEqual(
        [...labels],
        [...indices].map((index) => index % 3),
      );
    }
  });

  test('puts the following images in the place of broken ones', async () => {
    const { all, skipped } = await epoch(files(broken), { ...training, shuffle: false });
    assert.deepEqual(indices(all), [
      [0, 1, 2, 5],
      [5, 6, 7, 8],
      [8, 9, 10, 12],
      [12, 13, 14, 15],
      [16, 17, 18, 19],
    ]);
    const file = `${broken.root}/broken.jpg`;
    assert.deepEqual(
      skipped.map((each) => each.file),
      BROKEN.map(() => file),
    );
    assert.match(skipped[0]?.reason ?? '', /not an image/);
  });

  test('fills its only batch by repeating a data set smaller than that', async () => {
    const { all, length } = await epoch(raster(3), { ...training, batch: 8, shuffle: false });
    assert.deepEqual([indices(all), length], [[[0, 1, 2, 0, 1, 2, 0, 1]], 1]);
    const five = { ...broken, paths: broken.paths.slice(0, 5) };
    const mended = await epoch(files(five), { ...training, batch: 8, shuffle: false });
    assert.deepEqual(indices(mended.all), [[0, 1, 2, 0, 1, 2, 0, 1]]);
    assert.equal(mended.skipped.length, 2);
  });
});

describe('repeated augmentation', () => {
  const pixels = 16 * 16 * 3;
  const repeated = (augmentation: Augmentation) => epoch(raster(), { ...training, augmentation });
  /** Every sample of an epoch: its image and what became of it. */
  const samples = (batches: readonly Batch[]) =>
    batches.flatMap(({ indices, images }) =>
      [...indices].map((index, i) => ({ index, shown: Buffer.from(images.slice(i * pixels, (i + 1) * pixels)) })),
    );

  test('shows as many images, each as often as told, one time after another and never the same', async () => {
    const { all, length } = await repeated({ ...augmentation, repeats: 4 });
    const order = [...permutation(40, 1, 'shuffle', 0)].slice(0, 10);
    assert.equal(length, 10);
    const shown = samples(all);
    assert.deepEqual(
      shown.map(({ index }) => index),
      order.flatMap((index) => [index, index, index, index]),
    );
    for (let first = 0; first < 40; first += 4)
      assert.equal(new Set(shown.slice(first, first + 4).map((one) => one.shown.toString('hex'))).size, 4);
  });

  test('cuts the last image short where the epoch ends, and begins anew after it', async () => {
    const { all } = await epoch(raster(7), { ...training, shuffle: false, augmentation: { flip: 0, repeats: 3 } });
    assert.deepEqual(indices(all), [[0, 0, 0, 1]]);
    const whole = await epoch(raster(3), { ...training, shuffle: false, augmentation: { flip: 0, repeats: 2 } });
    assert.deepEqual(indices(whole.all), [[0, 0, 1, 0]]);
  });

  test('each image comes first as it would without', async () => {
    const [once, often] = [await repeated(augmentation), await repeated({ ...augmentation, repeats: 4 })];
    const first = samples(often.all).filter((_, i) => i % 4 === 0);
    assert.deepEqual(first, samples(once.all).slice(0, 10));
  });

  test('policies and erasing differ too, and draw from (seed, augment, epoch, index, repeat)', async () => {
    const { all } = await repeated({ flip: 0, erase: 1, repeats: 4 });
    const box = (index: number, repeat: number) =>
      drawErased({ height: 16, width: 16 }, 1, random(1, 'augment', 0, index, ...(repeat ? [repeat] : []), 'erase'));
    const mean = [0.2, 0.4, 0.6];
    const { all: coloured } = await epoch(raster(), {
      ...training,
      preprocessing: { ...preprocessing, mean },
      augmentation: { flip: 0, erase: 1, repeats: 4 },
    });
    let erased = 0;
    for (const [at, { index, shown }] of samples(coloured).entries()) {
      const part = box(index, at % 4);
      if (!part) continue;
      const corner = (part.top * 16 + part.left) * 3;
      assert.deepEqual([...shown.subarray(corner, corner + 3)], [51, 102, 153]);
      assert.deepEqual([...(samples(all)[at]?.shown.subarray(corner, corner + 3) ?? [])], [128, 128, 128]);
      erased++;
    }
    assert.ok(erased > 30, `${erased}`);
  });
});

describe('an epoch of evaluation', () => {
  test('has every image once; the last batch is filled with zeros', async () => {
    const { all, length } = await epoch(files(photos), evaluation);
    assert.deepEqual(indices(all).flat(), [...Array.from({ length: 23 }, (_, i) => i), -1]);
    assert.deepEqual([length, all.map(({ count }) => count)], [6, [4, 4, 4, 4, 4, 3]]);
    const last = all.at(-1) as Batch;
    assert.equal(last.labels[3], -1);
    assert.ok(last.images.subarray(3 * 768).every((value) => value === 0));
    assert.ok(last.images.subarray(2 * 768, 3 * 768).some((value) => value !== 0));
  });

  test('leaves broken images out', async () => {
    const { all, skipped } = await epoch(files(broken), evaluation);
    assert.deepEqual(indices(all)[0], [0, 1, 2, -1]);
    assert.deepEqual(indices(all)[1], [5, 6, 7, -1]);
    assert.deepEqual([all[0]?.count, skipped.length], [3, 3]);
    assert.equal(all[0]?.images.length, 4 * 768);
    assert.ok(all[0]?.images.subarray(3 * 768).every((value) => value === 0));
  });

  test('works without labels and in gray', async () => {
    const { labels: _, ...unlabelled } = photos;
    const { all } = await epoch(files(unlabelled), { ...evaluation, preprocessing: { ...preprocessing, channels: 1 } });
    assert.deepEqual([...(all[0]?.labels ?? [])], [-1, -1, -1, -1]);
    assert.equal(all[0]?.images.length, 4 * 256);
  });
});

describe('errors', () => {
  const none = () => files({ ...photos, paths: photos.paths.map((_, i) => (i === 0 ? 'broken.jpg' : `gone${i}.jpg`)) });

  test('strict stops at a broken image and names it', async () => {
    for (const options of [training, evaluation])
      await assert.rejects(
        epoch(files(broken), { ...options, strict: true }),
        userError(`${broken.root}/broken.jpg`, 'not an image', 'strict'),
      );
  });
  test('nothing but broken images', async () => {
    for (const options of [training, evaluation])
      await assert.rejects(
        epoch(none(), { ...options, shuffle: false }),
        userError('None of the 23 images of photos train', 'broken.jpg: it is not'),
      );
  });
  test('a worker that dies is named', { timeout: 20_000 }, async () => {
    const unknown = { ...preprocessing, interpolation: 'guess' as 'bilinear' };
    for (const data of [files(photos), raster()])
      await assert.rejects(epoch(data, { ...training, preprocessing: unknown }), /Decoding worker 1 died: \S/);
  });
  test('no images, no batch', () => {
    const loader = new Loader();
    assert.throws(() => loader.epoch(raster(0), training), userError('numbers has no images'));
    assert.throws(() => loader.epoch(raster(), { ...training, batch: 0 }), userError('at least 1', '0'));
  });
});

describe('the loader', () => {
  /** Counts the images whose turn to be decoded has come. */
  function counted(source: FileSource): { data: Dataset; asked: () => number } {
    let asked = 0;
    const paths = new Proxy(source.paths, {
      get: (target, key, receiver) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) asked++;
        return Reflect.get(target, key, receiver);
      },
    });
    return { data: files({ ...source, paths }), asked: () => asked };
  }

  const many = () => {
    const paths = Array.from({ length: 460 }, (_, i) => photos.paths[i % 22] as string);
    return { ...photos, paths, labels: new Int32Array(460) };
  };

  test('works ahead by a fixed number of batches, however slow the consumer', async () => {
    await withLoader({ workers: 2 }, async (loader) => {
      const { data, asked } = counted(many());
      let taken = 0;
      for await (const batch of loader.epoch(data, { ...training, batch: 10 })) {
        taken += batch.count;
        if (taken <= 50) await new Promise((resolve) => setTimeout(resolve, 50));
        assert.ok(asked() - taken <= 2 * 2 * 10, `${asked()} asked for, ${taken} taken`);
      }
      assert.equal(taken, 460);
      assert.ok(loader.waited > 0);
    });
  });

  test('stops working when its consumer leaves, and goes on with the next epoch', async () => {
    await withLoader({ workers: 2 }, async (loader) => {
      const { data, asked } = counted(many());
      for await (const batch of loader.epoch(data, { ...training, batch: 10 })) {
        assert.equal(batch.count, 10);
        break;
      }
      const then = asked();
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.equal(asked(), then);
      const batches = loader.epoch(raster(), training);
      const iterator = batches[Symbol.asyncIterator]();
      await iterator.next();
      await batches.close();
      assert.deepEqual(await iterator.next(), { done: true, value: undefined });
      let count = 0;
      for await (const _ of loader.epoch(raster(), training)) count++;
      assert.equal(count, 10);
    });
  });

  test('serves two epochs at a time', async () => {
    await withLoader({ workers: 2 }, async (loader) => {
      const [one, other] = [loader.epoch(files(photos), training), loader.epoch(files(photos), evaluation)];
      const iterator = other[Symbol.asyncIterator]();
      let count = 0;
      for await (const _ of one) {
        await iterator.next();
        count++;
      }
      assert.equal(count, 5);
      await iterator.return?.(undefined);
    });
  });

  test('closing it ends an epoch under way with an error', async () => {
    const loader = new Loader({ workers: 1 });
    const iterator = loader.epoch(files(photos), training)[Symbol.asyncIterator]();
    await iterator.next();
    await loader.close();
    await assert.rejects(async () => {
      for (;;) if ((await iterator.next()).done) return;
    }, /closed/);
  });
});
