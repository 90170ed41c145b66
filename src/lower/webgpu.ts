/**
 * For the engine's WebGPU provider: what version 1.30 computes wrongly there, or leaves to the CPU, in other words. Found by asking it for every operator
 * (test/devices); applies to graphs that are lowered to portable ones already.
 */
import {
  type Attributes,
  add,
  apply,
  axesOf,
  concat,
  exp,
  log,
  type Op,
  reduceMax,
  reduceSum,
  reshape,
  slice,
  sliceLength,
  sub,
  type Value,
} from '../graph/index.js';
import type { Lowering } from './lowering.js';

type Rule<K extends Op> = Lowering<Attributes[K]>;

/** Of slices that run backwards, the provider knows those that begin at the last element: so elements are cut out first, then turned. */
const backwards: Rule<'Slice'> = ([x], attributes) => {
  const { starts, ends, axes, steps } = attributes;
  const { shape } = x!;
  const positions = axesOf(axes, shape.length);
  const isKnown = positions.every((axis) => typeof shape[axis] === 'number');
  if (!isKnown || steps.every((step) => step > 0)) return apply('Slice', [x!], attributes);
  const cuts = positions.map((axis, i) => {
    const [start, end, step, size] = [starts[i]!, ends[i]!, steps[i]!, shape[axis] as number];
    if (step > 0) return { axis, start, end, step, count: 1 };
    const count = sliceLength(size, start, end, step);
    const first = Math.min(Math.max(start < 0 ? start + size : start, 0), size - 1);
    return { axis, start: first + (count - 1) * step, end: first + 1, step: -step, count };
  });
  if (cuts.some(({ count }) => count === 0)) return apply('Slice', [x!], attributes);
  const turns = cuts.filter(({ count }) => count > 1);
  const cut = slice(x!, cuts);
  if (turns.length === 0) return [cut];
  const turned = ({ axis, count }: (typeof turns)[number]) => ({
    axis,
    start: count - 1,
    end: Number.NEGATIVE_INFINITY,
    step: -1,
  });
  return [slice(cut, turns.map(turned))];
};

/** Groups of several channels to one: to two equal ones, of which one is taken. */
const singles: Rule<'ConvTranspose'> = (inputs, attributes) => {
  const [x, w, bias] = inputs as [Value, Value, Value | undefined];
  const isAlone = attributes.group > 1 && w.shape[1] === 1 && (w.shape[0] as number) > attributes.group;
  if (!isAlone) return apply('ConvTranspose', inputs, attributes);
  const [both] = apply('ConvTranspose', [x, concat([w, w], 1)], attributes);
  const y = slice(both!, [{ axis: 1, start: 0, end: Number.POSITIVE_INFINITY, step: 2 }]);
  return [bias ? add(y, reshape(bias, [-1, ...Array<number>(y.shape.length - 2).fill(1)])) : y];
};

/** log softmax(x) = z - log(sum exp z) with z = x - max x; the provider leaves the operator to the CPU. */
const logSoftmax: Rule<'LogSoftmax'> = ([x], { axis }) => {
  const z = sub(x!, reduceMax(x!, { axes: [axis], keepdims: true }));
  return [sub(z, log(reduceSum(exp(z), { axes: [axis], keepdims: true })))];
};

export const webgpu = {
  ConvTranspose: singles,
  LogSoftmax: logSoftmax,
  Slice: backwards,
};
