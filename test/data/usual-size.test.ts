import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openImages } from '../../src/data/dataset.js';
import { drawnDataset } from '../../src/data/drawn/index.js';
import { usualSize } from '../../src/data/usual-size.js';
import { drawing, temporaryFolder, write } from './fixtures.js';

test('the median size of image files, upright, whatever else lies among them', async () => {
  const folder = await temporaryFolder();
  for (const [name, height, width] of [
    ['a', 20, 40],
    ['b', 24, 44],
    ['c', 900, 48],
  ] as const)
    await drawing(height, width)
      .jpeg()
      .toFile(join(folder, `${name}.jpg`));
  // held sideways: stored 44 wide and 24 high, meant to be seen 24 wide and 44 high
  await drawing(24, 44).withMetadata({ orientation: 6 }).jpeg().toFile(join(folder, 'd.jpg'));
  await write(join(folder, 'e.jpg'), 'no image');
  assert.deepEqual(await usualSize((await openImages([folder])).source), { height: 44, width: 44 });
});

test('of no image at all nothing, of pixels in memory their own size', async () => {
  const folder = await temporaryFolder();
  await write(join(folder, 'a.jpg'), '');
  assert.equal(await usualSize((await openImages([folder])).source), undefined);
  const { train } = drawnDataset({ train: 10, validation: 10, seed: 1 });
  assert.deepEqual(await usualSize(train.source), { height: 32, width: 32 });
});
