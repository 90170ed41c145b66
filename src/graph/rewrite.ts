/** Making a graph of another, node by node. */
import { apply, scopedAs } from './build.js';
import type { Graph, Node, Value } from './types.js';
import { nodesOf } from './walk.js';

/** Walks a graph from its leaves to its outputs; the answer says what became of a value. */
export function rewrite<T>(
  graph: Graph,
  { leaf, node: rewritten }: { leaf: (value: Value) => T; node: (node: Node, inputs: readonly T[]) => readonly T[] },
): (value: Value) => T {
  const made = new Map<Value, T>();
  const now = (value: Value): T => {
    const known = made.get(value);
    if (known !== undefined) return known;
    const first = leaf(value);
    made.set(value, first);
    return first;
  };
  for (const node of nodesOf(Object.values(graph.outputs))) {
    const outputs = scopedAs(node.scope, () => rewritten(node, node.inputs.map(now)));
    for (const [i, output] of node.outputs.entries()) made.set(output, outputs[i]!);
  }
  return now;
}

/** The same operators on other leaves. */
export const withLeaves = (graph: Graph, leaf: (value: Value) => Value): ((value: Value) => Value) =>
  rewrite(graph, { leaf, node: ({ op, attributes }, inputs) => apply(op, inputs, attributes as never) });

/** The same graph with what `become` makes of each output; names stay. */
export const withOutputs = ({ name, outputs }: Graph, become: (name: string, value: Value) => Value): Graph => ({
  name,
  outputs: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, become(name, value)])),
});

/** How many operands and outputs each value is. */
export function countReaders({ outputs }: Graph): ReadonlyMap<Value, number> {
  const readers = new Map<Value, number>();
  const count = (value: Value) => readers.set(value, (readers.get(value) ?? 0) + 1);
  for (const node of nodesOf(Object.values(outputs))) node.inputs.forEach(count);
  Object.values(outputs).forEach(count);
  return readers;
}
