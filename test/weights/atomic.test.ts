import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { UserError } from '../../src/errors.js';
import { writeAtomically } from '../../src/weights/atomic.js';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atomic-'));
});
after(() => rm(folder, { recursive: true }));

test('text and chunks replace a file and leave nothing beside it', async () => {
  const path = join(folder, 'a.json');
  await writeAtomically(path, '{"ä":1}');
  assert.equal(await readFile(path, 'utf8'), '{"ä":1}');
  await writeAtomically(path, [new Uint8Array([1, 2]), new Uint8Array(), new Uint8Array([3])]);
  assert.deepEqual([...(await readFile(path))], [1, 2, 3]);
  await writeAtomically(path, '');
  assert.equal((await readFile(path)).byteLength, 0);
  assert.deepEqual(await readdir(folder), ['a.json']);
});

test('an error halfway keeps the old contents and removes the temporary file', async () => {
  const path = join(folder, 'a.json');
  await writeFile(path, 'old');
  const broken = function* () {
    yield new Uint8Array([1]);
    throw new Error('halfway');
  };
  await assert.rejects(writeAtomically(path, broken()), /halfway/);
  assert.equal(await readFile(path, 'utf8'), 'old');
  assert.deepEqual(await readdir(folder), ['a.json']);
});

test('a missing folder and a folder in place of the file are explained', async () => {
  const explained = (reason: RegExp) => (error: unknown) => error instanceof UserError && reason.test(error.message);
  await assert.rejects(writeAtomically(join(folder, 'none', 'a'), ''), explained(/none.*folder does not exist/));
  await assert.rejects(writeAtomically(join(folder, 'x'.repeat(300)), ''), explained(/name is too long/));
  await mkdir(join(folder, 'sub'));
  await assert.rejects(writeAtomically(join(folder, 'sub'), ''), explained(/it is a folder/));
});

test('of writers at the same time one wins whole', async () => {
  const path = join(folder, 'race');
  const texts = Array.from({ length: 20 }, (_, i) => String.fromCharCode(97 + i).repeat(100_000));
  await Promise.all(texts.map((text) => writeAtomically(path, text)));
  assert.ok(texts.includes(await readFile(path, 'utf8')));
});
