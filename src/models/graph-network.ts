/** A network out of a graph, as files of other formats hold them: applied to any value, as if its layers were written here. */
import { UserError } from '../errors.js';
import {
  apply,
  flatten,
  type Graph,
  globalAveragePool,
  input,
  inputsOf,
  type Node,
  nodesOf,
  type ParameterValue,
  parametersOf,
  rewrite,
  type Value,
} from '../graph/index.js';
import { type Build, type Layer, normalisedByBatch } from '../nn/index.js';
import type { NetworkConfig } from './config.js';
import { headOf, stageEnds, withHead } from './graph-parts.js';
import { type GraphConfig, graphOf, recordOf } from './graph-record.js';
import type { Network } from './network.js';

/**
 * The network of a graph with one input [n, …] and one output, whose parameters keep their names. In training, batch normalisations
 * go by the batch's own statistics, as those of a ResNet do; a fixed batch becomes a free one.
 * @param options.config what the network was made of; by default the graph itself, as JSON
 * @throws UserError for a graph of several inputs or outputs, one that does not take float32, or one for a single size of batch
 */
export function graphNetwork(
  graph: Graph,
  { config, name }: { readonly config?: NetworkConfig; readonly name: string },
): Network {
  const [x, ...others] = inputsOf(graph);
  const [y, ...more] = Object.values(graph.outputs);
  if (
    !x ||
    others.length > 0 ||
    !y ||
    more.length > 0 ||
    x.dtype !== 'float32' ||
    x.shape.slice(1).some((d) => typeof d === 'string')
  )
    throw new UserError(
      `expected a graph from one input of float32 to one output, got inputs ${inputsOf(graph).map(({ source, dtype, shape }) => `${source.name} (${dtype} [${shape}])`)} and outputs ${Object.keys(graph.outputs)}; export it without the preprocessing`,
    );
  const sample = x.shape.slice(1) as readonly number[];
  const isQuantised = nodesOf([y]).some(({ op }) => op === 'DequantizeLinear');
  const features = headOf(y)?.features;
  const ends = isQuantised ? [] : stageEnds(y);
  const layerTo =
    (to: Value): Layer =>
    (value, build) => {
      const made = applied({ graph, to }, value, build);
      build.boundaries.push(...ends.map(made).filter((end) => end !== undefined));
      return made(to)!;
    };
  return {
    config: config ?? recordOf({ ...freed(graph, sample), name }),
    name,
    input: sample,
    forward: layerTo(y),
    embed(value, build) {
      if (!features || isQuantised)
        throw new UserError(
          `${name} was read as one whole graph, which does not say where its features are; use the model it was made of`,
        );
      const found = layerTo(features)(value, build);
      return found.shape.length === 2 ? found : flatten(globalAveragePool(found));
    },
  };
}

/** The same graph for any number of images. */
function freed(graph: Graph, sample: readonly number[]): Graph {
  const [to] = Object.values(graph.outputs) as [Value];
  const made = applied({ graph, to }, input('input', ['n', ...sample]));
  return { name: graph.name, outputs: { output: made(to)! } };
}

/** What became of each value of a graph that goes into `to`. */
function applied(
  { graph, to }: { readonly graph: Graph; readonly to: Value },
  x: Value,
  build?: Build,
): (value: Value) => Value | undefined {
  // asked for here, since names of parameters go by what surrounds the network, not by its nodes
  const own = new Map<string, ParameterValue>(
    parametersOf(graph).map((p) => {
      const { name, initial, trainable, decays } = p.source;
      return [name, build ? build.parameter(name, p.shape, { initial, trainable, decays }) : p];
    }),
  );
  const until = { name: graph.name, outputs: { to } };
  const made = rewrite<Value>(until, {
    leaf: (value) =>
      value.source.kind === 'input' ? x : value.source.kind === 'parameter' ? own.get(value.source.name)! : value,
    node(node, inputs) {
      if (node.op === 'Reshape') return reshapedFree(node, inputs);
      return (build && trainingNorm(node, inputs, build)) ?? apply(node.op, inputs, node.attributes as never);
    },
  });
  const inside = new Set(nodesOf([to]).flatMap(({ outputs }) => outputs));
  return (value) => (inside.has(value) || value.source.kind !== 'node' ? made(value) : undefined);
}

/** A size of the batch that was written down is the batch's size. */
function reshapedFree(
  { inputs: [from], attributes: { shape } }: Node<'Reshape'>,
  inputs: readonly Value[],
): readonly Value[] {
  const kept = shape[0] === from!.shape[0] ? [0, ...shape.slice(1)] : shape;
  return apply('Reshape', inputs, { shape: kept });
}

/** A batch normalisation as it is trained; none where it is not trained, or has no parameters of its own. */
function trainingNorm(node: Node, inputs: readonly Value[], build: Build): readonly Value[] | undefined {
  if (node.op !== 'BatchNormalization' || !build.training) return undefined;
  const [x, scale, bias, mean, variance] = inputs as [Value, Value, Value, Value, Value];
  const isOwn = (value: Value): value is ParameterValue => value.source.kind === 'parameter' && !value.source.trainable;
  if (!isOwn(mean) || !isOwn(variance) || build.isFrozen(mean.source.name)) return undefined;
  const { epsilon } = node.attributes;
  const axes = x.shape.flatMap((_, i) => (i === 1 ? [] : [i]));
  const by = { scale, bias, mean, variance };
  return [normalisedByBatch(x, by, { epsilon, axes, momentum: 0.1, unbiased: true }, build)];
}

/** The network of a configuration. @throws UserError where it is damaged */
export const networkOfRecord = (config: GraphConfig): Network =>
  graphNetwork(graphOf(config), { config, name: config.name });

/**
 * The same network for other classes and other images: its last layer is made anew where their number differs.
 * @throws UserError where no layer counts the classes, or where the graph does not take images of that size
 */
export function retargeted(
  config: GraphConfig,
  { classes, size }: { readonly classes: number; readonly size?: readonly [number, number] | undefined },
): GraphConfig {
  const graph = size ? resized(config, size) : graphOf(config);
  return recordOf({ ...withHead(graph, classes), name: config.name });
}

function resized(config: GraphConfig, size: readonly [number, number]): Graph {
  const [channels] = config.input;
  try {
    return graphOf({ ...config, input: [channels!, ...size] });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      `${config.name} is made for images of ${config.input.slice(1).join(' x ')} and does not take ${size.join(' x ')} (${error.message}); leave the size out`,
    );
  }
}
