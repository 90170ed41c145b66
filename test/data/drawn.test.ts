import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { CLASSES, drawImage, drawnDataset, writeDrawnFolder } from '../../src/data/drawn/index.js';
import { SHAPES } from '../../src/data/drawn/shapes.js';
import { UserError } from '../../src/errors.js';
import { random } from '../../src/random/index.js';

const SIZE = 32;
const BYTES = SIZE * SIZE * 3;

const pixelsOf = (count: number, seed = 0): Uint8Array => {
  const { source } = drawnDataset({ train: count, validation: 1, seed }).train;
  assert.equal(source.kind, 'raster');
  return source.kind === 'raster' ? source.pixels : new Uint8Array();
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Standard deviation over the image, of the colour channel that varies most. */
const contrast = (image: Uint8Array): number =>
  Math.max(
    ...[0, 1, 2].map((channel) => {
      const values = Array.from({ length: image.length / 3 }, (_, i) => image[3 * i + channel]!);
      const middle = mean(values);
      return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
    }),
  );

/** Share of the unit disc's square that a shape covers. */
const area = (shape: (x: number, y: number) => number): number => {
  const at = Array.from({ length: 100 }, (_, i) => (2 * i + 1) / 100 - 1);
  return mean(at.flatMap((y) => at.map((x) => (shape(x, y) < 0 ? 1 : 0))));
};

test('classes are sorted by name, as those of an image folder are', () => {
  assert.equal(CLASSES.length, 10);
  assert.deepEqual([...CLASSES], [...CLASSES].sort());
});

test('shapes fill a good part of the unit disc and stay inside it', () => {
  for (const [name, shape] of Object.entries(SHAPES)) {
    const share = area(shape);
    assert.ok(share > 0.15 && share < 0.8, `${name} covers ${share} of its square`);
    for (let i = 0; i < 360; i++)
      assert.ok(shape(1.02 * Math.cos(i), 1.02 * Math.sin(i)) > 0, `${name} leaves the disc at ${i} radians`);
  }
});

test('distances are distances: zero on the outline, and their gradient is one', () => {
  assert.ok(Math.abs(SHAPES.circle(0.6, 0.8)) < 1e-12);
  assert.ok(Math.abs(SHAPES.square(0.5, 0.5)) < 1e-12);
  assert.ok(Math.abs(SHAPES.square(0, 0) + Math.SQRT1_2) < 1e-12);
  assert.ok(Math.abs(SHAPES.square(2, 0) - 1) < 1e-12);
  const { uniform } = random('distances');
  for (const shape of [SHAPES.arrow, SHAPES.cross, SHAPES.heart, SHAPES.star, SHAPES.triangle])
    for (let i = 0; i < 50; i++) {
      const [x, y, step] = [uniform() * 2 - 1, uniform() * 2 - 1, 1e-6];
      const slope = Math.hypot(shape(x + step, y) - shape(x - step, y), shape(x, y + step) - shape(x, y - step));
      assert.ok(Math.abs(slope / (2 * step) - 1) < 1e-3, `slope ${slope / (2 * step)} at ${x}, ${y}`);
    }
});

test('an image depends on its class, its stream and its size alone', () => {
  const draw = () => drawImage(4, random(7, 'image'), SIZE);
  const first = draw();
  drawImage(2, random(8), 48);
  assert.deepEqual(draw(), first);
  assert.equal(first.length, BYTES);
  assert.notDeepEqual(drawImage(4, random(8, 'image'), SIZE), first);
  assert.notDeepEqual(drawImage(5, random(7, 'image'), SIZE), first);
});

test('a longer set begins like a shorter one; seeds and splits differ', () => {
  assert.deepEqual(pixelsOf(40).subarray(0, 20 * BYTES), pixelsOf(20));
  assert.notDeepEqual(pixelsOf(20, 1), pixelsOf(20));
  const { train, validation } = drawnDataset({ train: 20, validation: 20 });
  assert.notDeepEqual(train.source, { ...validation.source, name: train.name });
});

test('sets are balanced, labelled and shared', () => {
  const { train, validation, warnings } = drawnDataset({ train: 200, validation: 50, size: 16 });
  assert.deepEqual([train.length, validation.length, warnings], [200, 50, []]);
  assert.deepEqual(train.classes, CLASSES);
  for (const id of CLASSES.keys())
    assert.equal(Array.from({ length: 200 }, (_, i) => train.label(i)).filter((label) => label === id).length, 20);
  assert.ok(train.source.kind === 'raster' && train.source.pixels.buffer instanceof SharedArrayBuffer);
  assert.match(validation.describe(17), /drawn validation #17/);
});

test('no two images are alike, every one shows something, and the whole range is used', () => {
  const pixels = pixelsOf(1000);
  const images = Array.from({ length: 1000 }, (_, i) => pixels.subarray(i * BYTES, (i + 1) * BYTES));
  assert.equal(new Set(images.map((image) => Buffer.from(image).toString('latin1'))).size, 1000);
  const contrasts = images.map(contrast);
  assert.ok(Math.min(...contrasts) > 10, `faintest image: ${Math.min(...contrasts)}`);
  assert.ok(mean(contrasts) > 25, `mean contrast: ${mean(contrasts)}`);
  const brightness = mean([...pixels]);
  assert.ok(brightness > 85 && brightness < 170, `mean brightness: ${brightness}`);
});

test('the mean image of a class tells next to nothing: place, colour and texture are independent of it', () => {
  const pixels = pixelsOf(2000);
  const sums = CLASSES.map(() => new Float64Array(BYTES));
  for (let i = 0; i < 2000; i++)
    for (let at = 0; at < BYTES; at++) sums[i % CLASSES.length]![at]! += pixels[i * BYTES + at]!;
  const levels = sums.map((sum) => sum.reduce((total, value) => total + value, 0) / BYTES / 200);
  assert.ok(Math.max(...levels) - Math.min(...levels) < 25, `brightness by class: ${levels}`);
});

test('bad requests are answered plainly', () => {
  assert.throws(() => drawImage(10, random(), 32), UserError);
  assert.throws(() => drawImage(0, random(), 4), /at least 8/);
  assert.throws(() => drawnDataset({ train: 0, validation: 1 }), UserError);
  assert.throws(() => drawnDataset({ train: 1.5, validation: 1 }), UserError);
});

test('a folder of examples: one PNG of every class, nothing else', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'resmirror-drawn-'));
  try {
    const paths = await writeDrawnFolder(join(dir, 'new'), { size: 40 });
    assert.deepEqual(
      paths.map((path) => basename(path)),
      CLASSES.map((name) => `${name}-1.png`),
    );
    assert.equal((await readdir(join(dir, 'new'))).length, 10);
    const { width, height, channels } = await sharp(paths[0]).metadata();
    assert.deepEqual({ width, height, channels }, { width: 40, height: 40, channels: 3 });
  } finally {
    await rm(dir, { recursive: true });
  }
});
