/** What a graph of another program is made of, read off the graph: where stages end, and which layer tells classes apart. */

import { UserError } from '../errors.js';
import {
  type Graph,
  leavesOf,
  type Node,
  nodesOf,
  type ParameterValue,
  parameter,
  type Value,
  withLeaves,
  withOutputs,
} from '../graph/index.js';

/** A value with the number of the node that makes it. */
interface Cut {
  readonly value: Value;
  readonly at: number;
}

/**
 * Values [n, c, h, w] on which all that follows depends alone, the last one of each size: where a residual network's stages end.
 * Sizes at which nothing forks, such as that of a stem, belong to the stage after them; where nothing forks at all, each is one.
 */
export function stageEnds(y: Value): readonly Value[] {
  const order = nodesOf([y]);
  const cuts = cutsOf(order, y);
  const sizeOf = ({ shape }: Value) => `${shape.slice(2)}`;
  const maps = cuts.filter(({ value }) => value.shape.length === 4);
  const last = maps.filter((cut, i) => i === maps.length - 1 || sizeOf(maps[i + 1]!.value) !== sizeOf(cut.value));
  const alone = new Set(cuts.map(({ at }) => at));
  const forks = last.filter(({ at }, i) => {
    const from = i === 0 ? 0 : last[i - 1]!.at + 1;
    return Array.from({ length: at - from }, (_, k) => from + k).some((k) => !alone.has(k));
  });
  return (forks.length > 0 ? forks : last).map(({ value }) => value);
}

/** Values that are all which is still to be read when they are made. */
function cutsOf(order: readonly Node[], y: Value): readonly Cut[] {
  const onInput = new Set(leavesOf([y]).filter(({ source }) => source.kind === 'input'));
  const lastRead = new Map<Value, number>([[y, order.length]]);
  for (const [i, { inputs }] of order.entries()) for (const value of inputs) if (value !== y) lastRead.set(value, i);
  const live = new Set<Value>(onInput);
  const known = new Set<Value>(onInput);
  return order.flatMap(({ inputs, outputs }, at) => {
    if (!inputs.some((value) => known.has(value))) return [];
    for (const value of inputs) if (lastRead.get(value) === at) live.delete(value);
    for (const value of outputs) {
      known.add(value);
      if (lastRead.has(value)) live.add(value);
    }
    const [value] = outputs as readonly [Value];
    return live.size === 1 && live.has(value) ? [{ value, at }] : [];
  });
}

/** The layer that makes logits of features. */
export interface Head {
  /** What goes in: features [n, d], or [n, d, …] of a convolution. */
  readonly features: Value;
  readonly weight: ParameterValue;
  readonly bias: ParameterValue | undefined;
  /** The axis of the weight that counts classes. */
  readonly axis: 0 | 1;
}

/** Operators that may stand between the last layer and the output, and change no number but by taking means. */
const AFTER: ReadonlySet<string> = new Set([
  'Cast',
  'Flatten',
  'GlobalAveragePool',
  'Identity',
  'ReduceMean',
  'Relu',
  'Reshape',
  'Squeeze',
]);

/** The last Gemm, MatMul (with its Add) or 1x1 convolution; none where the output is made otherwise. */
export function headOf(y: Value): Head | undefined {
  const node = y.source.kind === 'node' ? y.source.node : undefined;
  if (!node) return undefined;
  const [x, weight, bias] = node.inputs as readonly [Value, Value | undefined, Value | undefined];
  if (AFTER.has(node.op)) return headOf(x);
  if (node.op === 'Gemm' && isParameter(weight) && (!bias || isParameter(bias)))
    return { features: x, weight, bias, axis: node.attributes.transB ? 0 : 1 };
  if (node.op === 'MatMul' && isParameter(weight)) return { features: x, weight, bias: undefined, axis: 1 };
  if (node.op === 'Conv' && isParameter(weight) && (!bias || isParameter(bias)) && isPoint(weight, node))
    return { features: x, weight, bias, axis: 0 };
  if (node.op !== 'Add') return undefined;
  const [shift, product] = isParameter(weight) ? [weight, x] : [x, weight!];
  const head = product.source.kind === 'node' && product.source.node.op === 'MatMul' ? headOf(product) : undefined;
  return head && isParameter(shift) ? { ...head, bias: shift } : undefined;
}

const isParameter = (value: Value | undefined): value is ParameterValue => value?.source.kind === 'parameter';
const isPoint = ({ shape }: Value, { attributes }: Node<'Conv'>) =>
  attributes.group === 1 && shape.slice(2).every((d) => d === 1);

/** The graph with a head for so many classes, to be drawn anew: as PyTorch's Linear begins, uniform within 1 / sqrt(features). */
export function withHead(graph: Graph, classes: number): Graph {
  const [y] = Object.values(graph.outputs) as [Value];
  const head = headOf(y);
  if (!head)
    throw new UserError(
      `${graph.name} does not end in a dense layer or a 1x1 convolution whose weights are its own, so it can take no new classes`,
    );
  const { weight, bias, axis } = head;
  const sizes = weight.shape.map((d, i) => (i === axis ? classes : d));
  const bound = 1 / Math.sqrt(weight.shape[1 - axis] as number);
  const initial = { kind: 'uniform', bound } as const;
  const made = withLeaves(graph, (value) => {
    if (value === weight) return parameter(weight.source.name, sizes, { initial });
    if (value === bias)
      return parameter(
        bias.source.name,
        bias.shape.map((d) => (d === weight.shape[axis] ? classes : d)),
        { initial },
      );
    return value;
  });
  return withOutputs(graph, (_, value) => made(value));
}
