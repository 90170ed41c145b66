/** The article's figure for any network: layer, output shape, parameters, multiply-adds. */
import { elements, type Node, nodesOf, type Op, type ParameterValue, type Value } from '../graph/index.js';
import { buildNetwork, type Network } from './network.js';

/** A layer: its output, parameters and multiply-adds. */
export interface LayerRow {
  /** Path of the layer, for example `layer1.0.conv1`. */
  readonly layer: string;
  /** Operators of the layer, for example `Conv`. */
  readonly kind: string;
  /** Shape of its result for one sample. */
  readonly output: readonly number[];
  /** Learned numbers. */
  readonly parameters: number;
  /** Multiply-adds for one sample. */
  readonly multiplyAdds: number;
}

/** A network as a table, and its sums. */
export interface Summary {
  readonly name: string;
  readonly input: readonly number[];
  readonly layers: readonly LayerRow[];
  readonly parameters: number;
  readonly multiplyAdds: number;
}

/**
 * Multiply-adds of one node, where it has any. A convolution has one per product; a batch normalisation two per element
 * (normalise, then scale and shift), as the published figures count them.
 */
const multiplyAdds: { readonly [K in Op]?: (y: Value, inputs: readonly Value[]) => number } = {
  Conv: (y, [, w]) => elements(y.shape) * elements(w!.shape.slice(1)),
  ConvTranspose: (_, [x, w]) => elements(x!.shape) * elements(w!.shape.slice(1)),
  Gemm: (y, [, w]) => elements(y.shape) * Math.max(elements(w!.shape) / (y.shape[1] as number), 1),
  BatchNormalization: (y) => 2 * elements(y.shape),
};

/** Layers of a network in order, and their totals. */
export function summarise(network: Network): Summary {
  const { y } = buildNetwork(network, { batch: 1 });
  const seen = new Set<string>();
  const layers = byScope(nodesOf([y])).map((nodes): LayerRow => {
    const learned = nodes.flatMap((node) => node.inputs).filter((value) => isFresh(value, seen));
    return {
      layer: nodes[0]!.scope,
      kind: [...new Set(nodes.map((node) => node.op))].join(' + '),
      output: nodes.at(-1)!.outputs[0]!.shape.slice(1) as readonly number[],
      parameters: sum(learned, (p) => elements(p.shape)),
      multiplyAdds: sum(nodes, (node) => multiplyAdds[node.op]?.(node.outputs[0]!, node.inputs) ?? 0),
    };
  });
  return {
    name: network.name,
    input: network.input,
    layers,
    parameters: sum(layers, (row) => row.parameters),
    multiplyAdds: sum(layers, (row) => row.multiplyAdds),
  };
}

const sum = <T>(items: readonly T[], of: (item: T) => number) => items.reduce((total, item) => total + of(item), 0);

/** A learned parameter that no layer before has counted. */
function isFresh(value: Value, seen: Set<string>): value is ParameterValue {
  const { source } = value;
  if (source.kind !== 'parameter' || !source.trainable || seen.has(source.name)) return false;
  seen.add(source.name);
  return true;
}

/** Runs of nodes that stand in one place, as many as a summary has layers. */
export function byScope(nodes: readonly Node[]): readonly (readonly Node[])[] {
  const groups: Node[][] = [];
  for (const node of nodes) {
    const open = groups.at(-1);
    if (open && open[0]!.scope === node.scope) open.push(node);
    else groups.push([node]);
  }
  return groups;
}
