import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resample } from '../../src/data/resample.js';
import {
  type Augmentation,
  evaluationView,
  type Preprocessing,
  reductionFor,
  render,
  trainingView,
} from '../../src/data/transforms.js';
import { random } from '../../src/random/index.js';
import { picture } from './fixtures.js';

const preprocessing: Preprocessing = { size: [32, 32], channels: 3, cropRatio: 1, interpolation: 'bilinear' };
const square = { data: picture(32, 32), height: 32, width: 32, channels: 3 } as const;

const shown = (image: typeof square, view: ReturnType<typeof evaluationView>, settings = preprocessing): Uint8Array => {
  const into = new Uint8Array(settings.size[0] * settings.size[1] * settings.channels);
  render(image, { view, preprocessing: settings }, into);
  return into;
};

const draw = (augmentation: Augmentation, count: number, full = { height: 90, width: 60 }, settings = preprocessing) =>
  Array.from({ length: count }, (_, i) =>
    trainingView(full, settings, { augmentation, random: random(7, 'augment', 0, i) }),
  );

test('an image of the right size is passed through untouched', () => {
  const view = evaluationView(square, preprocessing);
  assert.deepEqual(view, {
    box: { top: 0, left: 0, height: 32, width: 32 },
    cut: false,
    shift: [0, 0],
    mirrored: false,
  });
  assert.deepEqual(Buffer.from(shown(square, view)), square.data);
});

test('evaluation takes the middle: 224 of 256 at crop ratio 0.875, any target aspect', () => {
  const settings: Preprocessing = { ...preprocessing, size: [224, 224], cropRatio: 0.875 };
  assert.deepEqual(evaluationView({ height: 512, width: 768 }, settings).box, {
    top: 32,
    left: 160,
    height: 448,
    width: 448,
  });
  const wide: Preprocessing = { ...preprocessing, size: [100, 200] };
  assert.deepEqual(evaluationView({ height: 200, width: 300 }, wide).box, {
    top: 25,
    left: 0,
    height: 150,
    width: 300,
  });
});

test('random parts keep to the shares of area and the aspects that are asked for', () => {
  const [width, height] = [60, 90];
  for (const { box } of draw({ scale: [0.08, 1], flip: 0 }, 500)) {
    const share = (box.height * box.width) / (height * width);
    const aspect = box.width / box.height;
    assert.ok(share > 0.07 && share <= 1, `share ${share}`);
    assert.ok(aspect > 0.7 && aspect < 1.42, `aspect ${aspect}`);
    assert.ok(box.top >= 0 && box.left >= 0 && box.top + box.height <= height && box.left + box.width <= width);
  }
  const settings: Preprocessing = { ...preprocessing, size: [32, 64] };
  for (const { box } of draw({ scale: [0.1, 0.3], ratio: [1, 1], flip: 0 }, 50, { height: 200, width: 200 }, settings))
    assert.ok(Math.abs(box.width / box.height - 2) < 0.05, 'the aspect is relative to the target');
});

test('an image of an extreme shape falls back to its middle, of an aspect that is allowed, as by RandomResizedCrop', () => {
  const [lying] = draw({ scale: [0.9, 1], flip: 0 }, 1, { height: 10, width: 1000 });
  assert.deepEqual(lying?.box, { top: 0, left: 493, height: 10, width: 13 });
  const [standing] = draw({ scale: [0.9, 1], flip: 0 }, 1, { height: 1000, width: 10 });
  assert.deepEqual(standing?.box, { top: 493, left: 0, height: 13, width: 10 });
});

test('a random part is cut out before it is resized; the middle is not, as by Resize and CenterCrop', () => {
  const [view] = draw({ scale: [0.1, 0.3], flip: 0 }, 1, square);
  assert.equal(view!.cut, true);
  const { box } = view!;
  const ofPart = (cut: boolean) => resample(square, { box, cut, size: [32, 32], interpolation: 'bilinear' });
  assert.deepEqual(shown(square, view!), ofPart(true));
  assert.notDeepEqual(ofPart(true), ofPart(false));
});

test('flips come as often as asked and mirror the image', () => {
  const views = draw({ flip: 0.25 }, 2000);
  const share = views.filter(({ mirrored }) => mirrored).length / views.length;
  assert.ok(Math.abs(share - 0.25) < 0.03, `${share}`);
  const plain = evaluationView(square, preprocessing);
  const mirrored = shown(square, { ...plain, mirrored: true });
  for (let at = 0; at < 32 * 32; at++) {
    const from = at - (at % 32) + 31 - (at % 32);
    assert.deepEqual(Buffer.from(mirrored.subarray(at * 3, at * 3 + 3)), square.data.subarray(from * 3, from * 3 + 3));
  }
});

test('padding moves every distance equally often, and zeros move in', () => {
  const seen = new Map<number, number>();
  for (const { shift } of draw({ padding: 2, flip: 0 }, 2500))
    for (const each of shift) seen.set(each, (seen.get(each) ?? 0) + 1);
  assert.deepEqual(
    [...seen.keys()].sort((a, b) => a - b),
    [-2, -1, 0, 1, 2],
  );
  for (const count of seen.values()) assert.ok(Math.abs(count - 1000) < 120, `${count}`);
  const plain = evaluationView(square, preprocessing);
  for (const [down, right] of [
    [3, -2],
    [-4, 4],
    [0, 0],
  ] as const)
    for (const mirrored of [false, true]) {
      const moved = shown(square, { ...plain, shift: [down, right], mirrored });
      for (let row = 0; row < 32; row++)
        for (let column = 0; column < 32; column++) {
          const [y, x] = [row - down, (mirrored ? 31 - column : column) - right];
          const inside = y >= 0 && y < 32 && x >= 0 && x < 32;
          const expected = inside ? square.data.subarray((y * 32 + x) * 3, (y * 32 + x) * 3 + 3) : Buffer.alloc(3);
          const at = (row * 32 + column) * 3;
          assert.deepEqual(Buffer.from(moved.subarray(at, at + 3)), expected, `${row},${column} of ${down},${right}`);
        }
    }
});

test('a small image is resized first and then moved', () => {
  const small = { data: picture(28, 28), height: 28, width: 28, channels: 3 } as const;
  const plain = evaluationView(small, preprocessing);
  const whole = resample(small, { box: plain.box, size: [32, 32], interpolation: 'bilinear' });
  const into = new Uint8Array(32 * 32 * 3);
  render(small, { view: { ...plain, shift: [1, 0] }, preprocessing }, into);
  assert.deepEqual(into.subarray(32 * 3), whole.subarray(0, 31 * 32 * 3));
  assert.deepEqual(into.subarray(0, 32 * 3), new Uint8Array(32 * 3));
});

test('colour becomes gray and gray colour', () => {
  const view = evaluationView(square, preprocessing);
  const gray = shown(square, view, { ...preprocessing, channels: 1 });
  assert.deepEqual([gray.length, gray[0]], [1024, Math.round(0.114 * 200)]);
  const into = new Uint8Array(32 * 32 * 3);
  render({ data: gray, height: 32, width: 32, channels: 1 }, { view, preprocessing }, into);
  assert.deepEqual([...into.subarray(3 * 500, 3 * 501)], new Array(3).fill(gray[500]));
});

test('large images may be decoded smaller, as long as two pixels are left for one', () => {
  const reductions = [100, 383, 384, 768, 1536, 9999].map((side) =>
    reductionFor({ top: 0, left: 0, height: side, width: 2 * side }, [64, 64]),
  );
  assert.deepEqual(reductions, [1, 1, 3, 6, 12, 12]);
});
