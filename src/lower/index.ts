/**
 * From *what* to *how*: rewrites a graph for a target by a table of lowerings, one per operator that the target formulates
 * its own way. Operators without an entry stay as they are.
 */
import { apply, type Graph, type Node, nodesOf, scopedAs, type Value } from '../graph/index.js';
import type { Lowering, Lowerings } from './lowering.js';
import { portable } from './portable.js';

export type { Lowering, Lowerings } from './lowering.js';

/** Targets by name. `portable` uses ONNX's standard operators only and serves every device. */
export const targets = { portable } satisfies Record<string, Lowerings>;
export type Target = keyof typeof targets;

/** The same graph in the operators of a target. Outputs keep their names, inputs and parameters their identity. */
export function lower(graph: Graph, target: Target = 'portable'): Graph {
  const table: Lowerings = targets[target];
  const lowered = new Map<Value, Value>();
  const now = (value: Value) => lowered.get(value) ?? value;
  for (const node of nodesOf(Object.values(graph.outputs))) {
    const inputs = node.inputs.map(now);
    const outputs = scopedAs(node.scope, () => lowerNode(node, inputs, table));
    for (const [i, output] of node.outputs.entries()) lowered.set(output, outputs[i]!);
  }
  return {
    name: graph.name,
    outputs: Object.fromEntries(Object.entries(graph.outputs).map(([name, value]) => [name, now(value)])),
  };
}

function lowerNode(node: Node, inputs: readonly Value[], table: Lowerings): readonly Value[] {
  const rule = table[node.op] as Lowering<unknown> | undefined;
  if (rule) return rule(inputs, node.attributes);
  return inputs.every((input, i) => input === node.inputs[i])
    ? node.outputs
    : apply(node.op, inputs, node.attributes as never);
}
