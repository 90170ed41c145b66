/** A model as an ONNX file: its network's graph, with the model's description in the metadata. */
import { UserError } from '../errors.js';
import { counterparts, type Graph, parametersOf } from '../graph/index.js';
import { buildNetwork, decoderOf, graphNetwork, type Network, networkOf } from '../models/index.js';
import { writeOnnx } from '../onnx/index.js';
import { type OnnxModel, readOnnx } from '../onnx/read.js';
import { VERSION } from '../version.js';
import { foldNorms } from './fold-norms.js';
import { cardOf, type Model, type ModelCard } from './model.js';
import { floatsOf, graphModel } from './onnx-graph.js';

/** The description in a form that other programs can use too: JSON under plain names. */
export const onnxMetadata = ({ task, classes, preprocessing, network, metrics }: ModelCard) => ({
  producer: `resmirror ${VERSION}`,
  task,
  labels: JSON.stringify(classes),
  preprocessing: JSON.stringify(preprocessing),
  network: JSON.stringify(network),
  metrics: JSON.stringify(metrics),
});

/** How a model is written as ONNX. */
export interface EncodeOptions {
  /** Whether batch normalisations are worked into the convolutions before them; no by default, as training needs them. */
  readonly foldNorms?: boolean;
  /** In what floats are stored and computed between input and output; default float32. */
  readonly floats?: 'float32' | 'float16';
  /** Of a graph that is the model with something before and behind it; by default the network alone. */
  readonly graph?: Graph;
}

/**
 * The bytes of an ONNX file: `input` float32 [n, c, h, w] to `logits` [n, k] of a classifier or `image` of an autoencoder; of a model that makes
 * images, `input` [n, latent + classes] to `image`.
 */
export function encodeOnnxModel(
  model: Model,
  { foldNorms: folds = false, floats, graph = networkGraph(model) }: EncodeOptions = {},
): Uint8Array {
  const { card, weights } = model;
  const written = folds ? foldNorms({ graph, weights }) : { graph, weights };
  const network = folds ? foldedConfig(model) : card.network;
  return writeOnnx(written.graph, {
    weights: new Map(Object.entries(written.weights)),
    metadata: onnxMetadata({ ...card, network }),
    ...(floats && { floats }),
  });
}

/** The graph that is written where no other is given. */
export function networkGraph({ card, network }: Model): Graph {
  const output = card.task === 'classify' ? 'logits' : 'image';
  const decoder = card.task === 'generate' ? decoderOf(network) : network;
  return { name: network.name, outputs: { [output]: buildNetwork(decoder).y } };
}

/** What the network is without its norms: a ResNet without norms, another graph. What cannot say so keeps its name. */
function foldedConfig(model: Model): ModelCard['network'] {
  const { network: config } = model.card;
  const folded = foldNorms({ graph: networkGraph(model), weights: model.weights });
  if (config.kind === 'graph') return graphNetwork(folded.graph, { name: config.name }).config;
  if (config.kind !== 'resnet' || config.norm === 'none') return config;
  const bare = { ...config, norm: 'none' as const };
  const names = ({ outputs }: Graph) =>
    `${parametersOf({ name: '', outputs })
      .map(({ source }) => source.name)
      .sort()}`;
  return names(folded.graph) === names({ name: '', outputs: { y: buildNetwork(networkOf(bare)).y } }) ? bare : config;
}

/**
 * The model of an ONNX file. One that this program wrote is the network that it was made of, where its graph is still that
 * network's; one of another program is a classifier, with its graph as the network.
 * @throws UserError that names the file: for graphs that are not of a network alone, and for those that cannot be read
 */
export function decodeOnnxModel(bytes: Uint8Array, file = 'the file'): Model {
  try {
    const read = readOnnx(bytes, { size: USUAL_SIZE });
    return isDescribed(read.metadata) ? describedModel(read, file) : graphModel(read, {}, file);
  } catch (error) {
    if (!(error instanceof UserError) || error.message.includes(file)) throw error;
    throw new UserError(`${file}: ${error.message}`);
  }
}

/** Height and width where a file leaves them free and does not say. */
const USUAL_SIZE = [224, 224] as const;

const isDescribed = ({ task, labels, preprocessing, network }: OnnxModel['metadata']): boolean =>
  task !== undefined && labels !== undefined && preprocessing !== undefined && network !== undefined;

function describedModel({ graph, weights, metadata }: OnnxModel, file: string): Model {
  const { task, labels, preprocessing, network, metrics } = metadata;
  const text = `{"format":1,"task":${JSON.stringify(task)},"network":${network},"preprocessing":${preprocessing},"classes":${labels},"metrics":${metrics ?? '{}'}}`;
  const card = cardOf(text, file);
  const whole = sameNetwork(card, graph) ?? graphNetwork(graph, { config: card.network, name: graph.name });
  return {
    card,
    network: card.task === 'generate' ? { ...whole, decode: whole.forward } : whole,
    weights: floatsOf(weights),
  };
}

/** The network of the description, where the graph has its layers under its names: no 8-bit numbers, no folded norms. */
function sameNetwork({ task, network: config }: ModelCard, graph: Graph): Network | undefined {
  const [y] = Object.values(graph.outputs);
  if (task === 'generate' || !y) return undefined;
  const network = networkOf(config);
  const found = counterparts(buildNetwork(network).y, y);
  return found && [...found].every(([name, { theirs }]) => theirs.source.name === name) ? network : undefined;
}
