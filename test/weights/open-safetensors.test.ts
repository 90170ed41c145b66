/** Tensors that stay in their file: the same numbers, only when they are asked for, and never those of another file. */
import assert from 'node:assert/strict';
import { realpath, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSafetensors } from '../../src/weights/open-safetensors.js';
import { encodeSafetensors } from '../../src/weights/safetensors.js';
import { readSafetensors } from '../../src/weights/safetensors-file.js';
import { temporaryFolder, userError } from '../data/fixtures.js';

const folder = await temporaryFolder();
const contents = (first: number) =>
  encodeSafetensors({
    metadata: { note: 'a' },
    tensors: [
      ['w', { dtype: 'float32', shape: [2, 2], data: Float32Array.of(first, 2, 3, 4) }],
      ['n', { dtype: 'int64', shape: [1], data: BigInt64Array.of(5n) }],
      ['none', { dtype: 'float32', shape: [0], data: new Float32Array() }],
    ],
  });

async function written(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

test('gives what reading the file gives, also in copies and messages', async () => {
  const path = await written('same.safetensors', contents(1));
  const [read, opened] = [await readSafetensors(path), await openSafetensors(path)];
  await opened.expectSame();
  assert.deepEqual(opened.metadata, read.metadata);
  assert.deepEqual([...opened.tensors.keys()], [...read.tensors.keys()]);
  for (const [name, tensor] of read.tensors)
    for (const copy of [
      opened.tensors.get(name)!,
      { ...opened.tensors.get(name)! },
      structuredClone(opened.tensors.get(name)!),
    ])
      assert.deepEqual({ dtype: copy.dtype, shape: copy.shape, data: copy.data }, tensor);
});

test('says where the numbers lie: in the file behind a link, and nowhere where an engine cannot take them', async () => {
  const path = await written('there.safetensors', contents(7));
  await symlink(path, join(folder, 'link.safetensors'));
  const { tensors } = await openSafetensors(join(folder, 'link.safetensors'));
  const { external } = tensors.get('w')!;
  assert.deepEqual(
    [external?.folder, external?.location, external?.length],
    [await realpath(folder), 'there.safetensors', 16],
  );
  const [first] = new Float32Array(contents(7).slice(external!.offset).buffer, 0, 1);
  assert.equal(first, 7);
  const header = '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  const odd = await written(
    'odd.safetensors',
    Buffer.concat([
      Uint8Array.of(header.length, 0, 0, 0, 0, 0, 0, 0),
      Buffer.from(header),
      Buffer.from(Float32Array.of(1.5).buffer),
    ]),
  );
  const w = (await openSafetensors(odd)).tensors.get('w')!;
  assert.deepEqual([w.external, w.data], [undefined, Float32Array.of(1.5)]);
});

test('never mixes two files: what was read stays, the rest is refused', async () => {
  const path = await written('changing.safetensors', contents(1));
  const { tensors, expectSame } = await openSafetensors(path);
  assert.equal(tensors.get('w')!.data[0], 1);
  await rename(await written('new.safetensors', contents(9)), path);
  assert.equal(tensors.get('w')!.data[0], 1);
  const refusal = userError(path, 'changed while it was read', 'Run it again');
  await assert.rejects(expectSame(), refusal);
  assert.throws(() => tensors.get('n')!.data, refusal);
});

test('is as strict as reading', async () => {
  const path = await written('cut.safetensors', contents(1).slice(0, -3));
  await assert.rejects(openSafetensors(path), userError('cut.safetensors', 'cut short'));
  await assert.rejects(
    openSafetensors(join(folder, 'missing.safetensors')),
    userError('missing.safetensors', 'no such file'),
  );
});
