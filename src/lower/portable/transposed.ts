/**
 * Transposed convolution, and with it every convolution's gradient for its input, as plain convolutions, which runtimes run
 * several times faster than their scatter form. Stride 1: a convolution with the filter turned round. Stride s: one small
 * convolution per phase of the output, interleaved, which costs exactly the useful products
 * (sub-pixel convolution: Shi et al. 2016, https://arxiv.org/abs/1609.07009). Where the filter outweighs the images: columns.
 */
import {
  add,
  type ConvTransposeAttributes,
  concat,
  constant,
  conv,
  fixedShape,
  one,
  pad,
  reshape,
  slice,
  transpose,
  type Value,
} from '../../graph/index.js';
import { adjointByColumns, filterOutweighsImages } from './columns.js';

export function convTranspose(inputs: readonly Value[], attributes: ConvTransposeAttributes): readonly Value[] {
  const [x, w, bias] = inputs as [Value, Value, Value | undefined];
  const plain = one('ConvTranspose', inputs, attributes);
  const geometry = { ...attributes, image: plain.shape, features: x.shape, kernel_shape: fixedShape(w.shape.slice(2)) };
  const y = filterOutweighsImages(geometry) ? adjointByColumns(x, w, geometry) : asConvolutions(x, w, attributes);
  if (!y) return [plain];
  return [bias ? add(y, reshape(bias, [-1, 1, 1])) : y];
}

/** One axis of one phase: which taps of the filter it sees, and where its window starts. */
interface Phase {
  readonly taps: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** Output position s v + q takes x[v + floor((q + p) / s) - t] w[r + s t], r = (q + p) mod s, over all taps t. */
function phasesOf({ size, out, k, s, p }: Record<'size' | 'out' | 'k' | 's' | 'p', number>): readonly Phase[] {
  const count = Math.ceil(out / s);
  return Array.from({ length: s }, (_, q) => {
    const taps = Array.from({ length: k }, (_, tap) => tap).filter((tap) => tap % s === (q + p) % s);
    const begin = taps.length - 1 - Math.floor((q + p) / s);
    return { taps, begin, end: count + taps.length - 1 - begin - size };
  });
}

function asConvolutions(x: Value, w: Value, attributes: ConvTransposeAttributes): Value | undefined {
  const { strides, pads, dilations, group } = attributes;
  if (group !== 1 || x.shape.length !== 4 || dilations.some((d) => d !== 1)) return undefined;
  const batch = x.shape[0]!;
  if (typeof batch !== 'number') return undefined;
  const out = fixedShape(one('ConvTranspose', [x, w], attributes).shape);
  const [rows, columns] = [0, 1].map((axis) =>
    phasesOf({
      size: x.shape[2 + axis] as number,
      out: out[2 + axis]!,
      k: w.shape[2 + axis] as number,
      s: strides[axis]!,
      p: pads[axis]!,
    }),
  ) as [readonly Phase[], readonly Phase[]];
  const unreachable = ({ taps, begin, end }: Phase) => taps.length > 0 && (begin < 0 || end < 0);
  if ([...rows, ...columns].some(unreachable)) return undefined;

  // [out, c, k, k]: the filter as a convolution that goes the other way sees it
  const filter = transpose(w, [1, 0, 2, 3]);
  const counts = [0, 1].map((axis) => Math.ceil(out[2 + axis]! / strides[axis]!)) as [number, number];
  const phase = (row: Phase, column: Phase): Value | undefined =>
    row.taps.length === 0 || column.taps.length === 0
      ? undefined
      : conv(x, turned(filter, row.taps, column.taps), { pads: [row.begin, column.begin, row.end, column.end] });
  const grid = rows.map((row) => columns.map((column) => phase(row, column)));
  return crop(interleave(grid, [batch, out[1]!, ...counts]), out);
}

/** The taps of one phase, last first, since a convolution correlates. */
function turned(filter: Value, rows: readonly number[], columns: readonly number[]): Value {
  const cut = (taps: readonly number[], axis: number) => {
    const [first, last] = [taps[0]!, taps.at(-1)!];
    const size = filter.shape[axis] as number;
    if (size === 1) return [];
    const step = taps.length > 1 ? taps[1]! - first : 1;
    return [{ axis, start: last, end: first === 0 ? Number.NEGATIVE_INFINITY : first - 1, step: -step }];
  };
  const cuts = [...cut(rows, 2), ...cut(columns, 3)];
  return cuts.length > 0 ? slice(filter, cuts) : filter;
}

/** Phases [s][s] of [n, c, h, w] each -> [n, c, h s, w s]; a missing phase is zero. */
function interleave(grid: readonly (readonly (Value | undefined)[])[], shape: readonly number[]): Value {
  const [n, c, h, w] = shape as [number, number, number, number];
  const [sh, sw] = [grid.length, grid[0]!.length];
  const stack = (parts: readonly (Value | undefined)[], to: readonly number[], axis: number): Value | undefined => {
    const present = parts.find(Boolean);
    if (!present || parts.length === 1) return present;
    const rows = parts.map((part) => part && reshape(part, to));
    if (rows.slice(1).every((row) => !row))
      return pad(rows[0]!, [...to.map(() => 0), ...to.map((_, i) => (i === axis ? parts.length - 1 : 0))]);
    const zero = () => constant(new Float32Array(to.reduce((a, b) => a * b, 1)), to);
    return concat(
      rows.map((row) => row ?? zero()),
      axis,
    );
  };
  const lines = grid.map((row) => stack(row, [n * c * h, w, 1], 2));
  const whole = stack(lines, [n * c * h, 1, w * sw], 1);
  return reshape(whole!, [n, c, h * sh, w * sw]);
}

const crop = (x: Value, shape: readonly number[]) =>
  x.shape.every((d, i) => d === shape[i])
    ? x
    : slice(
        x,
        [2, 3].map((axis) => ({ axis, start: 0, end: shape[axis]! })),
      );
