import assert from 'node:assert/strict';
import { mkdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Batch, type EpochOptions, Loader } from '../../../src/data/batches.js';
import { type Dataset, dataset, openData, openImages } from '../../../src/data/dataset.js';
import { orderOf } from '../../../src/data/order.js';
import { shardsName } from '../../../src/data/shards/pattern.js';
import { type ShardSource, shardOf } from '../../../src/data/source.js';
import { permutation } from '../../../src/random/index.js';
import { temporaryFolder, userError, write } from '../fixtures.js';
import { jpegs, tar, writeSet } from './fixtures.js';

process.env.RESMIRROR_CACHE = await temporaryFolder();
const root = await temporaryFolder();
const SIZES = [7, 1, 12, 5];
const names = await writeSet(root, SIZES);
const pattern = join(root, 'set-{0..3}.tar');

const preprocessing = { size: [16, 16], channels: 3, cropRatio: 1, interpolation: 'bilinear' } as const;
const training: EpochOptions = {
  batch: 4,
  preprocessing,
  augmentation: { scale: [0.2, 1], flip: 0.5 },
  shuffle: true,
  shuffleBuffer: 6,
  seed: 1,
  epoch: 2,
  dropLast: true,
};
const evaluation: EpochOptions = { batch: 4, preprocessing, shuffle: false, seed: 1, epoch: 0 };

const all = async (path = pattern) => (await openData(path, { validationFraction: 0 })).train;

async function batchesOf(data: Dataset, options: EpochOptions, workers = 1): Promise<Batch[]> {
  const loader = new Loader({ workers, cacheBytes: 0 });
  const batches: Batch[] = [];
  try {
    for await (const batch of loader.epoch(data, options)) batches.push(batch);
    return batches;
  } finally {
    await loader.close();
  }
}

const indices = (batches: readonly Batch[]) => batches.flatMap(({ indices, count }) => [...indices.subarray(0, count)]);

describe('a data set in shards', () => {
  test('has the samples of all of them, by name and class', async () => {
    const data = await all();
    assert.deepEqual(
      Array.from({ length: data.length }, (_, i) => data.describe(i)),
      names,
    );
    assert.deepEqual(data.classes, ['0', '1', '2']);
    assert.deepEqual([data.label(0), data.label(1), data.label(5)], [0, 1, 2]);
    assert.equal(data.name, 'set train');
    assert.equal((await openImages([pattern])).length, 25);
    assert.equal((await all(root)).length, 25); // the folder
  });

  test('gives the pixels that files would', async () => {
    const data = await all();
    const images = await jpegs(Array.from({ length: 25 }, (_, i) => i));
    const folder = join(root, 'files');
    for (const [key, jpeg] of images) await write(join(folder, `${key}.jpg`), jpeg);
    const labels = Int32Array.from({ length: 25 }, (_, i) => i % 3);
    const paths = images.map(([key]) => `${key}.jpg`);
    const files = dataset('files', { kind: 'files', root: folder, paths, labels }, data.classes);
    for (const options of [evaluation, { ...training, shuffleBuffer: 25 }])
      assert.deepEqual(await batchesOf(data, options), await batchesOf(files, options));
  });

  test('is the same by any number of workers, and from the middle', async () => {
    const data = await all();
    const whole = await batchesOf(data, training);
    assert.equal(whole.length, 6);
    assert.deepEqual(await batchesOf(data, training, 3), whole);
    assert.deepEqual(await batchesOf(data, { ...training, from: 3 }), whole.slice(3));
    assert.notDeepEqual(indices(await batchesOf(data, { ...training, epoch: 3 })), indices(whole));
    assert.deepEqual(
      indices(await batchesOf(data, { ...training, dropLast: false })).sort((a, b) => a - b),
      Array.from({ length: 25 }, (_, i) => i),
    );
  });

  test('can be held out from', async () => {
    const { train, validation } = await openData(pattern);
    const held = Array.from({ length: validation.length }, (_, i) => validation.describe(i));
    const kept = Array.from({ length: train.length }, (_, i) => train.describe(i));
    assert.equal(held.length, 6); // two of each class
    assert.deepEqual([...held, ...kept].sort(), [...names].sort());
    assert.equal((await batchesOf(validation, evaluation)).length, 2);
    assert.equal(validation.label(0), names.indexOf(held[0]!) % 3);
  });

  test('is divided by words in the names of shards', async () => {
    const folder = join(root, 'parts');
    await mkdir(folder);
    for (const [i, name] of ['train-0.tar', 'train-1.tar', 'val-0.tar', 'test-0.tar'].entries())
      await write(join(folder, name), await readFile(join(root, `set-${i}.tar`)));
    const { train, validation, test: judged } = await openData(join(folder, '{train-{0,1},val-0,test-0}.tar'));
    assert.deepEqual([train.length, validation.length, judged?.length], [8, 12, 5]);
    assert.equal((await openData(folder, { validationFraction: 0 })).validation.length, 12);
    assert.equal((await openData(join(folder, 'val-0.tar'), { validationFraction: 0 })).train.length, 12);
  });

  test('takes class names from classes.txt, or from labels', async () => {
    const folder = join(root, 'named');
    await write(
      join(folder, 'a.tar'),
      tar({ '1.jpg': 'x', '1.json': '{"label":"rose"}', '2.jpg': 'x', '2.json': '{"label":"aster"}' }),
    );
    const named = await all(join(folder, 'a.tar'));
    assert.deepEqual([named.classes, named.label(0)], [['aster', 'rose'], 1]);
    await write(join(folder, 'classes.txt'), 'rose\naster\ntulip\n');
    const listed = await all(join(folder, 'a.tar'));
    assert.deepEqual([listed.classes, listed.label(0)], [['rose', 'aster', 'tulip'], 0]);
    await write(join(folder, 'b.tar'), tar({ '1.jpg': 'x', '1.cls': '3', '2.jpg': 'x', '2.cls': '1' }));
    await assert.rejects(all(join(folder, 'b.tar')), userError('b.tar', "label '3'", '0 to 2'));
  });

  test('is refused where it cannot be learned from', async () => {
    const folder = join(root, 'useless');
    await write(join(folder, 'unlabelled.tar'), tar({ '1.jpg': 'x' }));
    await write(join(folder, 'empty.tar'), tar({}));
    await assert.rejects(all(join(folder, 'unlabelled.tar')), userError('two classes', 'key.cls'));
    await assert.rejects(all(join(folder, 'empty.tar')), userError('no samples'));
    await assert.rejects(all(join(folder, 'none-{0..2}.tar')), userError('no samples', 'none-0.tar', 'does not exist'));
    await assert.rejects(all(join(folder, '{0..100001}.tar')), userError('more than 100000 shards'));
    await assert.rejects(all(join(folder, '{a,a}.tar')), userError('twice'));
    const any = await openData(join(folder, 'unlabelled.tar'), { task: 'reconstruct', validationFraction: 0 });
    assert.equal(any.train.length, 1);
  });
});

