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

/** One slide over images [lead…, …sizes, tail…], of whatever lies before and after their spatial axes. */
export interface Slide extends PoolAttributes {
  /** The first spatial axis. */
  readonly axis: number;
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

/** [lead…, …sizes, tail…] -> per tap, in scan order, [lead…, …counts, tail…]; padding holds `fill`. */
export function unfold(x: Value, slide: Slide, fill = 0): readonly Value[] {
  const { kernel_shape, strides, counts, axis: first } = slide;
  const { begins, ends } = room(slide);
  const whole = padOrCrop(x, { first, begins, ends, fill });
  return positions(kernel_shape).map((tap) => {
    const cuts = tap.map((offset, i) => ({
      axis: first + i,
      start: offset,
      end: offset + strides[i]! * (counts[i]! - 1) + 1,
      step: strides[i]!,
    }));
    return cuts.every(({ axis, start, end, step }) => start === 0 && step === 1 && end === whole.shape[axis])
      ? whole
      : slice(whole, cuts);
  });
}

/** Per tap, in scan order, [lead…, …counts, tail…] -> [lead…, …sizes, tail…]. */
export function fold(shares: readonly Value[], slide: Slide): Value {
  const { begins, ends } = room(slide);
  const back = (sides: readonly number[]) => sides.map((side) => -side);
  return padOrCrop(gatherPhases(shares, slide), { first: slide.axis, begins: back(begins), ends: back(ends) });
}

interface Sides {
  /** Axis of the first side. */
  readonly first: number;
  readonly begins: readonly number[];
  readonly ends: readonly number[];
  readonly fill?: number;
}

/** Pads where numbers are positive, cuts where they are negative. */
function padOrCrop(x: Value, { first, begins, ends, fill = 0 }: Sides): Value {
  const cuts = begins.flatMap((begin, i) =>
    begin < 0 || ends[i]! < 0
      ? [{ axis: first + i, start: Math.max(-begin, 0), end: (x.shape[first + i] as number) + Math.min(ends[i]!, 0) }]
      : [],
  );
  const cut = cuts.length > 0 ? slice(x, cuts) : x;
  const side = (given: readonly number[]) => x.shape.map((_, i) => Math.max(given[i - first] ?? 0, 0));
  return pad(cut, [...side(begins), ...side(ends)], fill);
}

/** Adds each tap's share at stride * window + tap: taps of one phase (tap mod stride) shift by whole strides, phases interleave. */
function gatherPhases(shares: readonly Value[], { axis: first, kernel_shape: kernel, strides, counts }: Slide): Value {
  const byOffset = new Map(positions(kernel).map((tap, i) => [tap.join(), shares[i]!]));
  const lead = fixedShape(shares[0]!.shape.slice(0, first));
  const tail = fixedShape(shares[0]!.shape.slice(first + kernel.length));
  const extra = kernel.map((k, i) => Math.ceil(k / strides[i]!) - 1);
  const lengths = counts.map((count, i) => count + extra[i]!);
  const phase = (offset: readonly number[]): Value => {
    const parts = positions(extra.map((e) => e + 1)).flatMap((begins) => {
      const share = byOffset.get(offset.map((o, i) => o + begins[i]! * strides[i]!).join());
      return share ? [padOrCrop(share, { first, begins, ends: begins.map((b, i) => extra[i]! - b) })] : [];
    });
    const shape = [...lead, ...lengths, ...tail];
    return parts.length > 0 ? parts.reduce((a, b) => add(a, b)) : constant(new Float32Array(elements(shape)), shape);
  };
  const interleaveFrom = (offset: readonly number[]): Value => {
    const axis = offset.length;
    if (axis === strides.length) return phase(offset);
    const parts = Array.from({ length: strides[axis]! }, (_, o) => interleaveFrom([...offset, o]));
    if (parts.length === 1) return parts[0]!;
    // deeper axes are interleaved already: their lengths are whole
    const inner = lengths.map((length, i) => (i > axis ? length * strides[i]! : length));
    const [before, after] = [inner.slice(0, axis), inner.slice(axis + 1)];
    const joined = concat(
      parts.map((part) => reshape(part, [...lead, ...before, inner[axis]!, 1, ...after, ...tail])),
      first + axis + 1,
    );
    return reshape(joined, [...lead, ...before, inner[axis]! * strides[axis]!, ...after, ...tail]);
  };
  return interleaveFrom([]);
}
