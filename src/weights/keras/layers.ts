/** The layers of a Keras file by their names, whichever of its layouts it has. */
import type { Dataset, Listing } from '../hdf5/messages.js';
import type { LayerDescription } from './description.js';
import { isLayer } from './names.js';
import { namesInOrder } from './order.js';

export type Part = 'kernel' | 'bias' | 'gamma' | 'beta' | 'moving_mean' | 'moving_variance';
export interface Layers {
  /** Layer -> its weights. */
  readonly layers: ReadonlyMap<string, ReadonlyMap<Part, Dataset>>;
  /** What is no weight of a known kind. */
  readonly others: readonly Dataset[];
}

/** Names of weights since Keras 2, and in Keras 1, which called the variance so. */
const PARTS: Readonly<Record<string, Part>> = {
  kernel: 'kernel',
  bias: 'bias',
  gamma: 'gamma',
  beta: 'beta',
  moving_mean: 'moving_mean',
  moving_variance: 'moving_variance',
  W: 'kernel',
  b: 'bias',
  running_mean: 'moving_mean',
  running_std: 'moving_variance',
};
/** What stands in front is the layer's name, what stands behind tells equal names apart. */
const PART = new RegExp(`^(?:.*_)?(${Object.keys(PARTS).join('|')})(?:_\\d+)?(?::0)?$`);

/** Where whole models have their weights, beside the optimiser's. */
const WHOLE = 'model_weights/';

/** `conv1_conv/conv1_conv/kernel:0`: a group per layer, or per model in a model. Keras 1 and 2, and `.h5` of Keras 3. */
function byName(datasets: readonly Dataset[]): Layers {
  const whole = datasets.some(({ path }) => path.startsWith(WHOLE));
  const layers = new Map<string, Map<Part, Dataset>>();
  const others: Dataset[] = [];
  for (const dataset of datasets) {
    if (whole && !dataset.path.startsWith(WHOLE)) continue;
    const words = dataset.path.slice(whole ? WHOLE.length : 0).split('/');
    const part = PARTS[PART.exec(words.at(-1)!)?.[1] ?? ''];
    const layer = isLayer(words[0]!) ? words[0]! : (words.at(-2) ?? '');
    const parts = layers.get(layer) ?? new Map<Part, Dataset>();
    if (part === undefined || parts.has(part)) others.push(dataset);
    else layers.set(layer, parts.set(part, dataset));
  }
  return { layers, others };
}

/** `layers/conv2d_3/vars/0` of Keras 3, `_layer_checkpoint_dependencies/…` of TensorFlow 2.12 to 2.15. */
const COUNTED =
  /^(?<group>(?:layers|_layer_checkpoint_dependencies)\/(?<type>\w+?)(?:_(?<number>\d+))?)\/vars\/(?<at>\d+)$/;

/** Weights of a class of layers in the order in which it makes them. */
const CLASSES: Readonly<Record<string, readonly Part[]>> = {
  conv2d: ['kernel', 'bias'],
  batch_normalization: ['gamma', 'beta', 'moving_mean', 'moving_variance'],
  dense: ['kernel', 'bias'],
};

interface Group {
  readonly path: string;
  readonly number: number;
  readonly parts: Map<Part, Dataset>;
}

/** Groups are called by class and number: names come with them, from the model's description, or from the order of the kernels. */
function byClass({ datasets, texts }: Listing, described: readonly LayerDescription[]): Layers {
  const classes = new Map<string, Map<string, Group>>();
  const layers = new Map<string, Map<Part, Dataset>>();
  const others: Dataset[] = [];
  for (const dataset of datasets) {
    const { group, type, number, at } = COUNTED.exec(dataset.path)?.groups ?? {};
    if (group === undefined) continue; // the optimiser's, and metrics
    const part = CLASSES[type!]?.[Number(at)];
    if (part === undefined) {
      others.push(dataset);
      continue;
    }
    const groups = classes.get(type!) ?? new Map<string, Group>();
    const one = groups.get(group) ?? { path: group, number: Number(number ?? 0), parts: new Map() };
    one.parts.set(part, dataset);
    classes.set(type!, groups.set(group, one));
  }
  const inOrder = (type: string) => [...(classes.get(type)?.values() ?? [])].sort((a, b) => a.number - b.number);
  const convolutions = namesInOrder(inOrder('conv2d').map(({ parts }) => parts.get('kernel')?.shape ?? []));
  const ordered: Readonly<Record<string, readonly string[] | undefined>> = {
    conv2d: convolutions,
    batch_normalization: convolutions?.map((name) => name.replace(/_conv$/, '_bn')),
    dense: ['predictions'],
  };
  for (const type of classes.keys()) {
    const groups = inOrder(type);
    const own = described.filter((layer) => snakeCase(layer.type) === type).map(({ name }) => name);
    const names = [own, ordered[type] ?? []].find(({ length }) => length === groups.length) ?? [];
    for (const [i, { path, parts }] of groups.entries())
      layers.set(texts.get(path)?.get('name') || names[i] || path, parts);
  }
  return { layers, others };
}

/** As Keras calls a group by its class: Conv2D -> conv2d, BatchNormalization -> batch_normalization. */
const snakeCase = (name: string) =>
  name
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

export const layersOf = (listing: Listing, described: readonly LayerDescription[]): Layers =>
  listing.datasets.some(({ path }) => COUNTED.test(path)) ? byClass(listing, described) : byName(listing.datasets);
