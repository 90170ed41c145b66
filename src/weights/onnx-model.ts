/** A model as an ONNX file: its network's graph, with the model's description in the metadata. */
import { UserError } from '../errors.js';
import { counterparts, type Graph } from '../graph/index.js';
import { buildNetwork, decoderOf, graphNetwork, type Network, networkOf } from '../models/index.js';
import { type OnnxModel, readOnnx, writeOnnx } from '../onnx/index.js';
import { VERSION } from '../version.js';
import { cardOf, type Model, type ModelCard } from './model.js';
import { floats, graphModel } from './onnx-graph.js';

/** The description in a form that other programs can use too: JSON under plain names. */
export const onnxMetadata = ({ task, classes, preprocessing, network, metrics }: ModelCard) => ({
  producer: `resmirror ${VERSION}`,
  task,
  labels: JSON.stringify(classes),
  preprocessing: JSON.stringify(preprocessing),
  network: JSON.stringify(network),
  metrics: JSON.stringify(metrics),
});

/**
 * The bytes of an ONNX file: `input` float32 [n, c, h, w] to `logits` [n, k] of a classifier or `image` of an autoencoder; of a model that makes
 * images, `input` [n, latent + classes] to `image`.
 */
export function encodeOnnxModel({ card, network, weights }: Model): Uint8Array {
  const output = card.task === 'classify' ? 'logits' : 'image';
  const decoder = card.task === 'generate' ? decoderOf(network) : network;
  return writeOnnx(
    { name: network.name, outputs: { [output]: buildNetwork(decoder).y } },
    { weights: new Map(Object.entries(weights)), metadata: onnxMetadata(card) },
  );
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
    weights: floats(weights),
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
