/** ResNets of Keras: https://keras.io/api/applications/resnet/ */
import type { Allowance } from '../allowance.js';
import type { Archive } from '../archive.js';
import { type ByteSource, unreadable } from '../byte-source.js';
import { Hdf5File } from '../hdf5/file.js';
import type { Dataset } from '../hdf5/messages.js';
import type { Preprocessing } from '../model.js';
import { elementsOf, readFloats, type StoredTensor } from '../stored-tensor.js';
import { layersDescribed } from './description.js';
import { type Layers, layersOf, type Part } from './layers.js';
import { isSecondVersion, type Kind, normBehind, placesOf } from './names.js';
import { computed, type Given, storedIn, transposed } from './tensors.js';

/** Of batch normalisations here. */
const EPSILON = 1e-5;

/**
 * `preprocess_input` of Keras's ResNets: channels blue, green, red, from 0 to 255, less their means.
 * https://github.com/keras-team/keras/blob/v3.3.3/keras/src/applications/imagenet_utils.py
 */
const CAFFE: Pick<Preprocessing, 'mean' | 'std'> = {
  mean: [123.68, 116.779, 103.939].map((value) => value / 255),
  std: [1 / 255, 1 / 255, 1 / 255],
};

export interface KerasTensors {
  readonly format: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly habits: {
    readonly names: string;
    readonly network: { readonly stride: 'first' };
    readonly images?: typeof CAFFE & { readonly instead: ReadonlyMap<string, StoredTensor> };
  };
  readonly close: () => Promise<void>;
}

const CONFIG = 'config.json';
const WEIGHTS = 'model.weights.h5';
/** Descriptions of models take some 100 kB. */
const MAX_CONFIG_BYTES = 2 ** 24;

export const isKerasArchive = (archive: Archive): boolean => archive.names.includes(WEIGHTS);

/** A `.keras` archive: the description, and the weights as HDF5. */
export async function readKerasArchive(archive: Archive, allowance: Allowance): Promise<KerasTensors> {
  const size = archive.sizeOf(CONFIG) ?? 0;
  const weights = await archive.record(WEIGHTS);
  if (size > MAX_CONFIG_BYTES) throw unreadable(weights.name, `its ${CONFIG} has ${size} bytes`);
  const config = size > 0 ? await archive.record(CONFIG) : undefined;
  const description = config && new TextDecoder().decode(await config.read(0, config.size));
  return readKeras(weights, { allowance, description });
}

