import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Loader } from '../../../src/data/batches.js';
import { type Dataset, openData } from '../../../src/data/dataset.js';
import { ShardCache } from '../../../src/data/shards/cache.js';
import { writeShards } from '../../../src/data/shards/write-shards.js';
import { temporaryFolder, userError, write } from '../fixtures.js';
import { cut, jpegs, serve, writeSet } from './fixtures.js';

const SIZES = [30, 8, 20];
const root = await temporaryFolder();
const names = await writeSet(root, SIZES);
const hasty = { timeoutMs: 20_000, attempts: 4, pauseMs: 5 };

const preprocessing = { size: [16, 16], channels: 3, cropRatio: 1, interpolation: 'bilinear' } as const;
const cacheIn = async (more = {}) => ({ folder: await temporaryFolder(), ...hasty, ...more });

/** The names of all images in the order of one epoch, and what was skipped. */
async function read(data: Dataset): Promise<{ seen: string[]; skipped: { file: string; reason: string }[] }> {
  const loader = new Loader({ workers: 1 });
  const options = { batch: 4, preprocessing, shuffle: true, shuffleBuffer: 10, seed: 1, epoch: 1 };
  const batches = loader.epoch(data, options);
  const seen: string[] = [];
  try {
    for await (const { indices, count } of batches)
      for (const index of indices.subarray(0, count)) seen.push(data.describe(index));
    return { seen, skipped: [...batches.skipped] };
  } finally {
    await loader.close();
  }
}

const open = async (pattern: string, cache: object) => openData(pattern, { validationFraction: 0, shards: { cache } });

describe('shards of a server', () => {
  test('are fetched once, and then are here', async () => {
    const server = await serve(root);
    const cache = await cacheIn();
    const pattern = `${server.url}set-{0..2}.tar?signature=x`;
    const { train } = await open(pattern, cache);
    assert.equal(train.length, names.length);
    const { seen, skipped } = await read(train);
    assert.deepEqual([...seen].sort(), [...names].sort());
    assert.deepEqual(skipped, []);
    assert.deepEqual(await read((await open(pattern, cache)).train), { seen, skipped });
    const tars = server.asked.filter(({ file }) => file.endsWith('.tar')).map(({ file }) => file);
    assert.deepEqual(tars.sort(), ['set-0.tar', 'set-1.tar', 'set-2.tar']);
  });

  test('come again where the cache is too small for all', async () => {
    const server = await serve(root);
    const bytes = (await stat(join(root, 'set-0.tar'))).size + 1;
    const cache = await cacheIn({ bytes });
    const { train } = await open(`${server.url}set-{0..2}.tar`, cache);
    assert.deepEqual([...(await read(train)).seen].sort(), [...names].sort());
    const kept = (await readdir(cache.folder)).filter((name) => name.endsWith('.tar'));
    const sizes = await Promise.all(kept.map(async (name) => (await stat(join(cache.folder, name))).size));
    assert.ok(sizes.reduce((a, b) => a + b, 0) <= bytes);
    assert.ok(server.asked.filter(({ file }) => file.endsWith('.tar')).length > 3);
  });

  test('with an index are fetched only when their turn comes', async () => {
    const folder = join(await temporaryFolder(), 'out');
    const [[, jpeg]] = (await jpegs([1])) as [readonly [string, Buffer]];
    const photos = join(await temporaryFolder(), 'photos');
    for (const kind of ['a', 'b']) for (const i of [1, 2, 3]) await write(join(photos, kind, `${i}.jpg`), jpeg);
    await writeShards(await openData(photos, { validationFraction: 0 }), { out: folder, perShard: 2 });
    const server = await serve(folder);
    for (const address of [server.url, `${server.url}shards.json`, `${server.url}train-{000000..000002}.tar`]) {
      const { train } = await open(address, await cacheIn());
      assert.deepEqual([train.length, train.classes], [6, ['a', 'b']]);
    }
    assert.deepEqual(
      server.asked.filter(({ file }) => file.endsWith('.tar')),
      [],
    );
    const { train } = await open(server.url, await cacheIn());
    assert.equal((await read(train)).seen.length, 6);
  });

  test('are fetched once by processes that share a cache', async () => {
    const server = await serve(root, (_, { body, response }) => {
      setTimeout(() => response.end(body), 150);
      return true;
    });
    const cache = await cacheIn({ timeoutMs: 5000 });
    const caches = [new ShardCache(cache), new ShardCache(cache), new ShardCache(cache)];
    const paths = await Promise.all(caches.map((one) => one.fetch(`${server.url}set-0.tar`)));
    assert.equal(new Set(paths).size, 1);
    assert.equal(server.asked.length, 1);
    assert.deepEqual(await readFile(paths[0]!), await readFile(join(root, 'set-0.tar')));
  });

  test('stay readable when another process makes room', async () => {
    const server = await serve(root);
    const cache = await cacheIn();
    const file = await new ShardCache(cache).open(`${server.url}set-1.tar`);
    await rm(cache.folder, { recursive: true });
    assert.deepEqual(await file.readFile(), await readFile(join(root, 'set-1.tar')));
    await file.close();
  });
});

