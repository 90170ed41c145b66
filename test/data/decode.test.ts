import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import type { Sharp } from 'sharp';
import sharp from 'sharp';
import { decodeImage } from '../../src/data/decode.js';
import { type Decoded, REDUCTIONS, type Size, withChannels } from '../../src/data/pixels.js';
import {
  type Augmentation,
  decodingFor,
  evaluationView,
  type Preprocessing,
  render,
  trainingView,
} from '../../src/data/transforms.js';
import { random } from '../../src/random/index.js';
import { drawing, picture, temporaryFolder, userError, write } from './fixtures.js';

const [HEIGHT, WIDTH] = [32, 48];
const reference = picture(HEIGHT, WIDTH);
const gray = withChannels(reference, 3, 1);
const upright = () => drawing(HEIGHT, WIDTH);
const uprightGray = () => sharp(gray, { raw: { height: HEIGHT, width: WIDTH, channels: 1 } }).toColourspace('b-w');

const folder = await temporaryFolder();

/** Mean absolute difference, in gray levels. */
function difference(image: Decoded, expected: Uint8Array): number {
  assert.equal(image.data.length, expected.length);
  return image.data.reduce((sum, value, i) => sum + Math.abs(value - (expected[i] as number)), 0) / expected.length;
}

/** Name -> how the drawing is written, what must come back and how far off it may be. */
const KINDS: { readonly [file: string]: readonly [made: () => Sharp, expected: Uint8Array, tolerance: number] } = {
  'colour.png': [() => upright().png(), reference, 0],
  'palette.png': [() => upright().png({ palette: true, colours: 256 }), reference, 8],
  'gray.png': [() => uprightGray().png(), gray, 0],
  'sixteen bits.png': [() => upright().toColourspace('rgb16').png(), reference, 1],
  'gray sixteen bits.png': [() => uprightGray().toColourspace('grey16').png(), gray, 1],
  'colour.jpg': [() => upright().jpeg({ quality: 95 }), reference, 3],
  'gray.JPG': [() => uprightGray().jpeg({ quality: 95 }), gray, 2],
  'progressive.jpeg': [() => upright().jpeg({ quality: 95, progressive: true }), reference, 3],
  'cmyk.jpg': [() => upright().toColourspace('cmyk').jpeg({ quality: 95 }), reference, 30],
  'colour.webp': [() => upright().webp({ lossless: true }), reference, 1],
  'colour.gif': [() => upright().gif(), reference, 12],
  'colour.avif': [() => upright().avif({ quality: 90, effort: 0 }), reference, 6],
  'colour.tif': [() => upright().tiff({ compression: 'lzw' }), reference, 0],
  'jpeg in tiff.tiff': [() => upright().tiff({ compression: 'jpeg', quality: 95 }), reference, 4],
};

describe('every format and kind of colour becomes 8-bit sRGB', () => {
  for (const [file, [made, expected, tolerance]] of Object.entries(KINDS))
    test(file, async () => {
      const path = await write(join(folder, file), await made().toBuffer());
      const image = await decodeImage(path);
      assert.deepEqual([image.height, image.width, image.channels], [HEIGHT, WIDTH, 3]);
      const colours = expected.length === reference.length ? expected : withChannels(expected, 1, 3);
      assert.ok(difference(image, colours) <= tolerance, `differs by ${difference(image, colours)}`);
      const one = await decodeImage(path, { channels: 1 });
      assert.deepEqual(one.data, withChannels(image.data, 3, 1));
    });
});

test('what is transparent becomes white', async () => {
  const pixels = Buffer.from([255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 128]);
  for (const format of ['png', 'webp', 'tiff'] as const) {
    const bytes = await sharp(pixels, { raw: { width: 3, height: 1, channels: 4 } })
      .toFormat(format, { lossless: true, compression: 'lzw' })
      .toBuffer();
    const { data } = await decodeImage(bytes);
    assert.deepEqual([...data.subarray(0, 6)], [255, 0, 0, 255, 255, 255], format);
    assert.ok(Math.abs((data[6] as number) - 127) <= 1, format);
  }
});

