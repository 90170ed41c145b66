import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { nameAt } from '../../../src/data/shards/names.js';
import { scanShard } from '../../../src/data/shards/scan.js';
import { readTable, type ShardTable, tableText } from '../../../src/data/shards/table.js';
import { temporaryFolder, userError, write } from '../fixtures.js';
import { type Contents, scribble, tar } from './fixtures.js';

const root = await temporaryFolder();
let number = 0;
const shard = async (bytes: Uint8Array): Promise<string> => write(join(root, `${number++}.tar`), bytes);
const scanned = async (files: Contents): Promise<ShardTable> => scanShard(await shard(tar(files)));

/** What a table tells, sample by sample. */
const samples = (table: ShardTable) =>
  Array.from(table.lengths, (length, i) => [
    nameAt(table.keys, i),
    length,
    table.labels[i]! < 0 ? undefined : table.texts[table.labels[i]!],
  ]);

const long = `${'folder/'.repeat(30)}écorce d’arbre`;

describe('the samples of a shard', () => {
  test('are files under one name, by WebDataset’s convention', async () => {
    const table = await scanned({
      'a/1.jpg': 'image',
      'a/1.cls': ' 3\n',
      'a/1.seg.png': 'mask',
      'b.v2/2.cls': '4',
      'b.v2/2.PNG': 'another',
      '3.json': '{"label": "rose", "more": [1]}',
      '3.webp': 'w',
      '4.jpeg': 'unlabelled',
      [`${long}.jpg`]: 'far',
      [`${long}.json`]: '{"cls": 0}',
    });
    assert.deepEqual(samples(table), [
      ['a/1', 5, '3'],
      ['b.v2/2', 7, '4'],
      ['3', 1, 'rose'],
      ['4', 10, undefined],
      [long, 3, '0'],
    ]);
    assert.deepEqual(table.problems, []);
  });

  test('lie where the table says', async () => {
    const path = await shard(tar({ '1.jpg': 'first', '1.cls': '0', [`${long}.jpg`]: 'second', '3.jpg': 'third' }));
    const { offsets, lengths } = await scanShard(path);
    const bytes = await readFile(path);
    const found = [...offsets].map((offset, i) => bytes.toString('utf8', offset, offset + lengths[i]!));
    assert.deepEqual(found, ['first', 'second', 'third']);
  });

  test('are told where they cannot be used', async () => {
    const { problems, lengths } = await scanned({
      '1.cls': '0',
      '2.txt': 'no image',
      '3.jpg': 'x',
      '3.cls': '',
      '4.jpg': 'x',
    });
    assert.equal(lengths.length, 1);
    assert.deepEqual(problems, [
      "2 samples without an image, such as '1'",
      "a sample with a label that is empty or longer than 256 letters, such as '3'",
    ]);
  });

  test('of large images are found without reading these', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 8 }, (_, i) => [
        [`${i}.jpg`, Buffer.alloc(300_000, i)],
        [`${i}.cls`, `${i}`],
      ]).flat() as [string, Buffer | string][],
    );
    assert.deepEqual(
      samples(await scanned(files)),
      Array.from({ length: 8 }, (_, i) => [`${i}`, 300_000, `${i}`]),
    );
  });

  test('survive being kept as text', async () => {
    const table = await scanned({ '1.jpg': 'one', '1.cls': '7', [`${long}.png`]: 'two' });
    assert.deepEqual(readTable(tableText(table), 'kept'), table);
    const broken = (change: object) => `${JSON.stringify({ ...JSON.parse(tableText(table)), ...change })}`;
    for (const change of [{ lengths: [1] }, { offsets: [0, 1e9] }, { labels: [0, 5] }, { keys: 3 }, { format: 2 }])
      assert.throws(() => readTable(broken(change), 'kept'), userError('kept', 'index of a shard'));
    assert.throws(() => readTable('{"format"', 'kept'), userError('kept'));
  });
});

