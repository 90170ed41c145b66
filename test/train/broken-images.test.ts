/** Images that cannot be read are skipped, counted and named; with `strict` the first one stops the training. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import type { Skipped } from '../../src/data/batches.js';
import { resume, train } from '../../src/train/train.js';
import { drawing, temporaryFolder, userError, write, writePhotos } from '../data/fixtures.js';
import { figuresOf, newFolder, outcomeOf, tiny } from './tiny.js';

/** A PNG whose header claims 40,000 x 40,000 pixels. */
async function hugePng(): Promise<Buffer> {
  const bytes = await drawing(8, 8).png().toBuffer();
  const [size, sum] = [16, 29]; // of IHDR, the first chunk: https://www.w3.org/TR/png-3/#11IHDR
  bytes.writeUInt32BE(40_000, size);
  bytes.writeUInt32BE(40_000, size + 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, sum)), sum);
  return bytes;
}

const broken: Readonly<Record<string, () => Promise<string | Uint8Array>>> = {
  'a/cut.jpg': async () => {
    const whole = await drawing(64, 64).jpeg().toBuffer();
    return whole.subarray(0, whole.length / 2);
  },
  'a/text.jpg': async () => 'This is no picture.',
  'b/empty.jpg': async () => '',
  'b/huge.png': hugePng,
};

/** Photographs of two classes, with the broken ones among them. */
async function folderWith(names: readonly string[], photos = 20): Promise<string> {
  const folder = await temporaryFolder();
  for (const split of ['train', 'val'])
    for (const name of ['a', 'b']) await writePhotos(join(folder, split, name), split === 'train' ? photos : 4);
  for (const name of names) await write(join(folder, 'train', name), await broken[name]!());
  return folder;
}

const options = { ...tiny, batch: 8, epochs: 2, learningRate: 0.01 } as const;

describe('broken images in the training folder', () => {
  it('are skipped, told once, counted in the result and named in the report', async () => {
    const names = Object.keys(broken);
    const [data, out] = [await folderWith(names), await newFolder()];
    const told: Skipped[] = [];
    const { skipped, report, history } = await train({
      ...options,
      data,
      out,
      onSkipped: (some) => told.push(...some),
    });
    assert.deepEqual(told, skipped);
    assert.deepEqual(skipped.map(({ file }) => file).sort(), names.map((name) => join(data, 'train', name)).sort());
    const reasons = Object.fromEntries(skipped.map(({ file, reason }) => [basename(file), reason]));
    assert.match(reasons['huge.png']!, /40000 x 40000 pixels/);
    assert.match(reasons['empty.jpg']!, /empty/);
    for (const reason of Object.values(reasons)) assert.ok(reason.length > 5, reason);
    assert.equal(history.length, 2);
    const page = await readFile(report, 'utf8');
    for (const name of names) assert.ok(page.includes(name), `${name} is not in the report`);
  });

  it('do not keep a resumed run from being the same', async () => {
    const data = await folderWith(['a/text.jpg', 'b/empty.jpg']);
    const [whole, parts] = [await newFolder(), await newFolder()];
    await train({ ...options, data, out: whole });
    const controller = new AbortController();
    let steps = 0;
    const onStep = () => ++steps === 3 && controller.abort();
    const stopped = await train({ ...options, data, out: parts, signal: controller.signal, onStep });
    assert.ok(stopped.interrupted);
    await resume(parts, { threads: 1, workers: 1 });
    assert.deepEqual(await figuresOf(parts), await figuresOf(whole));
    assert.deepEqual(await outcomeOf(parts), await outcomeOf(whole));
  });

  it('are named too when the training is stopped in its first epoch', async () => {
    const data = await folderWith(['a/text.jpg'], 8);
    const controller = new AbortController();
    let steps = 0;
    const onStep = () => ++steps === 2 && controller.abort();
    const { skipped, interrupted } = await train({
      ...options,
      data,
      out: await newFolder(),
      signal: controller.signal,
      onStep,
    });
    assert.ok(interrupted);
    assert.deepEqual(
      skipped.map(({ file }) => file),
      [join(data, 'train', 'a/text.jpg')],
    );
  });

  it('stop a strict training, which says which and what to do', async () => {
    const [data, out] = [await folderWith(['b/empty.jpg']), await newFolder()];
    await assert.rejects(
      train({ ...options, data, out, strict: true }),
      userError(join(data, 'train', 'b/empty.jpg'), 'Mend or remove it', 'strict'),
    );
    assert.ok(!(await readdir(out)).includes('best.safetensors'));
  });

  it('stop any training when there is nothing else', async () => {
    const data = await temporaryFolder();
    for (const split of ['train', 'val'])
      for (const name of ['a/1.jpg', 'a/2.jpg', 'b/1.jpg', 'b/2.jpg'])
        await write(join(data, split, name), 'no picture');
    await assert.rejects(
      train({ ...options, data, batch: 2, out: await newFolder() }),
      userError('None of the 4 images'),
    );
  });
});

describe('data that cannot be used', () => {
  const unusable: readonly (readonly [what: string, make: (folder: string) => Promise<string>, part: string])[] = [
    ['a folder that is not there', async (folder) => join(folder, 'none'), 'none'],
    ['a folder without images', async (folder) => folder, 'images'],
    ['a file', async (folder) => write(join(folder, 'photo.jpg'), 'x'), 'photo.jpg'],
    ['no drawings', async () => 'drawn:0', 'at least 1'],
  ];
  for (const [what, make, part] of unusable)
    it(`${what} is refused before a run folder is made`, async () => {
      const [data, out] = [await make(await temporaryFolder()), await newFolder()];
      await assert.rejects(train({ ...options, data, out }), userError(part));
      await assert.rejects(readdir(out));
    });
});
