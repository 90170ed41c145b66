/**
 * Sliding windows without an operator for them. `unfold` takes an image apart by taps: what each position of the window sees
 * as the window slides. `fold` is its adjoint: it adds every tap's share where it was taken from.
 */
import {
  add,
  concat,
  constant,
  elements,
  fixedShape,
  type PoolAttributes,
  pad,
  reshape,
  slice,
  type Value,
} from '../../graph/index.js';

/** One slide over images [a, b, …] of two leading axes, whichever they are. */
export interface Slide extends PoolAttributes {
  /** Of the image. */
  readonly sizes: readonly number[];
  /** Of windows along each axis. */
  readonly counts: readonly number[];
}

/** Every position of a window, in scan order. */
export const positions = (kernel: readonly number[]): readonly (readonly number[])[] =>
  kernel.reduce<number[][]>(
    (found, size) => found.flatMap((p) => Array.from({ length: size }, (_, i) => [...p, i])),
    [[]],
  );

/** Room for every tap of every window in whole strides, so that phases interleave without remainder. */
function room({ kernel_shape, strides, pads, sizes, counts }: Slide) {
  const begins = pads.slice(0, sizes.length);
  const spans = counts.map((count, i) => strides[i]! * (count - 1 + Math.ceil(kernel_shape[i]! / strides[i]!)));
  return { begins, ends: spans.map((span, i) => span - sizes[i]! - begins[i]!) };
}

/** [a, b, …sizes] -> per tap, in scan order, [a, b, …counts]; padding holds `fill`. */
export function unfold(x: Value, slide: Slide, fill = 0): readonly Value[] {
  const { kernel_shape, strides, counts } = slide;
  const { begins, ends } = room(slide);
  const whole = padOrCrop(x, begins, ends, fill);
  return positions(kernel_shape).map((tap) => {
    const cuts = tap.map((offset, i) => ({
      axis: 2 + i,
      start: offset,
      end: offset + strides[i]! * (counts[i]! - 1) + 1,
      step: strides[i]!,
    }));
    return cuts.every(({ axis, start, end, step }) => start === 0 && step === 1 && end === whole.shape[axis])
      ? whole
      : slice(whole, cuts);
  });
}

/** Per tap, in scan order, [a, b, …counts] -> [a, b, …sizes]. */
export function fold(shares: readonly Value[], slide: Slide): Value {
  const { begins, ends } = room(slide);
  const back = (sides: readonly number[]) => sides.map((side) => -side);
  return padOrCrop(gatherPhases(shares, slide), back(begins), back(ends), 0);
}

/** Pads where numbers are positive, cuts where they are negative. */
function padOrCrop(x: Value, begins: readonly number[], ends: readonly number[], fill: number): Value {
  const cuts = begins.flatMap((begin, i) =>
    begin < 0 || ends[i]! < 0
      ? [{ axis: 2 + i, start: Math.max(-begin, 0), end: (x.shape[2 + i] as number) + Math.min(ends[i]!, 0) }]
      : [],
  );
  const cut = cuts.length > 0 ? slice(x, cuts) : x;
  const side = (given: readonly number[]) => [0, 0, ...given.map((g) => Math.max(g, 0))];
  const pads = [...side(begins), ...side(ends)];
  return pads.every((p) => p === 0) ? cut : pad(cut, pads, fill);
}

/** Adds each tap's share at stride * window + tap: taps of one phase (tap mod stride) shift by whole strides, phases interleave. */
function gatherPhases(shares: readonly Value[], { kernel_shape: kernel, strides, counts }: Slide): Value {
  const byOffset = new Map(positions(kernel).map((tap, i) => [tap.join(), shares[i]!]));
  const lead = fixedShape(shares[0]!.shape.slice(0, 2));
  const extra = kernel.map((k, i) => Math.ceil(k / strides[i]!) - 1);
  const lengths = counts.map((count, i) => count + extra[i]!);
  const phase = (offset: readonly number[]): Value => {
    const parts = positions(extra.map((e) => e + 1)).flatMap((shift) => {
      const share = byOffset.get(offset.map((o, i) => o + shift[i]! * strides[i]!).join());
      const after = shift.map((s, i) => extra[i]! - s);
      return share ? [padOrCrop(share, shift, after, 0)] : [];
    });
    return parts.length > 0
      ? parts.reduce((a, b) => add(a, b))
      : constant(new Float32Array(elements([...lead, ...lengths])), [...lead, ...lengths]);
  };
  const interleaveFrom = (offset: readonly number[]): Value => {
    const axis = offset.length;
    if (axis === strides.length) return phase(offset);
    if (strides[axis] === 1) return interleaveFrom([...offset, 0]);
    // deeper axes are interleaved already: their lengths are whole
    const inner = lengths.map((length, i) => (i > axis ? length * strides[i]! : length));
    const parts = Array.from({ length: strides[axis]! }, (_, o) => interleaveFrom([...offset, o]));
    const split = [...lead, ...inner.slice(0, axis + 1), 1, ...inner.slice(axis + 1)];
    const joined = concat(
      parts.map((part) => reshape(part, split)),
      axis + 3,
    );
    return reshape(joined, [...lead, ...inner.slice(0, axis), inner[axis]! * strides[axis]!, ...inner.slice(axis + 1)]);
  };
  return interleaveFrom([]);
}
