/**
 * A transposed convolution of stride s as small convolutions, one per phase of the output, interleaved: exactly the useful
 * products (sub-pixel convolution: Shi et al. 2016, https://arxiv.org/abs/1609.07009). Stride 1 is the case of one phase.
 */
import {
  type ConvTransposeAttributes,
  concat,
  constant,
  depthToSpace,
  expand,
  fixedShape,
  gather,
  one,
  pad,
  reshape,
  slice,
  transpose,
  type Value,
} from '../../graph/index.js';

/** One axis of one phase: which taps of the filter it sees, and where its window starts. */
export interface Phase {
  readonly taps: readonly number[];
  readonly begin: number;
  readonly end: number;
  /** Positions of x. */
  readonly size: number;
}

export interface SubPixel {
  readonly rows: readonly Phase[];
  readonly columns: readonly Phase[];
  /** Positions of each phase. */
  readonly counts: readonly [number, number];
  /** Shape of the result, [n, c, h, w]. */
  readonly out: readonly number[];
}

/** Output position s v + q takes x[v + floor((q + p) / s) - t] w[r + s t], r = (q + p) mod s, over all taps t. */
function phasesOf({ size, out, k, s, p }: Record<'size' | 'out' | 'k' | 's' | 'p', number>): readonly Phase[] {
  const count = Math.ceil(out / s);
  return Array.from({ length: s }, (_, q) => {
    const taps = Array.from({ length: k }, (_, tap) => tap).filter((tap) => tap % s === (q + p) % s);
    const begin = taps.length - 1 - Math.floor((q + p) / s);
    return { taps, begin, end: count + taps.length - 1 - begin - size, size };
  });
}

/** The phases of a transposed convolution of x by w; undefined where it has groups, dilation, a free batch or odd ends. */
export function subPixel(x: Value, w: Value, attributes: ConvTransposeAttributes): SubPixel | undefined {
  const { strides, pads, dilations, group } = attributes;
  if (group !== 1 || x.shape.length !== 4 || dilations.some((d) => d !== 1)) return undefined;
  if (typeof x.shape[0] !== 'number') return undefined;
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
  return { rows, columns, out, counts: [Math.ceil(out[2]! / rows.length), Math.ceil(out[3]! / columns.length)] };
}

/** All phases as one convolution: each makes output channels of its own, over a window that serves them all. */
export interface Stacked {
  /** [o sh sw, c, rows, columns] */
  readonly filter: Value;
  readonly pads: readonly [number, number, number, number];
  /** From [n, o sh sw, h, w] to the result, [n, o, sh h, sw w]. */
  readonly spread: (phases: Value) => Value;
  /** [o] for every phase: [o sh sw] */
  readonly repeated: (bias: Value) => Value;
}

/** Outputs below which a phase of its own would be a product of too few rows. */
const FEW = 8;

/** Where phases are best taken together: few outputs, as of images, and the same stride both ways. @param w [c, o, kh, kw] */
export function stacked(w: Value, { rows, columns, counts, out }: SubPixel): Stacked | undefined {
  const [c, o, kh, kw] = fixedShape(w.shape) as [number, number, number, number];
  const stride = rows.length;
  if (o >= FEW || stride === 1 || columns.length !== stride) return undefined;
  const [down, across] = [commonWindow(rows, kh), commonWindow(columns, kw)];
  const zeroTap = pad(transpose(w, [1, 0, 2, 3]), [0, 0, 0, 0, 0, 0, 1, 1]);
  const picked = [down, across].reduce(
    (filter, { taps }, i) => gather(filter, constant(taps, [taps.length], 'int64'), 2 + i),
    zeroTap,
  );
  const split = reshape(picked, [o, c, stride, down.size, stride, across.size]);
  const filter = reshape(transpose(split, [0, 2, 4, 1, 3, 5]), [o * stride ** 2, c, down.size, across.size]);
  const [h, wide] = [out[2]!, out[3]!];
  const ends = [down, across].map(({ size, begin, given }, i) => counts[i]! + size - 1 - begin - given);
  return {
    filter,
    pads: [down.begin, across.begin, ends[0]!, ends[1]!],
    repeated: (bias) => reshape(expand(reshape(bias, [o, 1]), [o, stride ** 2]), [o * stride ** 2]),
    spread(phases) {
      const image = depthToSpace(phases, stride);
      if (image.shape[2] === h && image.shape[3] === wide) return image;
      return slice(image, [
        { axis: 2, start: 0, end: h },
        { axis: 3, start: 0, end: wide },
      ]);
    },
  };
}

/** One axis: the taps of each phase in turn, last first, within one window; the tap after the last is zero. */
function commonWindow(phases: readonly Phase[], zero: number) {
  const seeing = phases.filter(({ taps }) => taps.length > 0);
  const before = Math.max(...seeing.map(({ begin }) => begin));
  const after = Math.max(...seeing.map(({ taps, begin }) => taps.length - 1 - begin));
  const size = before + after + 1;
  const taps = phases.flatMap(({ taps, begin }) => {
    const window = new Array<number>(size).fill(zero);
    for (const [i, tap] of [...taps].reverse().entries()) window[before - begin + i] = tap;
    return window;
  });
  const { size: given } = phases[0]!;
  return { taps, size, begin: before, given };
}

/**
 * Convolves phase by phase and puts the results together. Where pixels lie as [lead, h, w, tail], tail numbers each, the
 * result does too. `convolve` gets no phase without taps: such pixels are zero.
 */
export function assemble(
  { rows, columns, counts, out }: SubPixel,
  tail: number,
  convolve: (row: Phase, column: Phase) => Value,
): Value {
  const grid = rows.map((row) =>
    columns.map((column) => (row.taps.length > 0 && column.taps.length > 0 ? convolve(row, column) : undefined)),
  );
  const [height, width] = [out[2]!, out[3]!];
  const whole = interleave(grid, [(out[0]! * out[1]!) / tail, ...counts, tail]);
  if (whole.shape[1] === height && whole.shape[2] === width) return whole;
  return slice(whole, [
    { axis: 1, start: 0, end: height },
    { axis: 2, start: 0, end: width },
  ]);
}

/** Phases [sh][sw] of [lead, h, w, tail] each -> [lead, h sh, w sw, tail]; a missing phase is zero. */
function interleave(
  grid: readonly (readonly (Value | undefined)[])[],
  [lead, h, w, tail]: readonly [number, number, number, number],
): Value {
  const [sh, sw] = [grid.length, grid[0]!.length];
  /** [rows, 1, run] each, side by side. */
  const beside = (parts: readonly (Value | undefined)[], rows: number, run: number): Value | undefined => {
    const [first, ...rest] = parts.map((part) => part && reshape(part, [rows, 1, run]));
    if (rest.length === 0 || ![first, ...rest].some(Boolean)) return first;
    // not for single numbers: engines pad run by run, which took 4.7 ms for half a million of them, joining 0.3
    if (run > 1 && first && !rest.some(Boolean)) return pad(first, [0, 0, 0, 0, rest.length, 0]);
    const zero = () => expand(constant([0], [1, 1, 1]), [rows, 1, run]);
    return concat(
      [first, ...rest].map((part) => part ?? zero()),
      1,
    );
  };
  const lines = grid.map((row) => beside(row, lead * h * w, tail));
  return reshape(beside(lines, lead * h, w * sw * tail)!, [lead, h * sh, w * sw, tail]);
}
