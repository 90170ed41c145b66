/**
 * The gradient of max pooling without the `Indices` output, which WebGPU lacks. Tap by tap of the window in scan order: the
 * first tap that equals the maximum wins its window and takes the whole gradient, as in PyTorch.
 */
import {
  add,
  cast,
  concat,
  constant,
  elements,
  equal,
  fixedShape,
  mul,
  type PoolAttributes,
  pad,
  reshape,
  slice,
  sub,
  type Value,
} from '../../graph/index.js';

/** Below every activation, and still finite, so that 0 times it is 0. */
const LOWEST = -3.4028234663852886e38;

export function maxPoolGrad([dy, x, y]: readonly Value[], attributes: PoolAttributes): readonly Value[] {
  const { kernel_shape: kernel, strides, pads } = attributes;
  const sizes = fixedShape(x!.shape.slice(2));
  const counts = fixedShape(y!.shape.slice(2));
  // room for every tap of every window, and whole strides, so that phases interleave without remainder
  const spans = counts.map((count, i) => strides[i]! * (count - 1 + Math.ceil(kernel[i]! / strides[i]!)));
  const ends = spans.map((span, i) => span - sizes[i]! - pads[i]!);
  const begins = pads.slice(0, sizes.length);
  const room = padOrCrop(x!, begins, ends, LOWEST);

  let open = constant(new Float32Array(elements(y!.shape)).fill(1), y!.shape);
  const byOffset = new Map<string, Value>();
  for (const tap of positions(kernel)) {
    const cuts = tap.map((offset, i) => ({
      axis: 2 + i,
      start: offset,
      end: offset + strides[i]! * (counts[i]! - 1) + 1,
      step: strides[i]!,
    }));
    const won = mul(cast(equal(slice(room, cuts), y!), 'float32'), open);
    open = sub(open, won);
    byOffset.set(tap.join(), mul(dy!, won));
  }
  const spread = gatherPhases(byOffset, { kernel, strides, counts, lead: fixedShape(x!.shape.slice(0, 2)) });
  return [
    padOrCrop(
      spread,
      begins.map((b) => -b),
      ends.map((e) => -e),
      0,
    ),
  ];
}

/** Every position of a window, in scan order. */
const positions = (kernel: readonly number[]): readonly (readonly number[])[] =>
  kernel.reduce<number[][]>(
    (found, size) => found.flatMap((p) => Array.from({ length: size }, (_, i) => [...p, i])),
    [[]],
  );

/** Pads where numbers are positive, cuts where they are negative. */
function padOrCrop(x: Value, begins: readonly number[], ends: readonly number[], fill: number): Value {
  const cuts = begins.flatMap((begin, i) =>
    begin < 0 || ends[i]! < 0
      ? [{ axis: 2 + i, start: Math.max(-begin, 0), end: (x.shape[2 + i] as number) + Math.min(ends[i]!, 0) }]
      : [],
  );
  const cut = cuts.length > 0 ? slice(x, cuts) : x;
  const side = (given: readonly number[]) => [0, 0, ...given.map((g) => Math.max(g, 0))];
  return pad(cut, [...side(begins), ...side(ends)], fill);
}

interface Phases {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly counts: readonly number[];
  /** [n, c] */
  readonly lead: readonly number[];
}

/** Adds each tap's share at stride * window + tap: taps of one phase (tap mod stride) shift by whole strides, phases interleave. */
function gatherPhases(shares: ReadonlyMap<string, Value>, { kernel, strides, counts, lead }: Phases): Value {
  const extra = kernel.map((k, i) => Math.ceil(k / strides[i]!) - 1);
  const lengths = counts.map((count, i) => count + extra[i]!);
  const phase = (offset: readonly number[]): Value => {
    const parts = positions(extra.map((e) => e + 1)).flatMap((shift) => {
      const share = shares.get(offset.map((o, i) => o + shift[i]! * strides[i]!).join());
      return share
        ? [
            padOrCrop(
              share,
              shift,
              shift.map((s, i) => extra[i]! - s),
              0,
            ),
          ]
        : [];
    });
    return parts.length > 0
      ? parts.reduce((a, b) => add(a, b))
      : constant(new Float32Array(elements([...lead, ...lengths])), [...lead, ...lengths]);
  };
  const interleaveFrom = (offset: readonly number[]): Value => {
    const axis = offset.length;
    if (axis === strides.length) return phase(offset);
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