/** A `.h5` or `.weights.h5`. The tensors are named and laid out as here; convolutions and normalisations answer as they do in Keras. */
export async function readKeras(
  source: ByteSource,
  { allowance, description }: { readonly allowance: Allowance; readonly description?: string | undefined },
): Promise<KerasTensors> {
  const file = await Hdf5File.open(source);
  try {
    const listing = await file.list();
    const text = description ?? listing.texts.get('')?.get('model_config');
    const described = text === undefined ? [] : layersDescribed(text, source.name);
    const epsilons = new Map(described.map(({ name, epsilon }) => [name, epsilon]));
    const given = { name: source.name, file, allowance };
    const found = translated(given, layersOf(listing, described), epsilons);
    return { ...found, format: 'Keras', close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

type Weights = ReadonlyMap<Part, Dataset>;

function translated(given: Given, { layers, others }: Layers, epsilons: ReadonlyMap<string, number | undefined>) {
  const names = [...layers.keys()];
  const second = names.find(isSecondVersion);
  if (second !== undefined)
    throw unreadable(
      given.name,
      `it has a layer ${second}, as ResNet50V2 and its like, which normalise in front of their convolutions`,
      'Give weights of ResNet50, ResNet101 or ResNet152.',
    );
  const { title, epsilon: usual, places } = placesOf(names);
  if (places.size === 0)
    throw unreadable(
      given.name,
      `none of its layers is called as in Keras's ResNets: ${names.slice(0, 5).join(', ') || 'there are none'}`,
      'Give weights of ResNet50, ResNet101 or ResNet152.',
    );
  const tensors = new Map<string, StoredTensor>();
  const biases = new Map<string, StoredTensor>();
  for (const [layer, weights] of layers) {
    const place = places.get(layer) ?? headOf(layer, { layers, places });
    for (const [part, dataset] of weights) {
      const ours = place && NAMES[place.kind][part];
      const tensor = storedIn(given, dataset);
      if (!ours) tensors.set(dataset.path, tensor);
      else if (place.kind === 'conv' && part === 'bias') biases.set(place.path, tensor);
      else tensors.set(`${place.path}.${ours}`, LAID[place.kind](tensor));
    }
    if (place?.kind === 'norm')
      moveEpsilon(given, tensors, { path: place.path, epsilon: epsilons.get(layer) ?? usual });
  }
  for (const dataset of others) tensors.set(dataset.path, storedIn(given, dataset));
  for (const [path, bias] of biases) foldBias(given, tensors, { path, bias });
  const first = tensors.get('conv1.weight');
  const coloured = first?.shape[1] === 3;
  const habits = {
    names: title,
    network: { stride: 'first' as const },
    ...(coloured && {
      images: {
        ...CAFFE,
        instead: new Map([['conv1.weight', computed(given, first, (all) => turned(all, first.shape))]]),
      },
    }),
  };
  return { tensors, habits };
}

/** What a layer's weights are called here. */
const NAMES: { readonly [K in Kind]: { readonly [P in Part]?: string } } = {
  conv: { kernel: 'weight', bias: 'bias' },
  norm: { gamma: 'weight', beta: 'bias', moving_mean: 'running_mean', moving_variance: 'running_var' },
  dense: { kernel: 'weight', bias: 'bias' },
};

/** [h, w, in, out] and [in, out] with their channels in front, out first. Tensors of other shapes are refused later, as they are. */
const LAID: { readonly [K in Kind]: (tensor: StoredTensor) => StoredTensor } = {
  conv: (tensor) => (tensor.shape.length === 4 ? transposed(tensor, [3, 2, 0, 1]) : tensor),
  norm: (tensor) => tensor,
  dense: (tensor) => (tensor.shape.length === 2 ? transposed(tensor, [1, 0]) : tensor),
};

/** Heads that were trained anew have any name: the only layer of a matrix is the last one. */
function headOf(
  name: string,
  {
    layers,
    places,
  }: { readonly layers: Layers['layers']; readonly places: ReadonlyMap<string, { readonly kind: Kind }> },
) {
  const isMatrix = (weights: Weights | undefined) => weights?.get('kernel')?.shape?.length === 2;
  const matrices = [...layers].filter(([, weights]) => isMatrix(weights));
  const taken = [...places.values()].some(({ kind }) => kind === 'dense');
  return !taken && matrices.length === 1 && matrices[0]![0] === name
    ? { kind: 'dense' as const, path: 'fc' }
    : undefined;
}

/** (x - m) / sqrt(v + e) = (x - m) / sqrt((v + e - 1e-5) + 1e-5): the same where statistics are fixed. */
function moveEpsilon(
  given: Given,
  tensors: Map<string, StoredTensor>,
  { path, epsilon }: { readonly path: string; readonly epsilon: number },
): void {
  const name = `${path}.running_var`;
  const variance = tensors.get(name);
  if (variance && epsilon !== EPSILON)
    tensors.set(
      name,
      computed(given, variance, (all) => all.map((value) => value + (epsilon - EPSILON))),
    );
}

/** ((x + b) - m) / d = (x - (m - b)) / d: convolutions here have no bias in front of a normalisation. */
function foldBias(
  given: Given,
  tensors: Map<string, StoredTensor>,
  { path, bias }: { readonly path: string; readonly bias: StoredTensor },
): void {
  const name = `${normBehind(path)}.running_mean`;
  const mean = tensors.get(name);
  if (!mean || elementsOf(mean.shape) !== elementsOf(bias.shape)) {
    tensors.set(`${path}.bias`, bias);
    return;
  }
  const less = async (all: Float32Array) => {
    const { data } = await readFloats(bias, given.allowance);
    return all.map((value, i) => value - data[i]!);
  };
  tensors.set(name, computed(given, mean, less));
}

/** Kernels [out, 3, h, w] for channels in the opposite order. */
function turned(all: Float32Array, [out, channels, ...sides]: readonly number[]): Float32Array {
  const size = elementsOf(sides);
  const made = new Float32Array(all.length);
  for (let n = 0; n < out!; n++)
    for (let c = 0; c < channels!; c++) {
      const from = (n * channels! + c) * size;
      made.set(all.subarray(from, from + size), (n * channels! + channels! - 1 - c) * size);
    }
  return made;
}
