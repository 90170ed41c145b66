/** Updates that may be written over the value that they replace. */
import { type Graph, type Node, nodesOf, type Op } from '../graph/index.js';

/** The engine may let the result of these share the memory of what they are given. */
const VIEWS: ReadonlySet<Op> = new Set(['Identity', 'Reshape']);

/**
 * Outputs whose variable nobody reads any more when they are computed: every node that reads it hands its result to the node that computes the output. So it
 * is with momentum, moments and running means, and not with weights, which gradients of earlier layers still need.
 *
 * @param updates output name -> variable name
 */
export function inPlace(graph: Graph, updates: Readonly<Record<string, string>>): readonly string[] {
  const readers = new Map<string, Set<Node>>();
  for (const node of nodesOf(Object.values(graph.outputs)))
    for (const { source } of node.inputs)
      if (source.kind === 'parameter') readers.set(source.name, (readers.get(source.name) ?? new Set()).add(node));
  return Object.entries(updates).flatMap(([output, variable]) => {
    const source = graph.outputs[output]?.source;
    const found = [...(readers.get(variable) ?? [])];
    if (source?.kind !== 'node' || found.length === 0 || isOut(graph, variable)) return [];
    const given = new Set(
      source.node.inputs.map((value) => (value.source.kind === 'node' ? value.source.node : undefined)),
    );
    return found.every((reader) => given.has(reader) && !VIEWS.has(reader.op)) ? [output] : [];
  });
}

/** Whether a variable's old value is itself an output. */
const isOut = ({ outputs }: Graph, variable: string): boolean =>
  Object.values(outputs).some(({ source }) => source.kind === 'parameter' && source.name === variable);
