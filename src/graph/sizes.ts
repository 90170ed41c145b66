/** The arithmetic of sizes that shape rules share. Everything that does not fit throws a UserError. */
import { UserError } from '../errors.js';
import type { PoolAttributes, ReduceAttributes } from './attributes.js';
import type { Dim, Shape } from './types.js';

export const fail = (message: string): never => {
  throw new UserError(message);
};

/** A shape in brackets, for messages. */
export const show = (shape: Shape) => `[${shape.join(', ')}]`;

/** A size that must be known here. */
export const fixed = (dim: Dim | undefined): number =>
  typeof dim === 'number'
    ? dim
    : fail(`expected a known size, got the free size '${dim}'; build the graph for a fixed batch size`);

/** A shape without free sizes. @throws UserError for one that has any */
export const fixedShape = (shape: Shape): number[] => shape.map(fixed);
/** The number of elements of a shape. */
export const elements = (shape: Shape): number => fixedShape(shape).reduce((a, b) => a * b, 1);

/** A possibly negative axis as its position. */
export const axisOf = (axis: number, length: number): number => {
  const position = axis < 0 ? axis + length : axis;
  return Number.isInteger(position) && position >= 0 && position < length
    ? position
    : fail(`expected an axis from ${-length} to ${length - 1}, got ${axis}`);
};
/** Axes counted from the front, where negative ones count from the end. */
export const axesOf = (axes: readonly number[], length: number) => axes.map((a) => axisOf(a, length));

/** NumPy's broadcasting of two shapes. */
export function broadcast(a: Shape, b: Shape): Shape {
  const length = Math.max(a.length, b.length);
  const dim = (shape: Shape, i: number): Dim => shape[i - (length - shape.length)] ?? 1;
  return Array.from({ length }, (_, i) => {
    const [p, q] = [dim(a, i), dim(b, i)];
    if (p === q || q === 1) return p;
    return p === 1 ? q : fail(`shapes ${show(a)} and ${show(b)} do not broadcast: ${p} against ${q} on axis ${i}`);
  });
}

export const reduced = (shape: Shape, { axes, keepdims }: ReduceAttributes): Shape => {
  const gone = new Set(axesOf(axes, shape.length));
  return shape.flatMap((d, i) => (gone.has(i) ? (keepdims ? [1] : []) : [d]));
};
export const perAxis = (values: readonly number[], axes: number, what: string) =>
  values.length === axes || fail(`expected ${axes} numbers in ${what}, got [${values.join(', ')}]`);

export const positive = (size: number, axis: number, input: readonly number[]) =>
  size > 0
    ? size
    : fail(
        `the kernel does not fit: input ${show(input)} would give size ${size} on spatial axis ${axis}; use a larger image`,
      );

/** Output size of a window that slides: floor((size + pads - (dilation (kernel - 1) + 1)) / stride) + 1. */
export const windows = (
  sizes: readonly number[],
  { kernel_shape: kernel, strides, pads, dilations }: PoolAttributes & { readonly dilations?: readonly number[] },
) => {
  perAxis(kernel, sizes.length, 'kernel_shape');
  perAxis(strides, sizes.length, 'strides');
  perAxis(pads, 2 * sizes.length, 'pads');
  return sizes.map((size, i) => {
    const reach = (dilations?.[i] ?? 1) * (kernel[i]! - 1) + 1;
    const padded = size + pads[i]! + pads[i + sizes.length]!;
    return positive(Math.floor((padded - reach) / strides[i]!) + 1, i, sizes);
  });
};

export const moved = (shape: Shape, index: number, to: Dim) => shape.map((d, i) => (i === index ? to : d));

/** Sizes after ONNX's Reshape: 0 keeps the size at its position, -1 takes what is left. */
export function reshaped(from: Shape, to: readonly number[]): Shape {
  const kept = to.map((d, i) => (d === 0 ? (from[i] ?? fail(`no size to keep at position ${i} of ${show(from)}`)) : d));
  const free = [...from];
  for (const d of kept)
    if (typeof d === 'string') {
      const i = free.indexOf(d);
      if (i >= 0) free.splice(i, 1);
    }
  const known = kept.filter((d): d is number => typeof d === 'number' && d !== -1).reduce((a, b) => a * b, 1);
  const total = elements(free);
  const rest = total / known;
  if (!kept.includes(-1)) {
    if (total !== known) fail(`cannot reshape ${show(from)} to ${show(to)}: ${total} elements against ${known}`);
    return kept;
  }
  if (!Number.isInteger(rest)) fail(`cannot reshape ${show(from)} to ${show(to)}: ${total} is no multiple of ${known}`);
  return kept.map((d) => (d === -1 ? rest : d));
}

/** Number of elements that a slice takes of an axis, by ONNX's clamping (Python's, but that a start below 0 is 0 for negative steps too). */
export function sliceLength(size: number, start: number, end: number, step: number): number {
  const clamp = (v: number, low: number, high: number) => Math.min(Math.max(v < 0 ? v + size : v, low), high);
  const [from, to] =
    step > 0
      ? [clamp(start, 0, size), clamp(end, 0, size)]
      : [clamp(start, 0, size - 1), end < -size ? -1 : clamp(end, -1, size - 1)];
  return Math.max(0, Math.ceil((to - from) / step));
}

/** The axes that are not summed over: [c] per channel, [c, h, w] per position and channel. */
export function statisticsShape(shape: Shape, axes: readonly number[]): Shape {
  const gone = axesOf(axes, shape.length);
  return shape.filter((_, i) => !gone.includes(i));
}
