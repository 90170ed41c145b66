/** Batch normalisation by the batch's own statistics, forward and backward, against float64 loops. */
import { after, test } from 'node:test';
import { backward } from '../../src/autodiff/index.js';
import * as g from '../../src/graph/index.js';
import { random } from '../../src/random/index.js';
import { float32, openRuntime } from '../../src/runtime/index.js';
import { assertClose, batchNorm } from './reference.js';
import { everyTarget } from './targets.js';

const runtimes = everyTarget.map((target) => openRuntime({ threads: 1, target }));
after(() => Promise.all(runtimes.map((runtime) => runtime.close())));

interface Setting {
  readonly shape: readonly number[];
  readonly axes: readonly number[];
  readonly mean: number;
  /** Of the largest element, by result; 1e-5 where nothing is said. */
  readonly tolerances?: Readonly<Record<string, number>>;
}

async function compare({ shape, axes, mean, tolerances = {} }: Setting): Promise<void> {
  const { normal } = random('batch norm', ...shape, ...axes, mean);
  const positive = axes.map((axis) => (axis < 0 ? axis + shape.length : axis));
  const statistics = g.statisticsShape(shape, axes) as readonly number[];
  const draw = (sizes: readonly number[], shift = 0) =>
    Float32Array.from({ length: g.elements(sizes) }, () => shift + normal());
  const fed = { x: draw(shape, mean), scale: draw(statistics, 2), bias: draw(statistics), dy: draw(shape) };
  const x = g.input('x', shape);
  const [scale, bias] = [g.input('scale', statistics), g.input('bias', statistics)];
  const { y, ...tracked } = g.batchNormTraining(x, { scale, bias, axes });
  const [dx, dscale, dbias] = backward(y, [x, scale, bias], g.input('dy', shape)) as [g.Value, g.Value, g.Value];
  const expected = batchNorm(fed, { shape, axes: positive, epsilon: 1e-5 });
  for (const runtime of runtimes) {
    const program = await runtime.compile({ name: 'norm', outputs: { y, ...tracked, dx, dscale, dbias } });
    const found = await program.run({
      x: float32(fed.x, shape),
      scale: float32(fed.scale, statistics),
      bias: float32(fed.bias, statistics),
      dy: float32(fed.dy, shape),
    });
    await program.release();
    const target = await runtime.target();
    for (const [name, value] of Object.entries(expected))
      assertClose(found[name], value, `${name}, ${target}`, tolerances[name]);
  }
}

const settings: readonly Pick<Setting, 'shape' | 'axes'>[] = [
  { shape: [8, 3, 5, 4], axes: [0, 2, 3] },
  { shape: [8, 3, 2, 2], axes: [0] },
  { shape: [16, 5], axes: [0] },
  { shape: [6, 2, 7], axes: [0, 2] },
  { shape: [3, 2, 3, 2, 2], axes: [0, 2, 3, 4] },
  { shape: [8, 3, 5, 4], axes: [0, -2, -1] },
  { shape: [8, 32, 5, 4], axes: [0, 2, 3] },
  { shape: [8, 16, 1, 1], axes: [0, -2, -1] },
  { shape: [8, 16, 2, 2], axes: [0] },
];

for (const { shape, axes } of settings) test(`[${shape}] over axes [${axes}]`, () => compare({ shape, axes, mean: 0 }));

// Near 1e4 float32 counts in steps of 1e-3. That is what the mean is off by, and y and the gradients with it; the variance is
// right all the same, where E[x^2] - E[x]^2 would be off by 6.
const tolerances = { y: 2e-3, mean: 1e-6, variance: 1e-5, dx: 1e-3, dscale: 5e-3 };
test('a mean of 1e4 beside a deviation of 1, per channel', () =>
  compare({ shape: [16, 4, 8, 8], axes: [0, 2, 3], mean: 1e4, tolerances }));
test('a mean of 1e4 beside a deviation of 1, per channel in blocks', () =>
  compare({ shape: [16, 16, 8, 8], axes: [0, 2, 3], mean: 1e4, tolerances }));
test('a mean of 1e4 beside a deviation of 1, over a large map', () =>
  compare({ shape: [4, 16, 96, 96], axes: [0, 2, 3], mean: 1e4, tolerances }));
test('a mean of 1e4 beside a deviation of 1, per position', () =>
  compare({ shape: [32, 4, 2, 2], axes: [0], mean: 1e4, tolerances }));
