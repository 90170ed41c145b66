/** What the discriminator sees: each change against plain loops, and gradients that come back to where pixels came from. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { backward } from '../../src/autodiff/index.js';
import { input, mul, reduceSum } from '../../src/graph/index.js';
import { augmented, Build, type DifferentiableAugmentation } from '../../src/nn/index.js';
import { float32, openRuntime } from '../../src/runtime/index.js';

const runtime = openRuntime({ threads: 1 });
after(() => runtime.close());

const [n, c, h, w] = [2, 3, 8, 16] as const;
const shape = [n, c, h, w];
const size = n * c * h * w;
const image = Float32Array.from({ length: size }, (_, i) => 0.5 + 0.5 * Math.sin(i * 0.7 + i * i * 0.01));
const weights = Float32Array.from({ length: size }, (_, i) => Math.cos(i));

type Draws = Readonly<Record<string, readonly [number, number]>>;

/** The images after some changes, and the gradient of a weighted sum of theirs for the images before. */
async function changed(kinds: readonly DifferentiableAugmentation[], draws: Draws) {
  const build = new Build({ training: true });
  const [x, by] = [input('x', shape), input('by', shape)];
  const y = augmented(x, kinds, build);
  assert.deepEqual([...build.chances.keys()].sort(), Object.keys(draws).sort());
  const [slope] = backward(reduceSum(mul(y, by)), [x]);
  const program = await runtime.compile({ name: 'changes', outputs: { y, slope: slope! } });
  const chances = Object.fromEntries(
    Object.entries(draws).map(([name, values]) => [name, float32(Float32Array.from(values), [n, 1, 1, 1])]),
  );
  const made = await program.run({ x: float32(image, shape), by: float32(weights, shape), ...chances });
  await program.release();
  return { y: made.y!.data as Float32Array, slope: made.slope!.data as Float32Array };
}

const at = (i: number, k: number, row: number, column: number) => ((i * c + k) * h + row) * w + column;

/** For every pixel: image, channel, row, column. */
function* places(): Generator<readonly [number, number, number, number]> {
  for (let i = 0; i < n; i++)
    for (let k = 0; k < c; k++)
      for (let row = 0; row < h; row++) for (let column = 0; column < w; column++) yield [i, k, row, column];
}

const near = (a: number, b: number, what: string) => assert.ok(Math.abs(a - b) < 1e-5, `${what}: ${a} instead of ${b}`);

describe('differentiable augmentation', () => {
  it('shifts whole pixels, with gray behind', async () => {
    const draws = { 'vertical shift': [1, -1], 'horizontal shift': [-2, 2] } as const;
    const { y, slope } = await changed(['translation'], draws);
    const expected = new Float32Array(size);
    for (const [i, k, row, column] of places()) {
      // the pixel that is seen here lies so far further down and, since columns are picked from the right, to the left
      const [from, across] = [row + draws['vertical shift'][i]!, column - draws['horizontal shift'][i]!];
      const inside = from >= 0 && from < h && across >= 0 && across < w;
      near(y[at(i, k, row, column)]!, inside ? image[at(i, k, from, across)]! : 0.5, `pixel ${[i, k, row, column]}`);
      if (inside) expected[at(i, k, from, across)] = weights[at(i, k, row, column)]!;
    }
    slope.forEach((value, i) => {
      near(value, expected[i]!, `gradient ${i}`);
    });
  });

  it('cuts a gray square of half the sides', async () => {
    const draws = { 'vertical cut': [0, 5], 'horizontal cut': [8, 16] } as const;
    const { y, slope } = await changed(['cutout'], draws);
    let cut = 0;
    for (const [i, k, row, column] of places()) {
      const [below, right] = [row - draws['vertical cut'][i]!, column - draws['horizontal cut'][i]!];
      const gone = below >= -h / 4 && below < h / 4 && right >= -w / 4 && right < w / 4;
      if (gone) cut++;
      const place = at(i, k, row, column);
      near(y[place]!, gone ? 0.5 : image[place]!, `pixel ${[i, k, row, column]}`);
      near(slope[place]!, gone ? 0 : weights[place]!, `gradient ${[i, k, row, column]}`);
    }
    assert.equal(cut, c * ((h / 4) * (w / 2) + (h / 2) * (w / 4))); // the first is cut above, the second at the right
  });

  it('changes brightness, saturation and contrast as the paper has them', async () => {
    const draws = { brightness: [0.9, 0.1], saturation: [0.25, 1], contrast: [0, 0.75] } as const;
    const { y } = await changed(['color'], draws);
    for (let i = 0; i < n; i++) {
      const signed = (k: number, row: number, column: number) =>
        2 * image[at(i, k, row, column)]! - 1 + draws.brightness[i]! - 0.5;
      const coloured = (k: number, row: number, column: number) => {
        const gray = (signed(0, row, column) + signed(1, row, column) + signed(2, row, column)) / 3;
        return gray + (signed(k, row, column) - gray) * 2 * draws.saturation[i]!;
      };
      const own = [...places()].filter(([number]) => number === i);
      const mean = own.reduce((sum, [, k, row, column]) => sum + coloured(k, row, column), 0) / own.length;
      for (const [, k, row, column] of own) {
        const value = mean + (coloured(k, row, column) - mean) * (0.5 + draws.contrast[i]!);
        near(y[at(i, k, row, column)]!, (value + 1) / 2, `pixel ${[i, k, row, column]}`);
      }
    }
  });

  it('changes nothing where nothing is asked for, and everything in one order', async () => {
    const build = new Build({ training: true });
    const x = input('x', shape);
    assert.equal(augmented(x, [], build), x);
    const all = {
      brightness: [0.4, 0.6],
      saturation: [0.3, 0.7],
      contrast: [0.2, 0.8],
      'vertical shift': [1, 0],
      'horizontal shift': [0, 2],
      'vertical cut': [3, 4],
      'horizontal cut': [5, 6],
    } as const;
    const one = await changed(['color', 'translation', 'cutout'], all);
    const other = await changed(['cutout', 'color', 'translation'], all);
    assert.deepEqual(one.y, other.y);
  });
});
