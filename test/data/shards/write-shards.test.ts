import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Loader } from '../../../src/data/batches.js';
import { openData } from '../../../src/data/dataset.js';
import { drawnDataset } from '../../../src/data/drawn/index.js';
import { writeShards } from '../../../src/data/shards/write-shards.js';
import { drawing, temporaryFolder, userError, write } from '../fixtures.js';

process.env.RESMIRROR_CACHE = await temporaryFolder();
const root = await temporaryFolder();
const photos = join(root, 'photos');
const jpeg = (blue: number) => drawing(20, 20, blue).jpeg().toBuffer();
for (const [i, name] of ['rose/1.jpg', 'rose/a.b.jpg', 'rose/a_b.JPG', 'aster/1.jpg', 'aster/2.jpg'].entries())
  await write(join(photos, 'train', name), await jpeg(i));
for (const [i, name] of ['rose/9.jpg', 'aster/9.jpg'].entries())
  await write(join(photos, 'val', name), await jpeg(50 + i));

const splits = () => openData(photos, { validationFraction: 0 });
const contents = async (folder: string) =>
  Promise.all((await readdir(folder)).sort().map(async (name) => [name, await readFile(join(folder, name))] as const));

test('a folder becomes shards with indices, the same bytes each time', async () => {
  const [first, second] = [join(root, 'first'), join(root, 'second')];
  const { shards, classes } = await writeShards(await splits(), { out: first, perShard: 2 });
  await writeShards(await splits(), { out: second, perShard: 2 });
  assert.deepEqual(classes, ['aster', 'rose']);
  assert.deepEqual(
    shards.map(({ name, samples }) => [name, samples]),
    [
      ['train-000000.tar', 2],
      ['train-000001.tar', 2],
      ['train-000002.tar', 1],
      ['val-000000.tar', 2],
    ],
  );
  assert.deepEqual(await contents(first), await contents(second));
  assert.ok((await readdir(first)).every((name) => !name.endsWith('.tmp')));
});

test('and comes back with its splits, classes and bytes', async () => {
  const { train, validation } = await openData(join(root, 'first'));
  assert.deepEqual([train.length, validation.length, train.classes], [5, 2, ['aster', 'rose']]);
  const keys = Array.from({ length: 5 }, (_, i) => [
    train.describe(i).replace(/^[^/]+\//, ''),
    train.classes[train.label(i)],
  ]);
  assert.deepEqual(keys.sort(), [
    ['aster/1', 'aster'],
    ['aster/2', 'aster'],
    ['rose/1', 'rose'],
    ['rose/a_b', 'rose'],
    ['rose/a_b-2', 'rose'],
  ]);
  const tar = await readFile(join(root, 'first', 'val-000000.tar'));
  for (const name of ['rose/9.jpg', 'aster/9.jpg'])
    assert.ok(tar.includes(await readFile(join(photos, 'val', name))), name);
});

test('shards end where they are full', async () => {
  const image = (await readFile(join(photos, 'train/rose/1.jpg'))).length;
  const { shards } = await writeShards(await splits(), { out: join(root, 'sized'), shardBytes: 2 * (image + 2600) });
  assert.deepEqual(
    shards.map(({ samples }) => samples),
    [2, 2, 1, 2],
  );
  const tiny = await writeShards(await splits(), { out: join(root, 'tiny'), shardBytes: 1 });
  assert.equal(tiny.shards.length, 7);
});

test('images in memory become PNGs, the same pixels', async () => {
  const drawn = await drawnDataset({ train: 12, validation: 3, seed: 4 });
  await writeShards(drawn, { out: join(root, 'drawn') });
  const { train, validation } = await openData(join(root, 'drawn'));
  assert.deepEqual([train.length, validation.length, train.classes], [12, 3, drawn.train.classes]);
  const loader = new Loader({ workers: 1 });
  const preprocessing = { size: [32, 32], channels: 3, cropRatio: 1, interpolation: 'bilinear' } as const;
  const options = { batch: 12, preprocessing, shuffle: false, seed: 0, epoch: 0 };
  const pixels = async (data: typeof train) => {
    const images: string[] = [];
    for await (const { images: all, labels } of loader.epoch(data, options))
      for (const [i, label] of labels.entries())
        images.push(`${label} ${Buffer.from(all.subarray(3072 * i, 3072 * (i + 1))).toString('base64')}`);
    return images.sort();
  };
  assert.deepEqual(await pixels(train), await pixels(drawn.train));
  await loader.close();
});

test('what cannot be done is told', async () => {
  await assert.rejects(writeShards(await splits(), { out: join(root, 'first') }), userError('holds shards already'));
  await write(join(root, 'file'), '');
  await assert.rejects(writeShards(await splits(), { out: join(root, 'file') }), userError('file'));
  const shards = await openData(join(root, 'first'));
  await assert.rejects(writeShards(shards, { out: join(root, 'again') }), userError('in shards already'));
});

test('an index that does not fit its shard is not believed', async () => {
  const folder = join(root, 'second');
  const { train } = await openData(folder);
  const other = await readFile(join(folder, 'val-000000.tar'));
  await writeFile(join(folder, 'train-000000.tar'), Buffer.concat([other, Buffer.alloc(512)]));
  assert.equal((await openData(folder)).train.length, train.length);
  assert.match((await openData(folder)).train.describe(0), /\/9$/);
  await writeFile(join(folder, 'shards.json'), '{"format":1}');
  await assert.rejects(openData(folder), userError('shards.json', 'expected the index'));
});
