/** What chance does to images: policies, jitter, erasing, flips, and the streams they draw from. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drawErased, erase } from '../../src/data/augment/erase.js';
import { augment } from '../../src/data/augment/index.js';
import { drawJitter, jitterAdjustments } from '../../src/data/augment/jitter.js';
import { operations } from '../../src/data/augment/operations.js';
import { type Drawn, drawOperations, type Policy } from '../../src/data/augment/policy.js';
import { spaces } from '../../src/data/augment/spaces.js';
import type { Pixels } from '../../src/data/pixels.js';
import type { Augmentation } from '../../src/data/transforms.js';
import { random } from '../../src/random/index.js';
import { picture } from './fixtures.js';

const size = { height: 20, width: 24 };
const mean = [0.1, 0.5, 0.9];
const image = (): Pixels & { data: Buffer } => ({ data: picture(20, 24), ...size, channels: 3 });

const augmented = (augmentation: Omit<Augmentation, 'flip'>, index = 0): Uint8Array => {
  const { data, ...rest } = image();
  augment({ data, ...rest }, { flip: 0, ...augmentation }, { stream: [7, 'augment', 0, index], mean });
  return data;
};

/** What a policy draws for each of `count` images. */
const draws = (policy: Policy, count: number) =>
  Array.from({ length: count }, (_, i) => drawOperations(policy, size, random(7, 'policy', i)));

/** Asserts that every value comes about equally often: within five standard deviations. */
function assertUniform(values: readonly unknown[], kinds: number): void {
  const counts = new Map<unknown, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const expected = values.length / kinds;
  assert.equal(counts.size, kinds);
  for (const [value, count] of counts)
    assert.ok(Math.abs(count - expected) < 5 * Math.sqrt(expected), `${value}: ${count} of ${values.length}`);
}

const shears = (drawn: readonly Drawn[]) => drawn.filter(({ operation }) => operation === 'ShearX');

describe('policies', () => {
  test('randaugment draws so many operations, each equally often, at one magnitude of either sign', () => {
    const all = draws({ name: 'randaugment', operations: 3, magnitude: 20 }, 3000);
    for (const one of all) assert.equal(one.length, 3);
    const names = all.flat().map(({ operation }) => operation);
    assertUniform(names, 14);
    assert.deepEqual(new Set(names), new Set(Object.keys(spaces.randaugment(size))));
    const slopes = shears(all.flat()).map(({ magnitude }) => magnitude);
    assertUniform(slopes, 2);
    for (const slope of slopes) assert.ok(Math.abs(Math.abs(slope) - 0.2) < 1e-6, `${slope}`);
    for (const { operation, magnitude } of all.flat()) if (operation === 'Posterize') assert.equal(magnitude, 5); // 8 - round(20 / 7.5)
  });

  test('trivialaugment draws one operation, at any of 31 magnitudes', () => {
    const all = draws({ name: 'trivialaugment' }, 30_000);
    for (const one of all) assert.equal(one.length, 1);
    assertUniform(
      all.flat().map(({ operation }) => operation),
      14,
    );
    const slopes = shears(all.flat()).map(({ magnitude }) => Math.abs(magnitude));
    assertUniform(slopes, 31);
    assert.ok(Math.abs(Math.max(...slopes) - 0.99) < 1e-6);
  });

  test('are done to the image in the order drawn', () => {
    const policy = { name: 'randaugment', operations: 2, magnitude: 15 } as const;
    for (let index = 0; index < 20; index++) {
      const expected = image();
      for (const { operation, magnitude } of drawOperations(policy, size, random(7, 'augment', 0, index, 'policy')))
        operations[operation](expected, magnitude);
      assert.deepEqual(Buffer.from(augmented({ policy }, index)), expected.data);
    }
  });
});

describe('jitter', () => {
  const jitter = { brightness: 0.4, contrast: 1.5, saturation: 0, hue: 0.1 };

  test('draws factors around 1 but not below 0, hues around 0, and leaves out what has no amount', () => {
    const all = Array.from({ length: 2000 }, (_, i) => drawJitter(jitter, random(7, i)));
    const of = (name: string) => all.map((one) => one.find((each) => each.name === name)?.by ?? Number.NaN);
    for (const [name, least, most] of [
      ['brightness', 0.6, 1.4],
      ['contrast', 0, 2.5],
      ['hue', -0.1, 0.1],
    ] as const) {
      const [low, high, slack] = [Math.min(...of(name)), Math.max(...of(name)), (most - least) / 100];
      assert.ok(low >= least && low < least + slack, `${name}: ${low}`);
      assert.ok(high <= most && high > most - slack, `${name}: ${high}`);
    }
    assertUniform(
      all.map((one) => one.map(({ name }) => name).join()),
      6,
    );
  });
});

