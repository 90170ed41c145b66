/** A model out of an ONNX file of another program: its graph as the network, and what its metadata tell of it. */
import * as v from 'valibot';
import { UserError } from '../errors.js';
import { type Graph, inputsOf, show, type Value, withOutputs } from '../graph/index.js';
import { graphNetwork, ResNetConfig } from '../models/index.js';
import type { OnnxModel } from '../onnx/index.js';
import { cardFor, type Described } from './card.js';
import type { Model, Weights } from './model.js';

/** How much of an image is seen where a file does not say: as usual for ImageNet. */
const CROP = 0.875;

/**
 * A classifier out of any graph from images [n, c, h, w] to logits [n, k]. A softmax at its end is left out, since what is done with a
 * model begins with logits. Labels and preprocessing come from the options, else from the metadata, else they are numbers and ImageNet's.
 * @throws UserError for graphs of other inputs and outputs
 */
export function graphModel({ graph, weights, metadata }: OnnxModel, options: Described, file: string): Model {
  const bare = logitsOf(graph);
  const [x] = inputsOf(bare);
  const [y] = Object.values(bare.outputs);
  if (!x || !y || x.shape.length !== 4 || y.shape.length !== 2 || typeof y.shape[1] !== 'number')
    throw new UserError(
      `expected a graph from images [n, c, h, w] to classes [n, k], got ${inputsOf(bare).map(({ shape }) => show(shape))} to ${y ? show(y.shape) : 'nothing'}; the library's readOnnx reads any graph`,
    );
  const name = file.replace(/^.*[/\\]/, '').replace(/\.onnx$/i, '');
  const network = graphNetwork(bare, { name });
  const [channels, height, width] = network.input as readonly [number, number, number];
  const pictured = {
    network: network.config,
    channels,
    size: [height, width] as const,
    outputs: y.shape[1],
    cropRatio: CROP,
  };
  return {
    card: cardFor(pictured, { ...describedBy(metadata, y.shape[1]), ...options }, file),
    network,
    weights: floatsOf(weights),
  };
}

export const floatsOf = (weights: OnnxModel['weights']): Weights =>
  Object.fromEntries([...weights].map(([name, { shape, data }]) => [name, { dtype: 'float32', shape, data }]));

/** The same graph up to its logits. */
export function logitsOf(graph: Graph): Graph {
  return withOutputs(graph, (_, value) => unnormalised(value));
}

function unnormalised(value: Value): Value {
  const { source, shape } = value;
  const isSoftmax = source.kind === 'node' && (source.node.op === 'Softmax' || source.node.op === 'LogSoftmax');
  return isSoftmax && shape.length === 2 ? source.node.inputs[0]! : value;
}

/** Labels under the names that exporters use, as JSON or a name a line; preprocessing as this program writes it. */
export function describedBy(metadata: OnnxModel['metadata'], outputs: number): Described {
  const classes = [metadata.labels, metadata.classes, metadata.names].flatMap((text) => (text ? [labelsOf(text)] : []));
  const found = classes.find((names) => names.length === outputs);
  const preprocessing = partOf(metadata.preprocessing);
  return { ...(found && { classes: found }), ...(preprocessing && { preprocessing }) };
}

/** The ResNet that the file says it is, as this program writes it. */
export function networkIn(metadata: OnnxModel['metadata']): ResNetConfig | undefined {
  const given = metadata.network === undefined ? undefined : jsonOf(metadata.network);
  const { success, output } = v.safeParse(ResNetConfig, given);
  return success ? output : undefined;
}

function labelsOf(text: string): readonly string[] {
  const given = jsonOf(text);
  const list = Array.isArray(given) ? given : given && typeof given === 'object' ? Object.values(given) : undefined;
  return list?.every((name) => typeof name === 'string') ? list : text.trimEnd().split(/\r?\n/);
}

/** What of a preprocessing does not depend on the network. Wrong values are met by the check of the whole. */
function partOf(text: string | undefined): Described['preprocessing'] {
  const given = text === undefined ? undefined : jsonOf(text);
  if (!given || typeof given !== 'object') return undefined;
  const parts = ['cropRatio', 'interpolation', 'mean', 'std'] as const;
  const known = parts.flatMap((part) => (part in given ? [[part, (given as Record<string, unknown>)[part]]] : []));
  return Object.fromEntries(known);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
