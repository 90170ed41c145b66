/** Gradients against finite differences, through the real runtime. */
import assert from 'node:assert/strict';
import { backward } from '../../src/autodiff/index.js';
import { elements, type InputValue, input, type Value } from '../../src/graph/index.js';
import type { Random } from '../../src/random/index.js';
import { float32, type Runtime, type Tensor, type Tensors } from '../../src/runtime/index.js';

/**
 * Truncation: eps^2 / 6 times the third derivative, about 1e-5 of the slope for operands of size 1. Rounding: each y carries
 * a few units of 2^-24, so that f(x+) - f(x-), some 8e-3 slopes large, is uncertain by 1e-6 |f| / 8e-3, about 1e-4 slopes.
 */
const EPSILON = 2 ** -8;
/** Of the root of the sum of squares of all terms of <grad, dx>: a gradient wrong in one element of N shows as 1 / sqrt(N). */
const RELATIVE = 2e-3;
/** Of the root of the sum of squares of all terms of f: 64 units in the last place, for sums within y. */
const ROUNDING = 64 * 2 ** -24;
const DIRECTIONS = 2;

type Numbers = ArrayLike<number>;
const dot = (a: Numbers, b: Numbers) => Array.from(a).reduce((sum, v, i) => sum + v * b[i]!, 0);
const size = (a: Numbers, b: Numbers) => Math.sqrt(Array.from(a).reduce((sum, v, i) => sum + (v * b[i]!) ** 2, 0));

const numbers = (tensor: Tensor | undefined): Float32Array => {
  assert.equal(tensor?.dtype, 'float32');
  return tensor!.data as Float32Array;
};

export interface Question {
  readonly y: Value;
  readonly feeds: Tensors;
  readonly wrt: readonly Value[];
  readonly random: Random;
}

/** L = sum y r for random r: <dL/dx, dx> equals L(x + dx / 2) - L(x - dx / 2), for each x and several directions. */
export async function checkGradients(runtime: Runtime, { y, feeds, wrt, random }: Question): Promise<void> {
  const seed = input('r', y.shape);
  const gradients = backward(y, wrt, seed);
  const outputs = Object.fromEntries(gradients.map((gradient, i) => [`d${i}`, gradient]));
  const program = await runtime.compile({ name: 'sweep', outputs: { y, ...outputs } });
  const r = Float32Array.from({ length: elements(y.shape) }, () => random.normal());
  const given: Tensors = { ...feeds, r: float32(r, y.shape as number[]) };
  const at = await program.run(given);
  assert.deepEqual(at.y!.shape, y.shape, 'shape rule and runtime disagree on y');
  const noise = ROUNDING * size(numbers(at.y), r);
  const loss = async (name: string, data: Float32Array) => {
    const run = await program.run({ ...given, [name]: { ...given[name]!, data } as Tensor }, ['y']);
    return dot(numbers(run.y), r);
  };

  for (const [i, x] of wrt.entries()) {
    const { name } = (x as InputValue).source;
    const gradient = numbers(at[`d${i}`]);
    assert.deepEqual(at[`d${i}`]!.shape, x.shape, `the gradient for ${name} has another shape than ${name}`);
    for (let direction = 0; direction < DIRECTIONS; direction++) {
      const here = numbers(feeds[name]);
      const v = here.map(() => EPSILON * (2 * random.uniform() - 1));
      const [up, down] = [here.map((value, j) => value + v[j]!), here.map((value, j) => value - v[j]!)] as const;
      // what was really moved, after rounding to float32
      const moved = Float64Array.from(up, (value, j) => value - down[j]!);
      const [came, expected] = [dot(gradient, moved), (await loss(name, up)) - (await loss(name, down))];
      const tolerance = RELATIVE * size(gradient, moved) + noise;
      assert.ok(
        Math.abs(came - expected) <= tolerance,
        `gradient for ${name} [${x.shape}]: <grad, dx> = ${came}, finite difference ${expected}, tolerance ${tolerance}`,
      );
    }
  }
  await program.release();
}
