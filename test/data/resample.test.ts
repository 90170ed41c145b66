import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type Interpolation, resample } from '../../src/data/resample.js';

interface Goldens {
  readonly height: number;
  readonly width: number;
  readonly rows: readonly {
    readonly interpolation: Interpolation;
    readonly size: readonly [number, number];
    readonly box: readonly [left: number, top: number, right: number, bottom: number];
    /** Whether it is cut out first; not if not said. */
    readonly cut?: boolean;
    readonly pixels: string;
  }[];
}

// Made by pillow_resize.py beside it; this file runs as build/test/data/resample.test.js.
const goldens = new URL('../../../test/data/pillow-resize.json', import.meta.url);
const { height, width, rows }: Goldens = JSON.parse(readFileSync(goldens, 'utf8'));
const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * i * 31 + i * 7) % 256);

describe('resampling gives what Pillow and torchvision give, bit for bit', () => {
  for (const { interpolation, size, box, cut = false, pixels } of rows) {
    const [left, top, right, bottom] = box;
    test(`${interpolation} of (${box})${cut ? ', cut out,' : ''} to ${size.join(' x ')}`, () => {
      const part = { left, top, width: right - left, height: bottom - top };
      const ours = resample({ data, height, width, channels: 3 }, { box: part, cut, size, interpolation });
      assert.deepEqual(Buffer.from(ours), Buffer.from(pixels, 'base64'));
    });
  }
});

test('one channel is resampled like one of three', () => {
  const gray = data.filter((_, i) => i % 3 === 1);
  const options = { box: { top: 1, left: 2, height: 15, width: 17 }, size: [9, 6], interpolation: 'bicubic' } as const;
  const all = resample({ data, height, width, channels: 3 }, options);
  const one = resample({ data: gray, height, width, channels: 1 }, options);
  assert.deepEqual(
    one,
    all.filter((_, i) => i % 3 === 1),
  );
});
