/** What makes a network again: plain JSON, kept in every model file. */
import { z } from 'zod';
import { Setting } from './settings.js';

const size = z.int().min(1).max(16_384);
const Size = z.union([size.transform((s) => [s, s] as const), z.tuple([size, size]).readonly()]);
const channels = z.int().min(1).max(4096).default(3);

export const ResNetConfig = z.strictObject({
  kind: z.literal('resnet').default('resnet'),
  setting: Setting,
  /** `imagenet`: torchvision's; `cifar`: 3x3 stem without pool; `article`: the seed article's, line by line. */
  variant: z.enum(['imagenet', 'cifar', 'article']).default('imagenet'),
  /** Height and width of the image; one number for square ones. */
  size: Size.default([224, 224]),
  /** Channels of the image: 3 for RGB, 1 for gray. */
  channels,
  /** Outputs of the last layer. */
  classes: z.int().min(1).max(1_000_000).default(1000),
  /** Where a bottleneck block strides: its 3x3 (`middle`, torchvision's v1.5) or its first 1x1 (`first`, the paper's v1). */
  stride: z.enum(['middle', 'first']).default('middle'),
  /** He et al. 2015, section 3.3: A zero-padded identity, B projections where shapes differ, C projections everywhere. */
  shortcut: z.enum(['A', 'B', 'C']).default('B'),
  /** What the dense layer sees of the last maps: their `average`, wherever things are, or all positions (`none`), as pictures are drawn from. */
  pooling: z.enum(['average', 'none']).default('average'),
});
export type ResNetConfig = z.infer<typeof ResNetConfig>;

export const TransposeResNetConfig = z.strictObject({
  kind: z.literal('transposeResnet').default('transposeResnet'),
  setting: Setting,
  /** `mirror`: the ResNet of this setting walked backwards; `article`: the seed article's, line by line. */
  variant: z.enum(['mirror', 'article']).default('mirror'),
  /** Which ResNet is mirrored. */
  of: z.enum(['imagenet', 'cifar']).default('imagenet'),
  /** Height and width of the image made. */
  size: Size.default([224, 224]),
  channels,
  /** Length of the vector that goes in. */
  latent: z.int().min(1).max(1_000_000).default(128),
  /** How images grow: a transposed convolution, nearest-neighbour then convolution, or sub-pixel convolution. */
  upsample: z.enum(['deconv', 'resize', 'pixel-shuffle']).default('deconv'),
  /** What bounds the pixels made. */
  output: z.enum(['none', 'sigmoid', 'tanh']).default('none'),
});
export type TransposeResNetConfig = z.infer<typeof TransposeResNetConfig>;

export const AutoencoderConfig = z.strictObject({
  kind: z.literal('autoencoder').default('autoencoder'),
  encoder: ResNetConfig,
  decoder: TransposeResNetConfig,
});
export type AutoencoderConfig = z.infer<typeof AutoencoderConfig>;

export const NetworkConfig = z.discriminatedUnion('kind', [
  ResNetConfig.extend({ kind: z.literal('resnet') }),
  TransposeResNetConfig.extend({ kind: z.literal('transposeResnet') }),
  AutoencoderConfig.extend({ kind: z.literal('autoencoder') }),
]);
export type NetworkConfig = z.infer<typeof NetworkConfig>;