/** Pixel of the upright picture that is stored at (row, column), by EXIF orientation (TIFF 6.0, section 8, 'Orientation'). */
const ORIENTATIONS: readonly ((row: number, column: number) => readonly [row: number, column: number])[] = [
  (row, column) => [row, column],
  (row, column) => [row, WIDTH - 1 - column],
  (row, column) => [HEIGHT - 1 - row, WIDTH - 1 - column],
  (row, column) => [HEIGHT - 1 - row, column],
  (row, column) => [column, row],
  (row, column) => [column, WIDTH - 1 - row],
  (row, column) => [HEIGHT - 1 - column, WIDTH - 1 - row],
  (row, column) => [HEIGHT - 1 - column, row],
];

describe('all EXIF orientations come out upright', () => {
  for (const [i, uprightOf] of ORIENTATIONS.entries())
    test(`orientation ${i + 1}`, async () => {
      const [height, width] = i < 4 ? [HEIGHT, WIDTH] : [WIDTH, HEIGHT];
      const stored = Buffer.alloc(reference.length);
      for (let at = 0; at < height * width; at++) {
        const [row, column] = uprightOf(Math.floor(at / width), at % width);
        reference.copy(stored, at * 3, (row * WIDTH + column) * 3, (row * WIDTH + column + 1) * 3);
      }
      const image = sharp(stored, { raw: { height, width, channels: 3 } }).withMetadata({ orientation: i + 1 });
      const decoded = await decodeImage(await image.png().toBuffer());
      assert.deepEqual(
        [decoded.height, decoded.width, decoded.full],
        [HEIGHT, WIDTH, { height: HEIGHT, width: WIDTH }],
      );
      assert.deepEqual(Buffer.from(decoded.data), reference);
    });
});

test('of an animation the first frame is taken', async () => {
  const frames = Buffer.concat([picture(16, 16, 0), picture(16, 16, 255)]);
  for (const format of ['gif', 'webp'] as const) {
    const raw = { width: 16, height: 32, channels: 3, pageHeight: 16 } as const;
    const bytes = await sharp(frames, { raw }).toFormat(format, { loop: 0 }).toBuffer();
    assert.equal((await sharp(bytes).metadata()).pages, 2);
    const image = await decodeImage(bytes);
    assert.deepEqual([image.height, image.width], [16, 16]);
    assert.ok(difference(image, picture(16, 16, 0)) < 15, format);
  }
});

test('a reduction gives a smaller picture of the same', async () => {
  const [height, width] = [300, 403];
  const bytes = await drawing(height, width).jpeg({ quality: 95 }).withMetadata({ orientation: 6 }).toBuffer();
  for (const reduction of REDUCTIONS) {
    const image = await decodeImage(bytes, { reduction: () => reduction });
    assert.deepEqual(image.full, { height: width, width: height });
    assert.deepEqual([image.height, image.width], [Math.floor(width / reduction), Math.floor(height / reduction)]);
    assert.equal(image.reduction, reduction);
  }
  const tiny = await decodeImage(await drawing(5, 400).png().toBuffer(), { reduction: () => 12 });
  assert.deepEqual([tiny.height, tiny.width, tiny.reduction], [5, 400, 1]);
});

