/** Folders are written whole or not at all. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { writeFolderAtomically } from '../../src/weights/atomic-folder.js';
import { temporaryFolder, userError, write } from '../data/fixtures.js';

describe('a folder', () => {
  it('has all of its files, in folders too, and leaves nothing beside it', async () => {
    const place = await temporaryFolder();
    await writeFolderAtomically(join(place, 'a'), {
      'x.json': '{}',
      '1/data.bin': [Uint8Array.of(1), Uint8Array.of(2)],
    });
    assert.deepEqual(await readdir(place), ['a']);
    assert.equal(await readFile(join(place, 'a/x.json'), 'utf8'), '{}');
    assert.deepEqual(await readFile(join(place, 'a/1/data.bin')), Buffer.of(1, 2));
  });

  it('takes the place of an empty one', async () => {
    const place = await temporaryFolder();
    await mkdir(join(place, 'a'));
    await writeFolderAtomically(`${join(place, 'a')}/`, { x: 'y' });
    assert.deepEqual(await readdir(join(place, 'a')), ['x']);
  });

  it('is not written over another, nor over a file', async () => {
    const place = await temporaryFolder();
    await write(join(place, 'a/mine'), 'mine');
    await write(join(place, 'b'), 'mine');
    for (const name of ['a', 'b'])
      await assert.rejects(writeFolderAtomically(join(place, name), { x: 'y' }), userError(name, 'there already'));
    assert.deepEqual((await readdir(place)).sort(), ['a', 'b']);
    assert.deepEqual(await readdir(join(place, 'a')), ['mine']);
  });

  it('is not there when its contents fail, or its place is missing', async () => {
    const place = await temporaryFolder();
    const failing = function* () {
      yield Uint8Array.of(1);
      throw new Error('no more');
    };
    await assert.rejects(writeFolderAtomically(join(place, 'a'), { x: 'y', z: failing() }), /no more/);
    await assert.rejects(writeFolderAtomically(join(place, 'b/c'), { x: 'y' }), userError('does not exist'));
    assert.deepEqual(await readdir(place), []);
  });
});
