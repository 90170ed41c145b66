import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Loader } from '../../../src/data/batches.js';
import { openData } from '../../../src/data/dataset.js';
import { temporaryFolder, write } from '../fixtures.js';
import { tar, writeSet } from './fixtures.js';

process.env.RESMIRROR_CACHE = await temporaryFolder();
const root = await temporaryFolder();
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that are in use: the least of some looks, since what was just closed goes a little later. */
async function used(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 5; look++) {
    await sleep(20);
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    least = Math.min(least, heapUsed + arrayBuffers);
  }
  return least;
}

test('a sample takes 20 bytes, its name and its label', async () => {
  const [each, shards] = [10_000, 4];
  for (let shard = 0; shard < shards; shard++) {
    const files = Array.from({ length: each }, (_, i) => [
      [`${shard}${`${i}`.padStart(7, '0')}.jpg`, 'x'],
      [`${shard}${`${i}`.padStart(7, '0')}.cls`, `${i % 10}`],
    ]).flat() as [string, string][];
    await write(join(root, `many-${shard}.tar`), tar(Object.fromEntries(files)));
  }
  const before = await used();
  const { train } = await openData(join(root, 'many-{0..3}.tar'), { validationFraction: 0 });
  const bytes = ((await used()) - before) / (each * shards);
  assert.equal(train.length, each * shards);
  assert.ok(bytes < 60, `${bytes} bytes a sample`);
  assert.equal(train.describe(39_999), 'many-3.tar/30009999');
});

test('streaming keeps nothing', async () => {
  await writeSet(root, [100, 100]);
  const { train } = await openData(join(root, 'set-{0..1}.tar'), { validationFraction: 0 });
  const loader = new Loader({ workers: 1, cacheBytes: 0 });
  const preprocessing = { size: [64, 64], channels: 3, cropRatio: 1, interpolation: 'bilinear' } as const;
  const epoch = async (number: number) => {
    let count = 0;
    const options = { batch: 20, preprocessing, shuffle: true, shuffleBuffer: 20, seed: 1, epoch: number };
    for await (const batch of loader.epoch(train, options)) count += batch.count;
    return count;
  };
  await epoch(0);
  const before = await used();
  for (let number = 1; number <= 3; number++) assert.equal(await epoch(number), 200);
  const grown = (await used()) - before;
  await loader.close();
  const pixels = 600 * 64 * 64 * 3;
  assert.ok(grown < pixels / 2, `${grown} bytes for images of ${pixels}`);
});
