/** Batch normalisation by given statistics, taken into the convolution before it: the same result with a pass less. */
import { add, apply, type Graph, mul, type Node, pow, reshape, sub, type Value } from '../graph/index.js';
import { countReaders, rewrite, withOutputs } from './rewrite.js';

/**
 * The graph without the batch normalisations that follow a convolution which nobody else reads:
 * (w * x - mean) f + bias = (w f) * x + bias - mean f, with f = scale (variance + epsilon)^-1/2 per channel.
 * The new filters are computed in the graph; `hoist` takes that out of every run.
 */
export function foldBatchNorm(graph: Graph): Graph {
  const readers = countReaders(graph);
  const folded = rewrite<Value>(graph, {
    leaf: (value) => value,
    node: (node, inputs) =>
      (node.op === 'BatchNormalization' && readers.get(node.inputs[0]!) === 1 && takenIn(node, inputs)) ||
      apply(node.op, inputs, node.attributes as never),
  });
  return withOutputs(graph, (_, value) => folded(value));
}

function takenIn({ attributes }: Node<'BatchNormalization'>, inputs: readonly Value[]): readonly Value[] | undefined {
  const [x, scale, bias, mean, variance] = inputs as [Value, Value, Value, Value, Value];
  const before = x.source.kind === 'node' ? x.source.node : undefined;
  if (before?.op !== 'Conv' && before?.op !== 'ConvTranspose') return undefined;
  const perOutput = before.op === 'Conv' ? [-1, 1, 1, 1] : [1, -1, 1, 1];
  if (x.shape.length !== 4 || (before.op === 'ConvTranspose' && before.attributes.group !== 1)) return undefined;
  const [image, filter, shift] = before.inputs as [Value, Value, Value | undefined];
  const factor = mul(scale, pow(add(variance, attributes.epsilon), -0.5));
  const rest = sub(bias, mul(mean, factor));
  const operands = [image, mul(filter, reshape(factor, perOutput)), shift ? add(rest, mul(shift, factor)) : rest];
  return apply(before.op, operands, before.attributes as never);
}
