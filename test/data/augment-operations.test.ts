/** Operations, the policies' spaces and what is erased against torchvision's, pixel for pixel. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { drawErased, erase } from '../../src/data/augment/erase.js';
import { type Jitter, jitterAdjustments } from '../../src/data/augment/jitter.js';
import { type OperationName, operations } from '../../src/data/augment/operations.js';
import { type Space, spaces } from '../../src/data/augment/spaces.js';
import type { Pixels } from '../../src/data/pixels.js';
import { random } from '../../src/random/index.js';

interface Goldens {
  readonly spaces: Record<keyof typeof spaces, Record<string, { signed: boolean; magnitudes: number[] }>>;
  readonly operations: { image: string; policy: keyof typeof spaces; operation: OperationName; pixels: string }[];
  readonly inverted: { image: string; pixels: string }[];
  readonly erasures: { image: string; box: [number, number, number, number]; fill: number[]; pixels: string }[];
  readonly regions: {
    size: [number, number];
    draws: number;
    deciles: Record<'share' | 'ratio' | 'top' | 'left', [value: number, below: number][]>;
  };
  readonly adjustments: { image: string; name: keyof Jitter; by: number; pixels: string }[];
}

// Made by torchvision_augment.py beside it; this file runs as build/test/data/augment-operations.test.js.
const file = new URL('../../../test/data/torchvision-augment.json', import.meta.url);
const goldens: Goldens = JSON.parse(readFileSync(file, 'utf8'));

/** The images of torchvision_augment.py. */
function noise(
  height: number,
  width: number,
  ...channels: readonly (readonly [least: number, range: number])[]
): Pixels {
  const data = Uint8Array.from({ length: height * width * channels.length }, (_, i) => {
    const [least, range] = channels[i % channels.length] as readonly [number, number];
    return least + (((Math.imul(i, 0x9e3779b1) >>> 24) * range) >> 8);
  });
  return { data, height, width, channels: channels.length as 1 | 3 };
}

function cube(side: number): Pixels {
  const level = (i: number, channel: number) => 5 * (Math.floor(i / side ** (2 - channel)) % side);
  const data = Uint8Array.from({ length: side ** 3 * 3 }, (_, i) => level(Math.floor(i / 3), i % 3));
  return { data, height: side * side, width: side, channels: 3 };
}

const images: Readonly<Record<string, Pixels>> = {
  colour: noise(20, 24, [40, 180], [0, 256], [90, 90]),
  square: noise(16, 16, [0, 256], [20, 100], [100, 1]),
  tiny: noise(2, 3, [0, 256], [10, 200], [30, 60]),
  gray: noise(20, 24, [25, 140]),
  cube: cube(52),
};

/** Digest of what `change` makes of the image for each of `amounts`. */
function digest(name: string, amounts: readonly number[], change: (image: Pixels, amount: number) => void): string {
  const hash = createHash('sha256');
  for (const amount of amounts) {
    const image = images[name] as Pixels;
    const copy = { ...image, data: image.data.slice() };
    change(copy, amount);
    hash.update(copy.data);
  }
  return hash.digest('hex').slice(0, 16);
}

const close = (one: number, other: number) => Math.abs(one - other) <= 2 ** -22 * Math.abs(other);

for (const policy of ['randaugment', 'trivialaugment'] as const)
  test(`the space of ${policy} is torchvision's`, () => {
    const space: Space = spaces[policy]({ height: 20, width: 24 });
    assert.deepEqual(Object.keys(space), Object.keys(goldens.spaces[policy]));
    for (const [operation, row] of Object.entries(goldens.spaces[policy])) {
      const { of, signed } = space[operation as OperationName] as NonNullable<Space[OperationName]>;
      assert.equal(signed, row.signed, operation);
      // PyTorch rounds by vector or one by one, as the processor's registers have it
      for (const [bin, magnitude] of row.magnitudes.entries())
        assert.ok(close(of(bin), magnitude), `${operation} ${bin}: ${of(bin)}, not ${magnitude}`);
    }
  });

describe('each operation gives the pixels of torchvision, at every magnitude of its space', () => {
  for (const { image, policy, operation, pixels } of goldens.operations)
    test(`${operation} of ${policy}: ${image}`, () => {
      const { magnitudes, signed } = goldens.spaces[policy][operation] as Goldens['spaces'][typeof policy][string];
      const amounts = signed ? magnitudes.flatMap((magnitude) => [magnitude, -magnitude]) : magnitudes;
      assert.equal(digest(image, amounts, operations[operation]), pixels);
    });
  for (const { image, pixels } of goldens.inverted)
    test(`Invert: ${image}`, () => assert.equal(digest(image, [0], operations.Invert), pixels));
});

describe('each adjustment gives the pixels of torchvision', () => {
  for (const { image, name, by, pixels } of goldens.adjustments)
    test(`${name} by ${by}: ${image}`, () => assert.equal(digest(image, [by], jitterAdjustments[name]), pixels));
});

describe('erasing gives the pixels of torchvision', () => {
  for (const { image, box, fill, pixels } of goldens.erasures)
    test(image, () => {
      const [top, left, height, width] = box;
      const mean = fill.map((value) => value / 255);
      assert.equal(
        digest(image, [0], (one) => erase(one, { top, left, height, width }, mean)),
        pixels,
      );
    });
});

test("the parts to erase are distributed as torchvision's: shares of the area, aspects and places", () => {
  const [height, width] = goldens.regions.size;
  const boxes = Array.from({ length: 4000 }, (_, i) => drawErased({ height, width }, 1, random('regions', i))!);
  const quantities = {
    share: boxes.map((box) => (box.height * box.width) / (height * width)),
    ratio: boxes.map((box) => box.height / box.width),
    top: boxes.map((box) => box.top / (height - box.height)),
    left: boxes.map((box) => box.left / (width - box.width)),
  };
  for (const [name, deciles] of Object.entries(goldens.regions.deciles))
    for (const [value, expected] of deciles) {
      const below = quantities[name as keyof typeof quantities].filter((each) => each <= value).length / boxes.length;
      const error = Math.sqrt(expected * (1 - expected) * (1 / boxes.length + 1 / goldens.regions.draws));
      assert.ok(Math.abs(below - expected) < 4 * error, `${name} up to ${value}: ${below}, not ${expected}`);
    }
});
