/**
 * Numbers that a file computes of shapes and constants while it could know them before: exporters write the padding of a shortcut or
 * the sizes of a Reshape as such chains. Here they are followed to their end when the file is read.
 */
import { type Dim, type DType, elements } from '../graph/index.js';

/** A tensor that is known without running anything. A free size (`'n'`) is known by its name. */
export interface Known {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Row-major; numbers of every type alike. */
  readonly data: readonly Dim[];
}

/** Larger ones are data, not sizes; none is made. */
export const MOST_KNOWN = 4096;

/** Attributes of a node as far as they matter here. */
export interface Given {
  readonly int: (name: string, otherwise: number) => number;
  readonly ints: (name: string) => readonly number[] | undefined;
  readonly dtype: (name: string) => DType;
  /** Of the tensor in an attribute. */
  readonly tensor: (name: string) => Known | undefined;
}

/** Operands that are left out are undefined. */
type Rule = (inputs: readonly (Known | undefined)[], given: Given) => Known | undefined;

const numbers = ({ data }: Known): readonly number[] | undefined =>
  data.every((d) => typeof d === 'number') ? (data as readonly number[]) : undefined;

/** Rounded as its type does. */
const stored = (value: number, dtype: DType): number => (dtype === 'float32' ? Math.fround(value) : Math.trunc(value));

/** With operands of one shape, or of which one is a single number. */
const binary =
  (compute: (a: number, b: number) => number): Rule =>
  ([a, b]) => {
    const [p, q] = [a && numbers(a), b && numbers(b)];
    if (!a || !b || !p || !q) return undefined;
    if (p.length !== q.length && p.length !== 1 && q.length !== 1) return undefined;
    const larger = p.length >= q.length ? a : b;
    const data = larger.data.map((_, i) =>
      stored(compute(p[p.length === 1 ? 0 : i]!, q[q.length === 1 ? 0 : i]!), a.dtype),
    );
    return { dtype: a.dtype, shape: larger.shape, data };
  };

/** What indices per axis take of a tensor. */
function taken({ dtype, shape, data }: Known, indices: readonly (readonly number[])[]): Known | undefined {
  const to = indices.map((list) => list.length);
  if (to.length !== shape.length || elements(to) > MOST_KNOWN) return undefined;
  const found = indices.reduce<readonly number[]>(
    (at, list, axis) => at.flatMap((before) => list.map((index) => before * shape[axis]! + index)),
    [0],
  );
  return { dtype, shape: to, data: found.map((at) => data[at]!) };
}

const every = (size: number): readonly number[] => Array.from({ length: size }, (_, i) => i);

/** Indices of Python's slice. */
function range(size: number, start: number, end: number, step: number): readonly number[] {
  const clamp = (v: number, low: number, high: number) => Math.min(Math.max(v < 0 ? v + size : v, low), high);
  const from = clamp(start, 0, step > 0 ? size : size - 1);
  const to = step > 0 ? clamp(end, 0, size) : end < -size ? -1 : clamp(end, -1, size - 1);
  const length = Math.max(0, Math.ceil((to - from) / step));
  return Array.from({ length }, (_, i) => from + i * step);
}

const position = (axis: number, axes: number) => (axis < 0 ? axis + axes : axis);

const reshaped: Rule = ([x, to]) => {
  const wanted = to && numbers(to);
  if (!x || !wanted || wanted.length > 16) return undefined;
  const kept = wanted.map((d, i) => (d === 0 ? (x.shape[i] ?? 0) : d));
  const rest = kept.filter((d) => d !== -1).reduce((a, b) => a * b, 1);
  const shape = kept.map((d) => (d === -1 ? x.data.length / rest : d));
  return elements(shape) === x.data.length && shape.every(Number.isInteger) ? { ...x, shape } : undefined;
};

/** Axes as an attribute (before opset 13) or as a second input. */
const axesIn = (axes: Known | undefined, given: Given) => (axes ? numbers(axes) : given.ints('axes'));

export const arithmetic: Readonly<Record<string, Rule>> = {
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b) => a / b),
  Identity: ([x]) => x,
  Cast([x], given) {
    const dtype = given.dtype('to');
    return x && { dtype, shape: x.shape, data: x.data.map((d) => (typeof d === 'number' ? stored(d, dtype) : d)) };
  },
  Concat(inputs) {
    if (!inputs.every((x) => x?.shape.length === 1)) return undefined;
    const data = inputs.flatMap((x) => x?.data ?? []);
    return data.length > MOST_KNOWN ? undefined : { dtype: inputs[0]!.dtype, shape: [data.length], data };
  },
  ConstantOfShape([shape], given) {
    const to = shape && numbers(shape);
    if (!to || to.some((d) => d < 0) || elements(to) > MOST_KNOWN) return undefined;
    const { dtype, data } = given.tensor('value') ?? { dtype: 'float32' as const, data: [0] };
    return { dtype, shape: to, data: Array<Dim>(elements(to)).fill(data[0] ?? 0) };
  },
  Gather([x, indices]) {
    const at = indices && numbers(indices);
    if (!x || !at || x.shape.length !== 1) return undefined;
    const found = at.map((i) => x.data[position(i, x.data.length)]);
    if (found.includes(undefined)) return undefined;
    return { dtype: x.dtype, shape: indices.shape, data: found as readonly Dim[] };
  },
  Reshape: reshaped,
  Slice([x, starts, ends, axes, steps]) {
    const [from, to] = [starts && numbers(starts), ends && numbers(ends)];
    if (!x || !from || !to) return undefined;
    const along = axes ? numbers(axes) : every(from.length);
    const by = steps ? numbers(steps) : from.map(() => 1);
    if (!along || !by || by.includes(0)) return undefined;
    const indices = x.shape.map(every);
    for (const [i, axis] of along.entries()) {
      const place = position(axis, x.shape.length);
      if (indices[place] === undefined || by[i] === undefined || to[i] === undefined) return undefined;
      indices[place] = range(x.shape[place]!, from[i]!, to[i]!, by[i]!);
    }
    return taken(x, indices);
  },
  Squeeze([x, axes], given) {
    const gone = axesIn(axes, given);
    if (!x) return undefined;
    const places = gone?.map((axis) => position(axis, x.shape.length));
    return { ...x, shape: x.shape.filter((d, i) => (places ? !places.includes(i) : d !== 1)) };
  },
  Transpose([x], given) {
    const perm = given.ints('perm') ?? (x && every(x.shape.length).toReversed());
    if (!x || !perm || x.shape.length !== 2 || `${perm}` !== '1,0') return x && x.shape.length < 2 ? x : undefined;
    const [rows, columns] = x.shape as [number, number];
    const data = every(columns).flatMap((column) => every(rows).map((row) => x.data[row * columns + column]!));
    return { dtype: x.dtype, shape: [columns, rows], data };
  },
  Unsqueeze([x, axes], given) {
    const added = axesIn(axes, given);
    if (!x || !added || x.shape.length + added.length > 16) return undefined;
    const length = x.shape.length + added.length;
    const places = new Set(added.map((axis) => position(axis, length)));
    const rest = [...x.shape];
    return { ...x, shape: every(length).map((i) => (places.has(i) ? 1 : (rest.shift() ?? 1))) };
  },
};
