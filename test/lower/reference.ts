/** What the lowered formulations must equal: the definitions, as plain loops in float64. */
import assert from 'node:assert/strict';
import type { ConvAttributes, PoolAttributes } from '../../src/graph/index.js';
import type { Tensor } from '../../src/runtime/index.js';

type Sizes = readonly number[];

/** Every position of a box, the last axis fastest. */
export function positions(sizes: Sizes): number[][] {
  return sizes.reduce<number[][]>(
    (found, size) => found.flatMap((p) => Array.from({ length: size }, (_, i) => [...p, i])),
    [[]],
  );
}

/** Row-major. */
export const indexOf = (position: Sizes, shape: Sizes): number =>
  shape.reduce((index, size, i) => index * size + position[i]!, 0);

const volume = (sizes: Sizes) => sizes.reduce((a, b) => a * b, 1);

export interface Shapes {
  /** Image [n, c, …], filter [out, c / group, k…], features [n, out, …]. */
  readonly x: Sizes;
  readonly w: Sizes;
  readonly y: Sizes;
}

/** Every product of a convolution once: y[...] += x[...] w[...]. Its adjoints sum the same products over other axes. */
function products(shapes: Shapes, attributes: ConvAttributes, visit: (x: number, w: number, y: number) => void): void {
  const { strides, pads, dilations, group } = attributes;
  const [outer, inner, ...kernel] = shapes.w as [number, number, ...number[]];
  const taps = positions(kernel);
  for (const [n, o, ...at] of positions(shapes.y) as [number, number, ...number[]][])
    for (const tap of taps) {
      const from = at.map((p, i) => strides[i]! * p + dilations[i]! * tap[i]! - pads[i]!);
      if (!from.every((p, i) => p >= 0 && p < shapes.x[2 + i]!)) continue;
      const first = Math.floor(o / (outer / group)) * inner;
      for (let c = 0; c < inner; c++)
        visit(
          indexOf([n, first + c, ...from], shapes.x),
          indexOf([o, c, ...tap], shapes.w),
          indexOf([n, o, ...at], shapes.y),
        );
    }
}

type Numbers = ArrayLike<number>;

export function conv(shapes: Shapes, { x, w }: Record<'x' | 'w', Numbers>, attributes: ConvAttributes): Float64Array {
  const y = new Float64Array(volume(shapes.y));
  products(shapes, attributes, (i, j, k) => {
    y[k]! += x[i]! * w[j]!;
  });
  return y;
}

/** The gradient for the image, which is the transposed convolution of the features. */
export function convTranspose(
  shapes: Shapes,
  { y, w }: Record<'y' | 'w', Numbers>,
  attributes: ConvAttributes,
): Float64Array {
  const x = new Float64Array(volume(shapes.x));
  products(shapes, attributes, (i, j, k) => {
    x[i]! += y[k]! * w[j]!;
  });
  return x;
}

export function filterGradient(
  shapes: Shapes,
  { x, y }: Record<'x' | 'y', Numbers>,
  attributes: ConvAttributes,
): Float64Array {
  const w = new Float64Array(volume(shapes.w));
  products(shapes, attributes, (i, j, k) => {
    w[j]! += x[i]! * y[k]!;
  });
  return w;
}

/** Gradient of max pooling: each window's whole gradient to its first maximum in scan order. */
export function maxPoolGradient(
  shapes: Omit<Shapes, 'w'>,
  { x, dy }: Record<'x' | 'dy', Numbers>,
  { kernel_shape, strides, pads }: PoolAttributes,
): Float64Array {
  const dx = new Float64Array(volume(shapes.x));
  for (const [n, c, ...at] of positions(shapes.y) as [number, number, ...number[]][]) {
    let winner = -1;
    for (const tap of positions(kernel_shape)) {
      const from = at.map((p, i) => strides[i]! * p + tap[i]! - pads[i]!);
      if (!from.every((p, i) => p >= 0 && p < shapes.x[2 + i]!)) continue;
      const index = indexOf([n, c, ...from], shapes.x);
      if (winner < 0 || x[index]! > x[winner]!) winner = index;
    }
    dx[winner]! += dy[indexOf([n, c, ...at], shapes.y)]!;
  }
  return dx;
}

export interface BatchNorm {
  readonly shape: Sizes;
  readonly axes: Sizes;
  readonly epsilon: number;
}

/** Forward and backward of a batch normalisation by its own statistics, from the definition of the derivative of each. */
export function batchNorm(
  { x, scale, bias, dy }: Record<'x' | 'scale' | 'bias' | 'dy', Numbers>,
  { shape, axes, epsilon }: BatchNorm,
) {
  const kept = shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const groups = positions(shape).map((p) =>
    indexOf(
      kept.map((i) => p[i]!),
      kept.map((i) => shape[i]!),
    ),
  );
  const m = volume(axes.map((i) => shape[i]!));
  const sum = (term: (i: number) => number) => {
    const sums = new Float64Array(scale.length);
    groups.forEach((group, i) => {
      sums[group]! += term(i);
    });
    return sums;
  };
  const mean = sum((i) => x[i]! / m);
  const variance = sum((i) => (x[i]! - mean[groups[i]!]!) ** 2 / m);
  const deviation = variance.map((v) => Math.sqrt(v + epsilon));
  const normal = Float64Array.from(groups, (group, i) => (x[i]! - mean[group]!) / deviation[group]!);
  const y = normal.map((v, i) => v * scale[groups[i]!]! + bias[groups[i]!]!);
  const dbias = sum((i) => dy[i]!);
  const dscale = sum((i) => dy[i]! * normal[i]!);
  const dx = normal.map((v, i) => {
    const group = groups[i]!;
    return (scale[group]! / deviation[group]!) * (dy[i]! - dbias[group]! / m - (v * dscale[group]!) / m);
  });
  return { y, mean, variance, dx, dscale, dbias };
}

/** Equal up to `tolerance` of the largest expected element (at least 1): float32 against float64. */
export function assertClose(came: Tensor | undefined, expected: Numbers, what: string, tolerance = 1e-5): void {
  assert.ok(came, `${what} is missing`);
  assert.equal(came.data.length, expected.length, `${what}: number of elements`);
  const bound = tolerance * Array.from(expected).reduce((a, b) => Math.max(a, Math.abs(b)), 1);
  Array.from(expected).forEach((value, i) => {
    const found = Number(came.data[i]);
    assert.ok(Math.abs(found - value) <= bound, `${what}[${i}]: expected ${value} within ${bound}, got ${found}`);
  });
}
