/** A model as an ONNX file: its network's graph, with the model's description in the metadata. */
import { UserError } from '../errors.js';
import { buildNetwork, decoderOf, graphNetwork } from '../models/index.js';
import { readOnnx, writeOnnx } from '../onnx/index.js';
import { VERSION } from '../version.js';
import { cardOf, type Model, type ModelCard } from './model.js';

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

/** @throws UserError for files without a model's description, and for graphs that are not of a network alone */
export function decodeOnnxModel(bytes: Uint8Array, file = 'the file'): Model {
  const { graph, weights, metadata } = readOnnx(bytes);
  const { task, labels, preprocessing, network, metrics } = metadata;
  if (task === undefined || labels === undefined || preprocessing === undefined || network === undefined)
    throw new UserError(
      `${file} is no model of resmirror: its metadata lacks task, labels, preprocessing or network; write it with 'resmirror export' or 'resmirror quantize'`,
    );
  const text = `{"format":1,"task":${JSON.stringify(task)},"network":${network},"preprocessing":${preprocessing},"classes":${labels},"metrics":${metrics ?? '{}'}}`;
  const card = cardOf(text, file);
  const whole = graphNetwork(graph, { config: card.network, name: graph.name });
  return {
    card,
    network: card.task === 'generate' ? { ...whole, decode: whole.forward } : whole,
    weights: Object.fromEntries(
      [...weights].map(([name, { shape, data }]) => [name, { dtype: 'float32', shape, data }]),
    ),
  };
}
