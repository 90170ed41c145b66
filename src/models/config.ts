/** What makes a network again: plain JSON, kept in every model file. */
import * as v from 'valibot';
import { whole } from '../schema.js';
import { GraphConfig } from './graph-record.js';
import { Setting } from './settings.js';

const size = whole(1, 16_384);
const Size = v.union([
  v.pipe(
    size,
    v.transform((side) => [side, side] as const),
  ),
  v.pipe(v.tuple([size, size]), v.readonly()),
]);
const channels = v.optional(whole(1, 4096), 3);

/** A ResNet as data: what its model file says of it. */
export const ResNetConfig = v.strictObject({
  kind: v.optional(v.literal('resnet'), 'resnet'),
  setting: Setting,
  /** `imagenet`: torchvision's; `cifar`: 3x3 stem without pool; `article`: the seed article's, line by line. */
  variant: v.optional(v.picklist(['imagenet', 'cifar', 'article']), 'imagenet'),
  /** Height and width of the image; one number for square ones. */
  size: v.optional(Size, [224, 224]),
  /** Channels of the image: 3 for RGB, 1 for gray. */
  channels,
  /** Outputs of the last layer. */
  classes: v.optional(whole(1, 1_000_000), 1000),
  /** Where a bottleneck block strides: its 3x3 (`middle`, torchvision's v1.5) or its first 1x1 (`first`, the paper's v1). */
  stride: v.optional(v.picklist(['middle', 'first']), 'middle'),
  /**
   * He et al. 2015, section 3.3: A zero-padded identity, B projections where shapes differ, C projections everywhere; `none`: their plain
   * network, whose convolutions follow each other and nothing is added.
   */
  shortcut: v.optional(v.picklist(['A', 'B', 'C', 'none']), 'B'),
  /** What the dense layer sees of the last maps: their `average`, wherever things are, or all positions (`none`), as pictures are drawn from. */
  pooling: v.optional(v.picklist(['average', 'none']), 'average'),
  /** Whether batches are normalised behind each convolution; where not, convolutions have biases. */
  norm: v.optional(v.picklist(['batch', 'none']), 'batch'),
});
/** A ResNet as data: what its model file says of it. */
export type ResNetConfig = v.InferOutput<typeof ResNetConfig>;

/** A transposed ResNet as data. */
export const TransposeResNetConfig = v.strictObject({
  kind: v.optional(v.literal('transposeResnet'), 'transposeResnet'),
  setting: Setting,
  /** `mirror`: the ResNet of this setting walked backwards; `article`: the seed article's, line by line. */
  variant: v.optional(v.picklist(['mirror', 'article']), 'mirror'),
  /** Which ResNet is mirrored. */
  of: v.optional(v.picklist(['imagenet', 'cifar']), 'imagenet'),
  /** Height and width of the image made. */
  size: v.optional(Size, [224, 224]),
  channels,
  /** Length of the vector that goes in. */
  latent: v.optional(whole(1, 1_000_000), 128),
  /** How images grow: a transposed convolution, nearest-neighbour then convolution, or sub-pixel convolution. */
  upsample: v.optional(v.picklist(['deconv', 'resize', 'pixel-shuffle']), 'deconv'),
  /** What bounds the pixels made. */
  output: v.optional(v.picklist(['none', 'sigmoid', 'tanh']), 'none'),
});
/** A transposed ResNet as data. */
export type TransposeResNetConfig = v.InferOutput<typeof TransposeResNetConfig>;

/** An autoencoder as data: its encoder and its decoder. */
export const AutoencoderConfig = v.strictObject({
  kind: v.optional(v.literal('autoencoder'), 'autoencoder'),
  encoder: ResNetConfig,
  decoder: TransposeResNetConfig,
});
/** An autoencoder as data: its encoder and its decoder. */
export type AutoencoderConfig = v.InferOutput<typeof AutoencoderConfig>;

/** A variational autoencoder as data. */
export const VariationalConfig = v.strictObject({
  kind: v.optional(v.literal('variational'), 'variational'),
  /** Its outputs are mean and log-variance: twice the length of the latent vector. */
  encoder: ResNetConfig,
  /** Takes the latent vector and behind it the class, one-hot, where there are classes. */
  decoder: TransposeResNetConfig,
});
/** A variational autoencoder as data. */
export type VariationalConfig = v.InferOutput<typeof VariationalConfig>;

/** Any network as data; `networkOf` builds it. */
export const NetworkConfig = v.variant('kind', [
  v.strictObject({ ...ResNetConfig.entries, kind: v.literal('resnet') }),
  v.strictObject({ ...TransposeResNetConfig.entries, kind: v.literal('transposeResnet') }),
  v.strictObject({ ...AutoencoderConfig.entries, kind: v.literal('autoencoder') }),
  v.strictObject({ ...VariationalConfig.entries, kind: v.literal('variational') }),
  v.strictObject({ ...GraphConfig.entries, kind: v.literal('graph') }),
]);
/** Any network as data; `networkOf` builds it. */
export type NetworkConfig = v.InferOutput<typeof NetworkConfig>;
