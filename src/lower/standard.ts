/** Lowering to ONNX's standard operators, node by node: all that devices other than the CPU of Node need. */
import { apply, type Graph, type Node, type Op, rewrite, type Value, withOutputs } from '../graph/index.js';
import type { Lowering } from './lowering.js';
import { portable } from './portable.js';
import type { Target } from './targets.js';
import { webgpu } from './webgpu.js';

/** The same graph in standard operators; what `webgpu` gets wrong is said otherwise. Blocks are no concern of it. */
export function lowerStandard(graph: Graph, target: Target = 'portable'): Graph {
  const standard = lowerNodes(graph, portable);
  return target === 'webgpu' ? lowerNodes(standard, webgpu) : standard;
}

type Table = Readonly<Partial<Record<Op, Lowering<never>>>>;

function lowerNodes(graph: Graph, table: Table): Graph {
  const lowered = rewrite(graph, {
    leaf: (value: Value) => value,
    node: (node, inputs) => lowerNode(node, inputs, table),
  });
  return withOutputs(graph, (_, value) => lowered(value));
}

/** The outputs of a node, of inputs that are lowered already. */
export function lowerNode(node: Node, inputs: readonly Value[], table: Table): readonly Value[] {
  const rule = table[node.op] as Lowering<unknown> | undefined;
  if (rule) return rule(inputs, node.attributes);
  return inputs.every((input, i) => input === node.inputs[i])
    ? node.outputs
    : apply(node.op, inputs, node.attributes as never);
}
