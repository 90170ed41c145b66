/** Weights of other programs as models of this one. */
import { stat } from 'node:fs/promises';
import { UserError } from '../errors.js';
import {
  buildNetwork,
  type GivenSetting,
  type Network,
  type ResNetConfig,
  type ResNetOptions,
  resnet,
  settingText,
} from '../models/index.js';
import { cardFor, FAMILIES, pictured } from './card.js';
import type { Description } from './description.js';
import { withFolder, withWeights } from './folder/index.js';
import type { ForeignTensors } from './foreign-file.js';
import { isOnnxFile } from './foreign-names.js';
import type { Model, Preprocessing, Weights } from './model.js';
import { detailsOf, endsOf, recognise, type Shapes } from './names/recognise.js';
import { type Renamed, renamed } from './names/renamed.js';
import { schemes } from './names/schemes.js';
import { readFloats, type StoredTensor } from './stored-tensor.js';

/** What is known of weights beside the file. */
export interface ImportOptions extends Partial<Pick<ResNetConfig, 'variant' | 'shortcut' | 'stride'>> {
  /**
   * A ResNet by name or setting; `auto`, the default, goes by the names and shapes of the weights, or by an ONNX file's graph;
   * `graph` keeps the graph of an ONNX file as it is.
   */
  readonly net?: string;
  /** Height and width of the images: by default as a folder says, else 32 for 3x3 stems, 224 for 7x7 ones. */
  readonly size?: readonly [height: number, width: number];
  /** The entry of a checkpoint that holds the weights; by default its top, or the first there is of state_dict, model and model_ema. */
  readonly key?: string;
  /** Beginnings of names in the file that are left out, such as those of a criterion. */
  readonly drop?: readonly string[];
  /** Class names by output; by default a folder's, or numbers. */
  readonly classes?: readonly string[];
  /** How images were prepared: by default as for ImageNet, by its mean and deviation, and without a crop for 3x3 stems. */
  readonly preprocessing?: Partial<Omit<Preprocessing, 'size' | 'channels'>>;
}

/** A model of weights of another program, and what was found out about them. */
export interface Imported {
  readonly model: Model;
  /** What wrote the file. */
  readonly format: string;
  /** The naming scheme. */
  readonly names: string;
  /** What stood in front of every name. */
  readonly prefix: string;
  /** Names in the file -> ours, where they differ beyond the prefix. */
  readonly renamed: Readonly<Record<string, string>>;
  /** Names in the file that were left out. */
  readonly dropped: readonly string[];
}

/**
 * Reads a PyTorch checkpoint (.pth, .pt, .th, .bin, of any version), a NumPy archive (.npz), a ResNet of Keras (.h5, .keras), an ONNX file, a safetensors
 * file of any program, an index of shards (.index.json), or a folder of Hugging Face's or timm's with its config.json, which gives labels and
 * preprocessing too. Nothing in a file is executed, and tensors are read one by one as float32, so that little more memory is taken than the
 * weights need. Options go before what a folder says.
 *
 * @throws UserError for files that are damaged or ask for code, weights that are missing, left over or of another shape
 */
export async function importWeights(path: string, options: ImportOptions = {}): Promise<Imported> {
  const folder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  const use = (found: ForeignTensors) => imported(path, found, options);
  const { interpolation } = options.preprocessing ?? {};
  try {
    if (!folder && (await isOnnxFile(path))) return await (await import('./import-onnx.js')).importOnnx(path, options); // the format is large
    return await (folder
      ? withFolder(path, { key: options.key, interpolation }, use)
      : withWeights(path, { key: options.key }, use));
  } catch (error) {
    // what is said of a network or a preprocessing does not know of the file
    if (!(error instanceof UserError) || error.message.includes(path)) throw error;
    throw new UserError(`${path}: ${error.message}`);
  }
}

async function imported(
  path: string,
  { format, tensors: stored, allowance, description, habits }: ForeignTensors,
  given: ImportOptions,
): Promise<Imported> {
  const { drop = [] } = given;
  const { images } = habits ?? {};
  // whoever says how images are prepared means channels in the order that is usual here
  const usual = images && !given.preprocessing?.mean && !given.preprocessing?.std ? images : undefined;
  const options = {
    ...given,
    ...(given.stride === undefined && habits?.network),
    ...(usual && { preprocessing: { mean: usual.mean, std: usual.std, ...given.preprocessing } }),
  };
  const unwanted = (name: string) => drop.some((start) => name.startsWith(start));
  const found = withDenseHead(renamed(new Map([...stored].filter(([name]) => !unwanted(name))), path));
  const network = networkFor(found, { options, description }, path);
  const places = matched(network, found, { file: path, by: description?.network && description.by });
  refuseOtherCount(network, description);
  const described = {
    classes: options.classes ?? description?.classes,
    preprocessing: { ...description?.preprocessing, ...options.preprocessing },
  };
  const card = cardFor(pictured(network.config), described, path);
  const weights: Record<string, Weights[string]> = {};
  for (const [name, tensor] of places) weights[name] = await readFloats(usual?.instead.get(name) ?? tensor, allowance);
  return {
    model: { card, network, weights },
    format,
    names: habits?.names ?? schemes[found.scheme].title,
    prefix: found.prefix,
    renamed: Object.fromEntries(
      [...found.tensors]
        .filter(([ours, { theirs }]) => theirs !== found.prefix + ours)
        .map(([ours, { theirs }]) => [theirs, ours]),
    ),
    dropped: [...found.dropped, ...[...stored.keys()].filter(unwanted)],
  };
}

