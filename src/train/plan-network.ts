/** Which network a training takes, and how it is shown images. */
import type { Dataset } from '../data/dataset.js';
import { UserError } from '../errors.js';
import { type Network, NetworkConfig, networkNamed, networkOf, retargeted } from '../models/index.js';
import { imagenetNormalisation } from '../nn/index.js';
import { validated } from '../schema.js';
import type { Model, Preprocessing } from '../weights/index.js';
import type { TrainOptions } from './plan.js';

/**
 * The network that is asked for, or the usual one.
 * @param own size to take where none is said
 * @param mirror settings of the transposed network where none are said
 */
export function networkFor(
  options: TrainOptions,
  { source, classes }: Pictured,
  { own, mirror }: { readonly own: readonly [number, number]; readonly mirror: Mirror },
): Network {
  const { task, net = 'resnet18', variant, shortcut, stride, upsample, latent } = options;
  const cifar = variant === 'cifar' || /cifar/i.test(net);
  const shared = {
    size: options.size ?? fitted(own, cifar ? 8 : 32),
    channels: source.kind === 'raster' ? source.channels : 3,
    ...(variant && { variant }),
    ...(shortcut && { shortcut }),
    ...(stride && { stride }),
  };
  if (task === 'classify') return networkNamed(net, { ...shared, classes: classes.length });
  if (task === 'generate' && options.kind === 'gan') {
    const { latent: usual = 0, ...ways } = mirror;
    return networkNamed(`transpose-${net}`, {
      size: shared.size,
      channels: shared.channels,
      output: 'sigmoid',
      ...ways,
      ...(upsample && { upsample }),
      latent: (latent ?? usual) + classes.length,
      ...(cifar && { of: 'cifar' }),
      ...(variant === 'article' && { variant }),
    });
  }
  const [prefix, further] = task === 'generate' ? ['vae-', { classes: classes.length }] : ['autoencoder-', {}];
  const name = net.startsWith(prefix) ? net : `${prefix}${net}`;
  return networkNamed(name, {
    ...shared,
    ...mirror,
    ...(upsample && { upsample }),
    ...(latent && { latent }),
    ...further,
  });
}

/** Settings of a transposed network. */
export interface Mirror {
  readonly upsample?: 'resize';
  readonly latent?: number;
}

/** What a network is for. */
export type Pictured = Pick<Dataset, 'source' | 'classes'>;

/** The network of a model to begin with, for other classes; where another is asked for, or the task is another one, none. */
export function continued(
  { task, net, size }: TrainOptions,
  { classes }: Pictured,
  { card }: Model,
): Network | undefined {
  const { network } = card;
  if (net !== undefined || task !== card.task) return undefined;
  const resized = size === undefined ? {} : { size };
  if (network.kind === 'resnet')
    return networkOf(validated(NetworkConfig, { ...network, ...resized, classes: classes.length }, 'network'));
  if (network.kind === 'graph' && task === 'classify')
    return networkOf(
      retargeted(network, { classes: classes.length, ...(size !== undefined && { size: sides(size) }) }),
    );
  const sameClasses = task !== 'generate' || classes.length === card.classes.length;
  return size === undefined && sameClasses ? networkOf(network) : undefined;
}

const sides = (size: NonNullable<TrainOptions['size']>): readonly [number, number] =>
  typeof size === 'number' ? [size, size] : size;

/** Sizes that the network halves evenly, and twice at least what it reduces: last maps of one point have lost all sense of place. */
const fitted = (sizes: readonly [number, number], reduction: number) =>
  sizes.map((size) => Math.max(2, Math.ceil(size / reduction)) * reduction) as unknown as readonly [number, number];

/** Shape of the images that a network takes, or makes. */
export const picturesOf = ({ config, input }: Network) =>
  (config.kind === 'transposeResnet' ? [config.channels, ...config.size] : input) as readonly [number, number, number];

/** What a model began with goes on. */
export function preprocessingFor(network: Network, begun?: Model): Preprocessing {
  const [channels, height, width] = picturesOf(network);
  if (channels !== 1 && channels !== 3) throw new UserError(`expected a network for 1 or 3 channels, got ${channels}`);
  if (begun?.card.preprocessing.channels === channels) return { ...begun.card.preprocessing, size: [height, width] };
  const { mean, std } = imagenetNormalisation;
  return {
    size: [height, width],
    channels,
    cropRatio: 1,
    interpolation: 'bilinear',
    mean: channels === 3 ? mean : [0.5],
    std: channels === 3 ? std : [0.5],
  };
}