describe('decoded in part, an image shows what it shows decoded whole', () => {
  const [height, width] = [150, 203];
  /** EXIF orientation -> how large the image is in its file. */
  const stored = new Map([
    [1, drawing(height, width)],
    [6, drawing(width, height)],
    [7, drawing(width, height)],
  ]);
  const settings = (['bilinear', 'bicubic', 'nearest'] as const).flatMap((interpolation) =>
    [16, 96].map((side): Preprocessing => ({ size: [side, side], channels: 3, cropRatio: 0.875, interpolation })),
  );
  const augmentations: readonly (Augmentation | undefined)[] = [
    undefined,
    { scale: [0.08, 1], flip: 0.5 },
    { padding: 4, flip: 0.5 },
  ];

  for (const [orientation, image] of stored)
    test(`orientation ${orientation}, every filter, made smaller or not`, async () => {
      const bytes = await image.jpeg({ quality: 95 }).withMetadata({ orientation }).toBuffer();
      let parts = 0;
      for (const preprocessing of settings)
        for (const [i, augmentation] of Array.from({ length: 12 }, (_, i) => [i, augmentations[i % 3]] as const)) {
          const viewOf = (full: Size) =>
            augmentation
              ? trainingView(full, preprocessing, { augmentation, random: random('part', i) })
              : evaluationView(full, preprocessing);
          const { part, ...whole } = decodingFor(viewOf, preprocessing);
          const pictures = await Promise.all(
            [whole, { ...whole, part }].map(async (options) => {
              const decoded = await decodeImage(bytes, options);
              assert.deepEqual(decoded.full, { height, width });
              if (decoded.within) parts++;
              const into = new Uint8Array(preprocessing.size[0] * preprocessing.size[1] * 3);
              render(decoded, { view: viewOf(decoded.full), preprocessing }, into);
              return into;
            }),
          );
          assert.deepEqual(pictures[1], pictures[0]);
        }
      assert.ok(parts >= (orientation === 1 ? 1 : 0.5) * settings.length * 12, `${parts} parts`);
    });

  test('no part of a JPEG that is cut short, and all of what is no JPEG', async () => {
    const part = () => ({ top: 3, left: 5, height: 7, width: 11 });
    const jpeg = await drawing(height, width).jpeg().toBuffer();
    const { within, ...decoded } = await decodeImage(jpeg, { part });
    assert.deepEqual([decoded.height, decoded.width, within], [7, 11, { height, width, top: 3, left: 5 }]);
    await assert.rejects(decodeImage(jpeg.subarray(0, -20), { part, name: 'cut' }), userError('cut', 'truncated'));
    const png = await decodeImage(await drawing(height, width).png().toBuffer(), { part });
    assert.deepEqual([png.height, png.width, png.within], [height, width, undefined]);
  });
});

describe('what cannot be decoded is named with the reason', () => {
  const rejects = (file: string, ...parts: string[]) =>
    assert.rejects(decodeImage(join(folder, file)), (error: Error) => {
      assert.ok(!error.message.includes('\n'), 'one line');
      return userError(join(folder, file), ...parts)(error);
    });

  for (const format of ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const)
    test(`truncated ${format}`, async () => {
      // Noise, so that half of the bytes is half of the picture in every format.
      const noise = sharp({
        create: {
          width: 200,
          height: 200,
          channels: 3,
          background: '#888',
          noise: { type: 'gaussian', mean: 128, sigma: 60 },
        },
      });
      const whole = await noise.toFormat(format, format === 'avif' ? { effort: 0 } : {}).toBuffer();
      await write(join(folder, `half.${format}`), whole.subarray(0, whole.length / 2));
      await rejects(`half.${format}`, format === 'tiff' ? 'only a piece' : 'truncated or damaged');
      await write(join(folder, `head.${format}`), whole.subarray(0, 20));
      await rejects(`head.${format}`, 'it is ');
    });

  test('truncated JPEG says so', () => rejects('half.jpeg', 'truncated'));
  test('text named .jpg', async () => {
    await write(join(folder, 'text.jpg'), 'This is no image.\n');
    await rejects('text.jpg', 'not an image of a known format');
  });
  test('an SVG named .png', async () => {
    await write(join(folder, 'svg.png'), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    await rejects('svg.png', 'SVG');
  });
  test('an empty file', async () => {
    await write(join(folder, 'empty.png'), '');
    await rejects('empty.png', '0 bytes');
  });
  test('a missing file', () => rejects('missing.png', 'does not exist'));
  test('a folder', async () => {
    await write(join(folder, 'folder.png', 'inside'), '');
    await rejects('folder.png', 'it is a folder');
  });
  test('more pixels than the limit, without decoding them', async () => {
    const path = await write(join(folder, 'huge.png'), hugePng());
    assert.ok((await readFile(path)).length < 2e6);
    const before = process.memoryUsage().rss;
    await rejects('huge.png', '40000 x 40000 pixels', 'limit of 100 million');
    assert.ok(process.memoryUsage().rss - before < 100e6);
  });
});

/** The checksum of PNG chunks: https://www.w3.org/TR/png-3/#D-CRCAppendix. */
function crc(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc(named));
  return Buffer.concat([length, named, sum]);
}

/** A whole, black PNG of 40,000 x 40,000 pixels at one bit each; libvips would take a minute and a half to make it. */
function hugePng(): Buffer {
  const side = 40_000;
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]); // one bit, gray
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  const rows = deflateSync(Buffer.alloc(side * (1 + side / 8)), { level: 1 });
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}
