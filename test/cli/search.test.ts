/** `embed` to Parquet and `search`, as a person runs them. */
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readVectors } from '../../src/inference/search/vectors-file.js';
import { writePhotos } from '../data/fixtures.js';
import { run, workplace } from './program.js';

const folder = await workplace();
const tiny = join(import.meta.dirname, '../../../test/onnx/fixtures/tiny.onnx');
const photos = await writePhotos(join(folder, 'photos'), 6);

const found = async (...words: readonly string[]) => {
  const { code, stdout, stderr } = await run(folder, 'search', tiny, ...words, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as { nearest: { image: string }[]; images: number; embedded: number };
};

test('an image is nearest to itself; vectors are made once, and may come from embed', async () => {
  const image = photos[2]!;
  const first = await found('photos', '--image', image, '--top', '3', '--index', 'photos.parquet', '--out', 'like.png');
  assert.equal(first.nearest.length, 3);
  assert.ok(first.nearest[0]!.image.endsWith(image.split('/').at(-1)!), first.nearest[0]!.image);
  assert.deepEqual([first.images, first.embedded], [6, 6]);
  assert.ok((await stat(join(folder, 'like.png'))).size > 100);
  const second = await found('photos', '--image', image, '--top', '3', '--index', 'photos.parquet');
  assert.deepEqual([second.nearest, second.embedded], [first.nearest, 0]);

  const { code, stderr } = await run(folder, 'embed', tiny, 'photos', '--out', 'vectors.parquet');
  assert.equal(code, 0, stderr);
  const { vectors } = await readVectors(join(folder, 'vectors.parquet'));
  assert.equal(vectors.length, 6);
  const third = await found('vectors.parquet', '--image', image, '--top', '3');
  assert.deepEqual(
    third.nearest.map((one) => one.image),
    first.nearest.map((one) => one.image),
  );
});

test('what is missing is named', async () => {
  const without = await run(folder, 'search', tiny, 'photos');
  assert.equal(without.code, 2);
  assert.match(without.stderr, /expected --image/);
  const nowhere = await run(folder, 'search', tiny, 'photos', '--image', 'none.jpg');
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /none\.jpg/);
});
