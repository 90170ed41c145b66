/** Weights of other programs as models of this one. */
import { stat } from 'node:fs/promises';
import { UserError } from '../errors.js';
import {
  buildNetwork,
  type Network,
  type ResNetConfig,
  type ResNetOptions,
  resnet,
  type Setting,
  settingText,
} from '../models/index.js';
import { validated } from '../schema.js';
import type { Description } from './description.js';
import { withFolder, withWeights } from './folder/index.js';
import type { ForeignTensors } from './foreign-file.js';
import { type Model, type ModelCard, Preprocessing, type Weights } from './model.js';
import { detailsOf, recognise, type Shapes } from './names/recognise.js';
import { type Renamed, renamed } from './names/renamed.js';
import { schemes } from './names/schemes.js';
import { readFloats, type StoredTensor } from './stored-tensor.js';

export interface ImportOptions extends Partial<Pick<ResNetConfig, 'variant' | 'shortcut' | 'stride'>> {
  /** A ResNet by name or setting; `auto`, the default, goes by the names and shapes of the weights. */
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

/** Mean and deviation of ImageNet's images, https://pytorch.org/vision/0.14/models.html; of gray ones their averages. */
const STATISTICS: Readonly<Record<number, Pick<Preprocessing, 'mean' | 'std'>>> = {
  3: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  1: { mean: [0.449], std: [0.226] },
};

/** What is usual for a family: the size of the images, and how much of them is seen. */
const FAMILIES = {
  imagenet: { size: [224, 224], cropRatio: 0.875 },
  article: { size: [224, 224], cropRatio: 0.875 },
  cifar: { size: [32, 32], cropRatio: 1 },
} as const satisfies { readonly [V in ResNetConfig['variant']]: Pick<Preprocessing, 'size' | 'cropRatio'> };

/**
 * Reads a PyTorch checkpoint (.pth, .pt, .th, .bin, of any version), a NumPy archive (.npz), a safetensors file of any program, an index of shards
 * (.index.json), or a folder of Hugging Face's or timm's with its config.json, which gives labels and preprocessing too. Nothing in a file is
 * executed, and tensors are read one by one as float32, so that little more memory is taken than the weights need. Options go before
 * what a folder says.
 *
 * @throws UserError for files that are damaged or ask for code, weights that are missing, left over or of another shape
 */
export async function importWeights(path: string, options: ImportOptions = {}): Promise<Imported> {
  const folder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  const use = (found: ForeignTensors) => imported(path, found, options);
  const { interpolation } = options.preprocessing ?? {};
  try {
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
  { format, tensors: stored, allowance, description }: ForeignTensors,
  options: ImportOptions,
): Promise<Imported> {
  const { drop = [] } = options;
  const unwanted = (name: string) => drop.some((start) => name.startsWith(start));
  const found = renamed(new Map([...stored].filter(([name]) => !unwanted(name))), path);
  const network = networkFor(found, { options, description }, path);
  const places = matched(network, found, { file: path, by: description?.network && description.by });
  const card = cardFor(network, { options, description }, path);
  const weights: Record<string, Weights[string]> = {};
  for (const [name, tensor] of places) weights[name] = await readFloats(tensor, allowance);
  return {
    model: { card, network, weights },
    format,
    names: schemes[found.scheme].title,
    prefix: found.prefix,
    renamed: Object.fromEntries(
      [...found.tensors]
        .filter(([ours, { theirs }]) => theirs !== found.prefix + ours)
        .map(([ours, { theirs }]) => [theirs, ours]),
    ),
    dropped: [...found.dropped, ...[...stored.keys()].filter(unwanted)],
  };
}

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
  readonly setting: Setting;
  readonly options: ResNetOptions;
}

/** A network by name; what the name does not say is seen from the weights. */
function named(net: string, shapes: Shapes): Seen {
  const { setting, variant } = resnet(settingText(net)).config;
  return { setting, options: { variant, ...detailsOf(shapes, setting), ...endsOf(shapes) } };
}

/** How many channels go in and how many classes come out, where weights tell. */
function endsOf(shapes: Shapes): Pick<ResNetOptions, 'classes' | 'channels'> {
  const [classes, channels] = [shapes.get('fc.weight')?.[0], shapes.get('conv1.weight')?.[1]];
  return { ...(classes && { classes }), ...(channels && { channels }) };
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

function cardFor({ config }: Network<ResNetConfig>, { options, description }: Known, file: string): ModelCard {
  const classes = options.classes ?? description?.classes;
  const { channels, variant, size } = config;
  if (channels !== 1 && channels !== 3)
    throw new UserError(`${file}: its images have ${channels} channels; models here take images of 1 or 3`);
  const names = classes ?? Array.from({ length: config.classes }, (_, i) => `${i}`);
  if (description?.outputs !== undefined && description.outputs !== config.classes)
    throw new UserError(
      `${description.by} says ${description.outputs} classes, but the weights tell ${config.classes} apart; correct one of them`,
    );
  if (names.length !== config.classes)
    throw new UserError(`${file}: it tells ${config.classes} classes apart, but there are ${names.length} labels`);
  const { cropRatio } = FAMILIES[variant];
  const usual = { cropRatio, interpolation: 'bilinear', ...STATISTICS[channels]! };
  const given = { ...usual, ...description?.preprocessing, ...options.preprocessing, size, channels };
  const card = validated(Preprocessing, given, 'a preprocessing');
  for (const part of ['mean', 'std'] as const)
    if (card[part].length !== channels)
      throw new UserError(`expected ${channels} number(s) of ${part}, one per channel, got ${card[part].length}`);
  return { format: 1, task: 'classify', network: config, preprocessing: card, classes: names, metrics: {} };
}
