/** What can be worked into weights that do not change: the same result with fewer passes. */
import {
  add,
  apply,
  countReaders,
  type Graph,
  mul,
  type Node,
  type Op,
  one,
  pow,
  reshape,
  rewrite,
  sub,
  transpose,
  type Value,
  withOutputs,
} from '../graph/index.js';

/**
 * The graph without the batch normalisations that follow a convolution which nobody else reads, and with dense layers' matrices the
 * way products read them fastest. New weights are computed in the graph; `hoist` takes that out of every run.
 */
export function foldWeights(graph: Graph): Graph {
  const readers = countReaders(graph);
  const sole = (value: Value) => readers.get(value) === 1;
  const folded = rewrite<Value>(graph, {
    leaf: (value) => value,
    node: (node, inputs) => {
      const rule = rules[node.op] as Rule<Op> | undefined;
      return rule?.(node, inputs, sole) ?? apply(node.op, inputs, node.attributes as never);
    },
  });
  return withOutputs(graph, (_, value) => folded(value));
}

type Rule<K extends Op> = (
  node: Node<K>,
  inputs: readonly Value[],
  sole: (value: Value) => boolean,
) => readonly Value[] | undefined;

const rules: { readonly [K in Op]?: Rule<K> } = {
  // (w * x - mean) f + bias = (w f) * x + bias - mean f, with f = scale (variance + epsilon)^-1/2 per channel
  BatchNormalization: (node, inputs, sole) => (sole(node.inputs[0]!) ? takenIn(node, inputs) : undefined),
  // for few rows the engine would turn the matrix at every run
  Gemm: ({ attributes }, [x, w, bias]) =>
    attributes.transB
      ? [one('Gemm', [x!, transpose(w!, [1, 0]), ...(bias ? [bias] : [])], { ...attributes, transB: 0 })]
      : undefined,
};

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
