/** A network out of a graph, as files of other formats hold them: applied to any value, as if its layers were written here. */
import { UserError } from '../errors.js';
import { type Graph, inputsOf, type Value, withLeaves } from '../graph/index.js';
import type { Build } from '../nn/index.js';
import type { NetworkConfig } from './config.js';
import type { Network } from './network.js';

/**
 * The network of a graph with one input [n, …] and one output, whose parameters keep their names.
 * @throws UserError for a graph of several inputs or outputs, or one that does not take float32
 */
export function graphNetwork(graph: Graph, { config, name }: Pick<Network, 'config' | 'name'>): Network {
  const [x, ...others] = inputsOf(graph);
  const [y, ...more] = Object.values(graph.outputs);
  if (!x || others.length > 0 || !y || more.length > 0 || x.dtype !== 'float32')
    throw new UserError(
      `expected a graph from one input of float32 to one output, got inputs ${inputsOf(graph).map(({ source, dtype }) => `${source.name} (${dtype})`)} and outputs ${Object.keys(graph.outputs)}; export it without the preprocessing`,
    );
  return {
    config: config as NetworkConfig,
    name,
    input: x.shape.slice(1) as readonly number[],
    forward: (value, build) => applied(graph, value, build)(y),
    embed() {
      throw new UserError(
        `${name} was read as one whole graph, which does not say where its features are; use the model it was made of`,
      );
    },
  };
}

const applied = (graph: Graph, x: Value, build: Build) =>
  withLeaves(graph, (value) => {
    const { source } = value;
    if (source.kind === 'input') return x;
    if (source.kind === 'parameter') build.parameters.set(source.name, { ...value, source });
    return value;
  });