describe('erasing', () => {
  const full = { height: 60, width: 80 };
  const boxes = Array.from({ length: 4000 }, (_, i) => drawErased(full, 0.25, random(7, i)));
  const erased = boxes.filter((box) => box !== undefined);

  test('comes as often as asked, in shares and aspects within their range, inside the image', () => {
    assert.ok(Math.abs(erased.length / boxes.length - 0.25) < 0.03, `${erased.length}`);
    const shares = erased.map((box) => (box.height * box.width) / (60 * 80));
    const ratios = erased.map((box) => box.height / box.width);
    // whole pixels: half of one more or less each way
    for (const [at, box] of erased.entries()) {
      assert.ok((box.height - 0.5) * (box.width - 0.5) <= 0.33 * 4800, `${shares[at]}`);
      assert.ok((box.height + 0.5) * (box.width + 0.5) >= 0.02 * 4800, `${shares[at]}`);
      assert.ok((box.height - 0.5) / (box.width + 0.5) <= 3.3, `${ratios[at]}`);
      assert.ok((box.height + 0.5) / (box.width - 0.5) >= 0.3, `${ratios[at]}`);
      assert.ok(box.top >= 0 && box.left >= 0 && box.top + box.height <= 60 && box.left + box.width <= 80);
    }
    assert.ok(Math.min(...shares) < 0.03 && Math.max(...shares) > 0.31, 'the whole range comes');
    assert.ok(Math.min(...ratios) < 0.35 && Math.max(...ratios) > 2.8, 'the whole range comes');
  });

  test('fills the part, and nothing else, with the mean rounded to a byte', () => {
    const { data, ...rest } = image();
    erase({ data, ...rest }, { top: 3, left: 5, height: 4, width: 9 }, mean);
    for (let row = 0; row < 20; row++)
      for (let column = 0; column < 24; column++) {
        const at = (row * 24 + column) * 3;
        const inside = row >= 3 && row < 7 && column >= 5 && column < 14;
        const expected = inside ? Buffer.from([26, 128, 230]) : image().data.subarray(at, at + 3);
        assert.deepEqual(data.subarray(at, at + 3), expected, `${row},${column}`);
      }
  });
});

describe('each switch', () => {
  const indices = Array.from({ length: 24 }, (_, i) => i);
  const original = image().data;
  const upsideDown = Buffer.concat(
    Array.from({ length: 20 }, (_, row) => original.subarray((19 - row) * 72, (20 - row) * 72)),
  );
  const switches: Readonly<Record<string, Omit<Augmentation, 'flip'>>> = {
    flipVertical: { flipVertical: 0.5 },
    randaugment: { policy: { name: 'randaugment', operations: 2, magnitude: 9 } },
    trivialaugment: { policy: { name: 'trivialaugment' } },
    brightness: { jitter: { brightness: 0.5, contrast: 0, saturation: 0, hue: 0 } },
    contrast: { jitter: { brightness: 0, contrast: 0.5, saturation: 0, hue: 0 } },
    saturation: { jitter: { brightness: 0, contrast: 0, saturation: 0.5, hue: 0 } },
    hue: { jitter: { brightness: 0, contrast: 0, saturation: 0, hue: 0.3 } },
    erase: { erase: 0.5 },
  };

  test('left alone changes nothing', () => {
    assert.deepEqual(Buffer.from(augmented({})), original);
    const off = { flipVertical: 0, erase: 0, jitter: { brightness: 0, contrast: 0, saturation: 0, hue: 0 } };
    for (const index of indices) assert.deepEqual(Buffer.from(augmented(off, index)), original);
  });

  for (const [name, augmentation] of Object.entries(switches))
    test(`${name} changes images, each in its own way, and the same one always the same way`, () => {
      const all = indices.map((index) => Buffer.from(augmented(augmentation, index)));
      const changed = all.filter((one) => !one.equals(original));
      assert.ok(changed.length >= 6, `${changed.length} of ${all.length}`);
      if (name !== 'flipVertical') assert.ok(new Set(changed.map((one) => one.toString('hex'))).size > 4);
      assert.deepEqual(
        indices.map((index) => Buffer.from(augmented(augmentation, index))),
        all,
      );
    });

  test('flipVertical turns images upside down, as often as asked', () => {
    const all = Array.from({ length: 400 }, (_, index) => Buffer.from(augmented({ flipVertical: 0.3 }, index)));
    const turned = all.filter((one) => one.equals(upsideDown)).length;
    assert.equal(all.filter((one) => one.equals(original)).length, 400 - turned);
    assert.ok(Math.abs(turned / 400 - 0.3) < 0.1, `${turned}`);
  });

  test('leaves what the others draw', () => {
    const policy = { name: 'randaugment', operations: 2, magnitude: 9 } as const;
    for (const index of indices) {
      const plain = Buffer.from(augmented({ policy }, index));
      const erased = augmented({ policy, erase: 1, flipVertical: 0 }, index);
      const box = drawErased(size, 1, random(7, 'augment', 0, index, 'erase'));
      if (box) erase({ data: plain, ...size, channels: 3 }, box, mean);
      assert.deepEqual(Buffer.from(erased), plain);

      const turned = { data: Buffer.from(upsideDown), ...size, channels: 3 } as const;
      for (const { operation, magnitude } of drawOperations(policy, size, random(7, 'augment', 0, index, 'policy')))
        operations[operation](turned, magnitude);
      assert.deepEqual(Buffer.from(augmented({ policy, flipVertical: 1 }, index)), turned.data);
    }
  });

  test('has its turn: flip, policy, jitter, erase', () => {
    const policy = { name: 'trivialaugment' } as const;
    const jitter = { brightness: 1, contrast: 0.5, saturation: 0.5, hue: 0.1 };
    for (const index of indices) {
      const chance = (part: string) => random(7, 'augment', 0, index, part);
      const expected = { data: Buffer.from(upsideDown), ...size, channels: 3 } as const;
      for (const { operation, magnitude } of drawOperations(policy, size, chance('policy')))
        operations[operation](expected, magnitude);
      for (const { name, by } of drawJitter(jitter, chance('jitter'))) jitterAdjustments[name](expected, by);
      const box = drawErased(size, 1, chance('erase'));
      if (box) erase(expected, box, mean);
      assert.deepEqual(Buffer.from(augmented({ flipVertical: 1, policy, jitter, erase: 1 }, index)), expected.data);
    }
  });
});