describe('archives of other programs', () => {
  for (const format of ['v7', 'ustar', 'gnu', 'posix'])
    test(`GNU tar --format=${format}`, async () => {
      const name = format === 'v7' ? 'folder/tree' : format === 'ustar' ? `${'folder/'.repeat(25)}tree` : long;
      const folder = join(root, format);
      await write(join(folder, `${name}.jpg`), 'x'.repeat(700));
      await write(join(folder, `${name}.cls`), '5');
      const path = join(root, `${format}.tar`);
      execFileSync('tar', [`--format=${format}`, '--sort=name', '-cf', path, '-C', folder, '.']);
      const table = await scanShard(path);
      assert.deepEqual(samples(table), [[`./${name}`, 700, '5']]);
      assert.deepEqual(table.problems, []);
    });

  test('are what this program writes', async () => {
    const folder = join(root, 'unpacked');
    await mkdir(folder);
    const path = await shard(tar({ 'a/1.jpg': 'one', [`${long}.cls`]: '12' }));
    execFileSync('tar', ['-xf', path, '-C', folder]);
    assert.equal(await readFile(join(folder, 'a/1.jpg'), 'utf8'), 'one');
    assert.equal(await readFile(join(folder, `${long}.cls`), 'utf8'), '12');
  });
});

describe('a shard that is', () => {
  const files = Object.fromEntries(
    Array.from({ length: 6 }, (_, i) => [
      [`${i}.jpg`, Buffer.alloc(100 + 300 * i, 1)],
      [`${i}.cls`, `${i}`],
    ]).flat() as [string, Buffer | string][],
  );
  const whole = tar(files);

  test('cut off anywhere gives what comes before, and says so', async () => {
    const all = samples(await scanShard(await shard(whole)));
    const path = await shard(whole);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1024 }), async (length) => {
        await writeFile(path, whole.subarray(0, length));
        const table = await scanShard(path);
        const found = samples(table);
        const complete = found.filter(([, , label]) => label !== undefined);
        assert.deepEqual(complete, all.slice(0, complete.length));
        assert.ok(found.length - complete.length <= 1); // an image whose label was cut off
        assert.match(table.problems[0]!, /cut off after \d+ bytes/);
        assert.ok([...table.offsets].every((offset, i) => offset + table.lengths[i]! <= length));
      }),
      { numRuns: 60 },
    );
  });

  test('damaged gives what comes before', async () => {
    const path = await shard(whole);
    const { offsets } = await scanShard(path);
    await scribble(path, offsets[3]! - 300, Buffer.from('scribble'));
    const { lengths, problems } = await scanShard(path);
    assert.equal(lengths.length, 3);
    assert.match(problems[0]!, /damaged: there is no header at byte \d+/);
  });

  test('no tar archive, empty or not there', async () => {
    assert.deepEqual((await scanShard(await shard(Buffer.alloc(5000, 'text')))).problems, ['it is no tar archive']);
    assert.deepEqual((await scanShard(await shard(Buffer.alloc(0)))).problems, ['it is cut off after 0 bytes']);
    await assert.rejects(scanShard(join(root, 'nowhere.tar')), userError('nowhere.tar', 'does not exist'));
  });

  test('hostile neither fills memory nor leads anywhere', async () => {
    const evil = tar({ '../../etc/passwd.jpg': 'x', '/abs\u001b[2J.jpg': 'y', '..jpg': 'z' });
    assert.deepEqual(
      samples(await scanShard(await shard(evil))).map(([key]) => key),
      ['../../etc/passwd', '/abs\u001b[2J'],
    );
    // a header for a name of 100 MB, all of which is there
    const path = await shard(tar({ [`${long}.jpg`]: 'x' }));
    const pax = Buffer.from(await readFile(path)).subarray(0, 512);
    pax.write(`${(1e8).toString(8).padStart(11, '0')}`, 124);
    pax.fill(' ', 148, 156);
    const sum = pax.reduce((total, byte) => total + byte, 0);
    pax.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    await writeFile(path, pax);
    await truncate(path, 2e8);
    assert.match((await scanShard(path)).problems[0]!, /has 100000000 bytes, more than 65536/);
  });
});
