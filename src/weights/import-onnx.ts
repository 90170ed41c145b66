/** ONNX files as weights of this project's ResNets, or as the graphs that they are. */
import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { resnet, settingText } from '../models/index.js';
import { type OnnxModel, readOnnx } from '../onnx/read.js';
import { cardFor, pictured } from './card.js';
import type { Imported, ImportOptions } from './import.js';
import { describedBy, graphModel, logitsOf, networkIn } from './onnx-graph.js';
import { resnetOf, type Stated } from './onnx-resnet.js';

/** Height and width where neither the file nor the options say them. */
const USUAL_SIZE = [224, 224] as const;

/** Reads an ONNX file that was opened for its bytes. @throws UserError that names the file */
export async function readOnnxFile(path: string, size?: readonly [number, number]): Promise<OnnxModel> {
  const bytes = await readFile(path).catch((error: Error) => {
    throw new UserError(`cannot read ${path}: ${error.message}`);
  });
  try {
    return readOnnx(bytes, { size: size ?? USUAL_SIZE });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${path}: ${error.message}`);
  }
}

/**
 * The ResNet whose layers a graph has, with its weights. Names in the file do not matter: an exporter that folds norms into
 * convolutions gives both other names.
 * @throws UserError where the graph is no ResNet of this project, or not the one that is asked for
 */
export async function importOnnx(path: string, options: ImportOptions): Promise<Imported> {
  const { net = 'auto', key, drop = [] } = options;
  if (key !== undefined || drop.length > 0)
    throw new UserError(
      `${path} is an ONNX file, which has no entries and nothing to drop; leave out --key and --drop`,
    );
  const read = await readOnnxFile(path, options.size);
  if (net === 'graph')
    return {
      model: graphModel(read, options, path),
      format: 'ONNX',
      names: 'the file',
      prefix: '',
      renamed: {},
      dropped: [],
    };
  const model = { graph: logitsOf(read.graph), weights: read.weights };
  const [stated, own] = [statedBy(net, options), networkIn(read.metadata)];
  // what a file says of itself may be what no layer shows, such as the place of a stride that there is not
  const found = (own && resnetOf(model, { ...own, ...stated })) ?? resnetOf(model, stated);
  if (!found)
    throw new UserError(
      `the layers of ${path} are not those of ${net === 'auto' ? 'a ResNet that is known here' : net}. Take it as the graph that it is with --net graph: it can be trained, judged and exported all the same.`,
    );
  const { network, weights, names } = found;
  const card = cardFor(
    pictured(network.config),
    { ...describedBy(read.metadata, network.config.classes), ...options },
    path,
  );
  return {
    model: { card, network, weights },
    format: 'ONNX',
    names: 'the graph',
    prefix: '',
    renamed: Object.fromEntries([...names].filter(([theirs, ours]) => theirs !== ours)),
    dropped: [],
  };
}

const statedBy = (net: string, { variant, shortcut, stride }: ImportOptions): Stated => ({
  ...(net !== 'auto' && { setting: resnet(settingText(net)).config.setting }),
  ...(variant && { variant }),
  ...(shortcut && { shortcut }),
  ...(stride && { stride }),
});
