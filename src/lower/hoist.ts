/** Taking out of a graph what is the same at every run. */
import {
  apply,
  fixedShape,
  type Graph,
  inputsOf,
  parameter,
  parametersOf,
  reshape,
  rewrite,
  type Value,
  withOutputs,
} from '../graph/index.js';

export interface Hoisted {
  /** Computes, of parameters that never change, what `rest` needs of them. */
  readonly once: Graph;
  /** The graph with the results of `once` as parameters, under the names that they have there. */
  readonly rest: Graph;
}

/** Divides a graph whose parameters are fixed into what depends on them alone and what depends on inputs. */
export function hoist(graph: Graph): Hoisted {
  const outputs: Record<string, Value> = {};
  const stand = new Map<Value, Value>();
  const taken = new Set([...parametersOf(graph), ...inputsOf(graph)].map(({ source }) => source.name));
  const free = (number = stand.size): string => (taken.has(`once:${number}`) ? free(number + 1) : `once:${number}`);
  /** A fixed value as what follows sees it. */
  const result = (value: Value): Value => {
    if (value.source.kind !== 'node') return value;
    const known = stand.get(value);
    if (known) return known;
    // the engine copies what a graph ends in a Reshape of, and none that it begins with
    if (value.source.node.op === 'Reshape') {
      const [from] = value.source.node.inputs as [Value];
      return reshape(result(from), fixedShape(value.shape));
    }
    const name = free();
    taken.add(name);
    outputs[name] = value;
    const made = parameter(name, value.shape, { trainable: false });
    stand.set(value, made);
    return made;
  };
  const isFixed = new Set<Value>();
  const made = rewrite<Value>(graph, {
    leaf(value) {
      if (value.source.kind !== 'input') isFixed.add(value);
      return value;
    },
    node(node, inputs) {
      const fixed = inputs.every((input) => isFixed.has(input)) && node.outputs.every((o) => o.dtype === 'float32');
      if (fixed) for (const output of node.outputs) isFixed.add(output);
      if (fixed) return node.outputs;
      return apply(
        node.op,
        inputs.map((input) => (isFixed.has(input) ? result(input) : input)),
        node.attributes as never,
      );
    },
  });
  const rest = withOutputs(graph, (_, value) => (isFixed.has(made(value)) ? result(made(value)) : made(value)));
  return { once: { name: `${graph.name}, once`, outputs }, rest };
}