/** A last layer that is a convolution of 1x1, as in timm's ResNet v2, is a dense one of the averages. */
function withDenseHead({ tensors, ...rest }: Renamed<StoredTensor>): Renamed<StoredTensor> {
  const head = tensors.get(HEAD);
  const { shape = [], strides = [] } = head?.tensor ?? {};
  if (!head || shape.length !== 4 || shape[2] !== 1 || shape[3] !== 1) return { ...rest, tensors };
  const dense = { ...head.tensor, shape: shape.slice(0, 2), strides: strides.slice(0, 2) };
  return { ...rest, tensors: new Map([...tensors, [HEAD, { ...head, tensor: dense }]]) };
}
const HEAD = 'fc.weight';

/** What is known of a network besides its weights: what is given goes before what is described. */
interface Known {
  readonly options: ImportOptions;
  readonly description?: Description | undefined;
}

/** The network that is named, or described, or that the weights look like; what is given by options counts. */
function networkFor(
  { tensors }: Renamed<StoredTensor>,
  { options: { net = 'auto', size, variant, shortcut, stride }, description }: Known,
  file: string,
): Network<ResNetConfig> {
  const shapes = new Map([...tensors].map(([name, { tensor }]) => [name, tensor.shape]));
  const seen = net !== 'auto' ? named(net, shapes) : (described(description, shapes) ?? recognise(shapes, file));
  const options = {
    ...seen.options,
    ...(variant && { variant }),
    ...(shortcut && { shortcut }),
    ...(stride && { stride }),
  };
  return resnet(seen.setting, {
    ...options,
    size: size ?? description?.preprocessing?.size ?? FAMILIES[options.variant ?? 'imagenet'].size,
  });
}

/** The network that is described; classes and channels that are not are seen from the weights. */
function described(description: Description | undefined, shapes: Shapes): Seen | undefined {
  if (!description?.network) return undefined;
  const { setting, options } = description.network;
  return { setting, options: { ...endsOf(shapes), ...options } };
}

interface Seen {
  readonly setting: GivenSetting;
  readonly options: ResNetOptions;
}

/** A network by name; what the name does not say is seen from the weights. */
function named(net: string, shapes: Shapes): Seen {
  const { setting, variant } = resnet(settingText(net)).config;
  return { setting, options: { variant, ...detailsOf(shapes, setting), ...endsOf(shapes) } };
}

/** Name -> tensor of every parameter of the network, or all that is wrong at once. */
function matched(
  { name: net, ...network }: Network,
  { tensors, leftover, scheme }: Renamed<StoredTensor>,
  { file, by }: { file: string; by?: string | undefined },
): ReadonlyMap<string, StoredTensor> {
  const { build } = buildNetwork({ name: net, ...network }, { batch: 1 });
  const expected = [...build.parameters].map(([name, { shape }]) => ({ name, shape }));
  const missing = expected.filter(({ name }) => !tensors.has(name)).map(({ name }) => name);
  const unfit = expected.flatMap(({ name, shape }) => {
    const given = tensors.get(name);
    return given && `${given.tensor.shape}` !== `${shape}`
      ? [`${given.theirs} is [${given.tensor.shape}] instead of [${shape}]`]
      : [];
  });
  const strange = [...tensors].filter(([name]) => !build.parameters.has(name)).map(([, { theirs }]) => theirs);
  const over = [...leftover, ...strange];
  const problems = [
    ...(missing.length > 0 ? [`${missing.length} missing: ${some(missing)}`] : []),
    ...(unfit.length > 0 ? [`${unfit.length} of another shape: ${some(unfit)}`] : []),
    ...(over.length > 0 ? [`${over.length} left over: ${some(over)}`] : []),
  ];
  if (problems.length > 0)
    throw new UserError(
      `${file} does not fit ${net}${by ? ` as ${by} describes it` : ''} (names of ${schemes[scheme].title}). Of the weights, ${problems.join('; ')}. Choose another --net, or leave tensors out with --drop.`,
    );
  return new Map(expected.map(({ name }) => [name, tensors.get(name)!.tensor]));
}

const LISTED = 10;
const some = (names: readonly string[]) =>
  `${names.slice(0, LISTED).join(', ')}${names.length > LISTED ? `, and ${names.length - LISTED} more` : ''}`;

/** What is beside the weights may be of another model. */
function refuseOtherCount({ config: { classes } }: Network<ResNetConfig>, description: Description | undefined): void {
  if (description?.outputs !== undefined && description.outputs !== classes)
    throw new UserError(
      `${description.by} says ${description.outputs} classes, but the weights tell ${classes} apart; correct one of them`,
    );
}