describe('a server that', () => {
  const everything = async (pattern: string, cache?: object) => {
    const { train, warnings } = await open(pattern, cache ?? (await cacheIn()));
    const { seen, skipped } = await read(train);
    return { seen: [...seen].sort(), skipped, warnings };
  };
  const whole = { seen: [...names].sort(), skipped: [], warnings: [] };

  test('drops every tenth connection loses nothing', async () => {
    const folder = await temporaryFolder();
    const many = await writeSet(
      folder,
      Array.from({ length: 15 }, (_, i) => 2 + (i % 4)),
    );
    const server = await serve(folder, ({ number }, answer) => number % 10 === 0 && cut(answer, 1500));
    const { seen, skipped, warnings } = await everything(`${server.url}set-{0..14}.tar`);
    assert.deepEqual({ seen, skipped, warnings }, { seen: [...many].sort(), skipped: [], warnings: [] });
    const resumed = server.asked.filter(({ range }) => range !== undefined);
    assert.ok(resumed.length >= 1);
    assert.ok(resumed.every(({ range }) => range === 'bytes=1500-'));
  });

  test('drops every connection is taken up where it stopped, time and again', async () => {
    const server = await serve(root, (_, answer) => answer.body.length > 5000 && cut(answer, 5000));
    assert.deepEqual(await everything(`${server.url}set-{0..2}.tar`), whole);
  });

  test('knows no ranges is asked for all of it again', async () => {
    const server = await serve(root, ({ number }, answer) => number % 2 === 0 && cut(answer, 1000), { ranges: false });
    assert.deepEqual(await everything(`${server.url}set-{0..2}.tar`), whole);
    const never = await serve(root, ({ file }, answer) => file === 'set-1.tar' && cut(answer, 1000), { ranges: false });
    const { warnings } = await everything(`${never.url}set-{0..2}.tar`);
    assert.match(warnings.join(), /^set-1.tar is missing: .*; 4 attempts brought no more$/);
  });

  test('is slow is waited for; one that stops is asked again', async () => {
    const slow = await serve(root, ({ number }, { body, response }) => {
      const parts = [0, 1, 2, 3].map((i) => body.subarray((i * body.length) / 4, ((i + 1) * body.length) / 4));
      if (number % 3 === 0)
        response.write(parts[0]); // and nothing more
      else
        for (const [i, part] of parts.entries())
          setTimeout(() => (i < 3 ? response.write(part) : response.end(part)), 100 * i);
      return true;
    });
    const cache = await cacheIn({ timeoutMs: 500, attempts: 30 });
    assert.deepEqual(await everything(`${slow.url}set-{0..2}.tar`, cache), whole);
    assert.ok(slow.asked.length > 5);
  });

  test('says 503 for a while is asked again', async () => {
    const refusals = new Map<string, number>();
    const server = await serve(root, ({ file }, { response }) => {
      const before = refusals.get(file) ?? 0;
      refusals.set(file, before + 1);
      if (before === 3) return false;
      response.removeHeader('content-length');
      response.writeHead(503).end();
      return true;
    });
    assert.deepEqual(await everything(`${server.url}set-{0..2}.tar`), whole);
  });

  test('lacks a shard has it named, and gives the others', async () => {
    const server = await serve(root);
    const { seen, warnings } = await everything(`${server.url}set-{0..4}.tar`);
    assert.deepEqual(seen, whole.seen);
    assert.deepEqual(warnings, [
      'set-3.tar is missing: the server answers 404 Not Found',
      'set-4.tar is missing: the server answers 404 Not Found',
    ]);
    await assert.rejects(open(`${server.url}sat-{0..2}.tar`, await cacheIn()), userError('no samples', '404'));
    await assert.rejects(open(server.url, await cacheIn()), userError('shards.json', 'there is none'));
  });

  test('has half of a shard gives what is there', async () => {
    const folder = await temporaryFolder();
    await mkdir(folder, { recursive: true });
    const bytes = await readFile(join(root, 'set-0.tar'));
    await writeFile(join(folder, 'set-0.tar'), bytes.subarray(0, bytes.length / 2));
    await writeFile(join(folder, 'set-1.tar'), await readFile(join(root, 'set-1.tar')));
    const server = await serve(folder);
    const { seen, warnings } = await everything(`${server.url}set-{0..1}.tar`);
    assert.ok(seen.length > 20 && seen.length < 38, `${seen.length}`);
    assert.equal(new Set(seen).size, seen.length);
    assert.match(warnings.join(), /set-0.tar: it is cut off after \d+ bytes/);
  });

  test('loses a shard after it was counted has it named once', async () => {
    const folder = await temporaryFolder();
    const some = await writeSet(folder, [6, 6, 6]);
    const server = await serve(folder);
    const cache = await cacheIn();
    const { train } = await open(`${server.url}set-{0..2}.tar`, cache);
    for (const name of await readdir(cache.folder)) if (name.endsWith('.tar')) await rm(join(cache.folder, name));
    await rm(join(folder, 'set-1.tar'));
    const { seen, skipped } = await read(train);
    assert.deepEqual([...seen].sort(), some.filter((name) => !name.startsWith('set-1')).sort());
    assert.deepEqual(skipped, [{ file: 'set-1.tar', reason: 'the server answers 404 Not Found' }]);
  });

  test('changes a shard while it is fetched gives the new one', async () => {
    const folder = await temporaryFolder();
    await writeSet(folder, [12]);
    const path = join(folder, 'set-0.tar');
    const newer = await readFile(join(root, 'set-1.tar'));
    const server = await serve(folder, ({ file, number }, answer) => {
      if (!file.endsWith('.tar') || number > 2) return false;
      void writeFile(path, newer);
      return cut(answer, 3000);
    });
    const { seen } = await everything(`${server.url}set-0.tar`);
    assert.equal(seen.length, 8);
  });
});
