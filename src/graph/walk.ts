/** Reading a graph: order of nodes, leaves, text. */
import { UserError } from '../errors.js';
import { show } from './sizes.js';
import type { Graph, Input, InputValue, Node, Parameter, ParameterValue, Value } from './types.js';

/**
 * Every node that the values depend on, each after those it needs. Iterative: nets of 1,000 layers do not overflow the stack.
 * @param until values whose own making does not interest
 */
export function nodesOf(values: Iterable<Value>, until: ReadonlySet<Value> = new Set()): readonly Node[] {
  const order: Node[] = [];
  const state = new Map<Node, 'open' | 'done'>();
  const stack = [...values].reverse();
  while (stack.length > 0) {
    const { source } = stack.at(-1)!;
    if (until.has(stack.at(-1)!) || source.kind !== 'node' || state.get(source.node) === 'done') stack.pop();
    else if (state.get(source.node) === 'open') {
      state.set(source.node, 'done');
      order.push(source.node);
      stack.pop();
    } else {
      state.set(source.node, 'open');
      for (const value of [...source.node.inputs].reverse()) stack.push(value);
    }
  }
  return order;
}

/** Every leaf that the values depend on, in order of first use. */
export function leavesOf(values: readonly Value[]): readonly Value[] {
  const leaves = new Set<Value>();
  const note = (value: Value) => value.source.kind !== 'node' && leaves.add(value);
  for (const node of nodesOf(values)) node.inputs.forEach(note);
  values.forEach(note);
  return [...leaves];
}

const typeOf = ({ dtype, shape }: Value) => `${dtype}${show(shape)}`;

const named = <K extends 'input' | 'parameter'>(graph: Graph, kind: K) => {
  const byName = new Map<string, Value & { readonly source: K extends 'input' ? Input : Parameter }>();
  for (const leaf of leavesOf(Object.values(graph.outputs)))
    if (leaf.source.kind === kind) {
      const { name } = leaf.source as Input | Parameter;
      const known = byName.get(name);
      if (known && typeOf(known) !== typeOf(leaf))
        throw new UserError(
          `${kind} ${name} is used as ${typeOf(known)} and as ${typeOf(leaf)}: give one of them another name`,
        );
      byName.set(name, leaf as never);
    }
  return [...byName.values()];
};

/** The inputs that the outputs of a graph need. */
export const inputsOf = (graph: Graph): readonly InputValue[] => named(graph, 'input');
/** The parameters that the outputs of a graph need. */
export const parametersOf = (graph: Graph): readonly ParameterValue[] => named(graph, 'parameter');

/** The graph as text, a line per node: `%12 [n, 64, 56, 56] = Conv(%10, layer1.0.conv1.weight) {strides: 1,1 …}`. */
export function print(graph: Graph): string {
  const names = new Map<Value, string>();
  const nameOf = (value: Value): string => {
    const { source } = value;
    if (source.kind === 'node') return names.get(value) ?? '?';
    return source.kind === 'constant' ? `constant${show(value.shape)}` : source.name;
  };
  const lines = nodesOf(Object.values(graph.outputs)).map((node) => {
    for (const output of node.outputs) names.set(output, `%${names.size}`);
    const attributes = Object.entries(node.attributes).map(([key, value]) => `${key}: ${value}`);
    const outputs = node.outputs.map((output) => `${names.get(output)} ${show(output.shape)}`).join(', ');
    const call = `${node.op}(${node.inputs.map(nameOf).join(', ')})`;
    return `  ${outputs} = ${call}${attributes.length ? ` {${attributes.join(', ')}}` : ''}${node.scope ? `  # ${node.scope}` : ''}`;
  });
  const leaf = (value: InputValue) => `${value.source.name} ${typeOf(value)}`;
  const outputs = Object.entries(graph.outputs).map(([name, value]) => `${name}: ${nameOf(value)}`);
  return [
    `graph ${graph.name} (${inputsOf(graph).map(leaf).join(', ')})`,
    ...lines,
    `  return ${outputs.join(', ')}`,
  ].join('\n');
}
