/** Batch normalisations worked into the convolutions before them: as exporters do, with fewer and other weights. */
import {
  apply,
  countReaders,
  type Graph,
  type Node,
  parameter,
  rewrite,
  type Value,
  withOutputs,
} from '../graph/index.js';
import type { Weights } from './model.js';

/** A graph and the values of its parameters. */
export interface Weighted {
  readonly graph: Graph;
  readonly weights: Weights;
}

/**
 * (w * x - mean) f + bias = (w f) * x + bias - mean f, with f = scale (variance + epsilon)^-1/2 per channel. Filters keep their names,
 * and what is added has the name of a bias beside them. Norms that follow anything but a convolution that nobody else reads stay.
 */
export function foldNorms({ graph, weights }: Weighted): Weighted {
  const readers = countReaders(graph);
  const made: Record<string, Weights[string]> = {};
  const folded = rewrite<Value>(graph, {
    leaf: (value) => value,
    node(node, inputs) {
      const conv = node.op === 'BatchNormalization' ? convBefore(node, readers) : undefined;
      const found = conv && takenIn(node as Node<'BatchNormalization'>, conv, weights);
      if (!found) return apply(node.op, inputs, node.attributes as never);
      for (const { source, tensor } of found) made[source] = tensor;
      const operands = found.map(({ source, tensor }) => parameter(source, tensor.shape));
      const [norm] = inputs as readonly [Value];
      const image = norm.source.kind === 'node' ? norm.source.node.inputs[0]! : norm;
      return apply(conv.op, [image, ...operands], conv.attributes as never);
    },
  });
  return { graph: withOutputs(graph, (_, value) => folded(value)), weights: { ...weights, ...made } };
}

type Convolution = Node<'Conv'> | Node<'ConvTranspose'>;

/** The convolution that a norm follows, where both can be one: nothing else reads it, nor its weights. */
function convBefore({ inputs: [x] }: Node, readers: ReadonlyMap<Value, number>): Convolution | undefined {
  const node = x?.source.kind === 'node' ? x.source.node : undefined;
  if (!x || (node?.op !== 'Conv' && node?.op !== 'ConvTranspose') || readers.get(x) !== 1) return undefined;
  if (node.op === 'ConvTranspose' && node.attributes.group !== 1) return undefined;
  return node.inputs.slice(1).every((own) => readers.get(own) === 1) ? node : undefined;
}

const nameOf = (value: Value | undefined): string | undefined =>
  value?.source.kind === 'parameter' ? value.source.name : undefined;

interface Made {
  /** Its name. */
  readonly source: string;
  readonly tensor: Weights[string];
}

/** Filter and bias of the convolution that is both; none where their values are not all there. */
function takenIn(
  { inputs, attributes: { epsilon } }: Node<'BatchNormalization'>,
  { op, inputs: [, filter, shift] }: Convolution,
  weights: Weights,
): readonly [Made, Made] | undefined {
  const of = (value: Value | undefined) => weights[nameOf(value) ?? ''];
  const [w, old] = [of(filter), of(shift)];
  const [scale, bias, mean, variance] = inputs.slice(1).map(of);
  if (!w || (shift && !old) || !scale || !bias || !mean || !variance) return undefined;
  const factors = scale.data.map((s, i) => s / Math.sqrt(variance.data[i]! + epsilon));
  const channels = factors.length;
  // filters are [out, in, k, k], those of transposed convolutions [in, out, k, k]
  const axis = op === 'Conv' ? 0 : 1;
  const inner = w.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const data = w.data.map((value, i) => value * factors[Math.floor(i / inner) % channels]!);
  const rest = bias.data.map((b, i) => b + ((old?.data[i] ?? 0) - mean.data[i]!) * factors[i]!);
  const own = nameOf(filter)!;
  return [
    { source: own, tensor: { dtype: 'float32', shape: w.shape, data } },
    { source: nameOf(shift) ?? biasBeside(own, weights), tensor: { dtype: 'float32', shape: [channels], data: rest } },
  ];
}

/** `conv1.weight` -> `conv1.bias`. */
function biasBeside(filter: string, weights: Weights): string {
  const name = /(^|\.)weight$/.test(filter) ? filter.replace(/weight$/, 'bias') : `${filter}.bias`;
  return name in weights ? `${filter}.folded_bias` : name;
}