test('shards are called by what is before their numbers', () => {
  const named = [
    'a/photos-{000..127}.tar',
    'https://h/p/birds-{0..9}.tar?sig=x',
    'https://h/photos/',
    '{a,b}.tar',
    'x.tar',
  ];
  assert.deepEqual(named.map(shardsName), ['photos', 'birds', 'photos', 'shards', 'x']);
});

describe('shards that are not whole', () => {
  test('give all that is there once, and what is missing is named', async () => {
    const folder = await temporaryFolder();
    await writeSet(folder, [4, 6, 5]);
    const path = join(folder, 'set-1.tar');
    await truncate(path, 6000); // within its third image or behind it
    await rm(join(folder, 'set-2.tar'));
    const { train, warnings } = await openData(join(folder, 'set-{0..2}.tar'), { validationFraction: 0 });
    assert.ok(train.length > 5 && train.length < 10, `${train.length}`);
    assert.match(warnings.join('\n'), /set-1.tar: it is cut off after 6000 bytes/);
    assert.match(warnings.join('\n'), /set-2.tar is missing: it does not exist/);
    const seen = indices(await batchesOf(train, evaluation));
    assert.deepEqual(
      seen,
      Array.from({ length: train.length }, (_, i) => i),
    );
    await assert.rejects(
      openData(join(folder, 'set-{0..2}.tar'), { shards: { strict: true } }),
      userError('not all shards are there', 'set-2.tar'),
    );
  });

  test('are noticed where they were cut after they had been read', async () => {
    const folder = await temporaryFolder();
    await writeSet(folder, [4, 6]);
    const data = await all(join(folder, 'set-{0..1}.tar'));
    await truncate(join(folder, 'set-1.tar'), 5000);
    const loader = new Loader({ workers: 1 });
    const batches = loader.epoch(data, evaluation);
    let count = 0;
    for await (const batch of batches) count += batch.count;
    await loader.close();
    assert.equal(count + batches.skipped.length, 10);
    assert.match(batches.skipped[0]!.reason, /its shard ends within it/);
    assert.match(batches.skipped[0]!.file, /^set-1.tar\/000\d$/);
  });
});

describe('the order of shards', () => {
  const source = (sizes: readonly number[]): ShardSource => {
    const starts = Uint32Array.from([0, ...sizes.map((_, i) => sizes.slice(0, i + 1).reduce((a, b) => a + b))]);
    const count = starts[sizes.length]!;
    const shards = sizes.map((_, i) => ({ name: `${i}`, at: `${i}`, bytes: 1 }));
    const keys = { bytes: new Uint8Array(), ends: new Uint32Array(count) };
    const set = { shards, starts, keys, cache: {}, offsets: new Float64Array(count), lengths: new Uint32Array(count) };
    return { kind: 'shards', set, rows: Uint32Array.from({ length: count }, (_, i) => i) };
  };
  const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 12 });

  test('shows every image once, and none far from where its shard comes', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 60 }), fc.nat(1000), (sizes, shuffleBuffer, seed) => {
        const shards = source(sizes);
        const length = shards.rows.length;
        const order = orderOf(shards, { shuffle: true, seed, epoch: 1, shuffleBuffer })!;
        assert.deepEqual(
          [...order].sort((a, b) => a - b),
          [...shards.rows],
        );
        if (shuffleBuffer >= length) return assert.deepEqual(order, permutation(length, seed, 'shuffle', 1));
        const drawn = permutation(sizes.length, seed, 'shards', 1);
        const stream = [...drawn].flatMap((shard) =>
          [...shards.rows].filter((row) => shardOf(shards.set, row) === shard),
        );
        for (const [place, row] of order.entries())
          assert.ok(Math.abs(stream.indexOf(row) - place) < shuffleBuffer, `${row}`);
      }),
      { numRuns: 50 },
    );
  });

  test('mixes neighbours well within the buffer', () => {
    const order = orderOf(source([5000, 5000, 5000]), { shuffle: true, seed: 3, epoch: 1, shuffleBuffer: 1000 })!;
    const moved = [...order].map((row, place) => Math.abs(row - (order[place - 1] ?? 0)));
    const mean = moved.reduce((a, b) => a + b) / moved.length;
    assert.ok(mean > 250, `neighbours lie ${mean} apart`);
  });
});
