import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openData } from '../../../src/data/dataset.js';
import { type ShardPart, shardParts, workThrough } from '../../../src/data/shards/work.js';
import type { Share } from '../../../src/data/share.js';
import { UserError } from '../../../src/errors.js';
import { temporaryFolder, userError } from '../fixtures.js';
import { writeSet } from './fixtures.js';

process.env.RESMIRROR_CACHE = await temporaryFolder();
const root = await temporaryFolder();
await writeSet(root, [3, 4, 5, 2, 1]);
const { train } = await openData(join(root, 'set-{0..4}.tar'), { validationFraction: 0 });
const parts = shardParts([train]);

/** Notes who worked on what. */
async function working(out: string, share: Share, fails: (part: ShardPart) => boolean = () => false, by: object = {}) {
  const worked: string[] = [];
  const result = await workThrough(parts, {
    out,
    by: { command: 'count', ...by },
    share,
    async work(part) {
      if (fails(part)) throw new UserError('no luck');
      worked.push(part.name);
      return { counted: part.images.length };
    },
    summary: (all) => ({ total: all.reduce((sum, { counted }) => sum + counted, 0) }),
  });
  return { worked, ...result };
}

test('parts are the images of each shard', () => {
  assert.deepEqual(
    parts.map(({ stem, images }) => [stem, images.length, images.describe(0)]),
    [
      ['set-0', 3, 'set-0.tar/0000'],
      ['set-1', 4, 'set-1.tar/0003'],
      ['set-2', 5, 'set-2.tar/0007'],
      ['set-3', 2, 'set-3.tar/0012'],
      ['set-4', 1, 'set-4.tar/0014'],
    ],
  );
  const twice = shardParts([train, train]).map(({ stem }) => stem);
  assert.equal(new Set(twice).size, 10);
});

test('every shard is done once, whoever does it, and the last writes the index', async () => {
  const out = join(root, 'shared');
  const first = await working(out, { rank: 0, size: 2 });
  assert.deepEqual([first.worked, first.index], [['set-0.tar', 'set-2.tar', 'set-4.tar'], undefined]);
  const second = await working(out, { rank: 1, size: 2 });
  assert.deepEqual(second.worked, ['set-1.tar', 'set-3.tar']);
  const index = JSON.parse(await readFile(second.index!.path, 'utf8')) as { total: number; shards: object[] };
  assert.equal(index.total, 15);
  assert.deepEqual(index.shards[1], { shard: 'set-1.tar', images: 4, counted: 4 });
});

test('what is done is not done again, by any number of processes', async () => {
  const out = join(root, 'restarted');
  const broken = await working(out, { rank: 0, size: 1 }, ({ name }) => name === 'set-2.tar');
  assert.deepEqual([broken.done, broken.failed], [4, [{ shard: 'set-2.tar', reason: 'no luck' }]]);
  assert.equal(broken.index, undefined);
  await rm(join(out, 'set-3.done.json')); // as a kill leaves it
  const parts = await Promise.all([0, 1, 2].map((rank) => working(out, { rank, size: 3 })));
  assert.deepEqual(parts.flatMap(({ worked }) => worked).sort(), ['set-2.tar', 'set-3.tar']);
  assert.ok(parts.some(({ index }) => index));
  assert.deepEqual((await working(out, { rank: 0, size: 1 })).worked, []);
});

test('results of another kind are not mixed in', async () => {
  const out = join(root, 'kinds');
  await working(out, { rank: 0, size: 1 });
  await assert.rejects(
    working(out, { rank: 0, size: 1 }, undefined, { top: 3 }),
    userError('"top":3', 'another folder'),
  );
});
