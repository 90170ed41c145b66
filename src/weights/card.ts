/** The description of a model that came without one. */
import { UserError } from '../errors.js';
import type { NetworkConfig, ResNetConfig } from '../models/index.js';
import { validated } from '../schema.js';
import { type ModelCard, Preprocessing } from './model.js';

/** Mean and deviation of ImageNet's images, https://pytorch.org/vision/0.14/models.html; of gray ones their averages. */
const STATISTICS: Readonly<Record<number, Pick<Preprocessing, 'mean' | 'std'>>> = {
  3: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  1: { mean: [0.449], std: [0.226] },
};

/** What is usual for a family: the size of the images, and how much of them is seen. */
export const FAMILIES = {
  imagenet: { size: [224, 224], cropRatio: 0.875 },
  article: { size: [224, 224], cropRatio: 0.875 },
  cifar: { size: [32, 32], cropRatio: 1 },
} as const satisfies { readonly [V in ResNetConfig['variant']]: Pick<Preprocessing, 'size' | 'cropRatio'> };

/** What the network says of itself. */
export interface Pictured {
  readonly network: NetworkConfig;
  readonly channels: number;
  readonly size: readonly [height: number, width: number];
  /** Classes that it tells apart. */
  readonly outputs: number;
  /** Of its family. */
  readonly cropRatio: number;
}

/** What a ResNet says of itself. */
export const pictured = (config: ResNetConfig): Pictured => ({
  network: config,
  channels: config.channels,
  size: config.size,
  outputs: config.classes,
  cropRatio: FAMILIES[config.variant].cropRatio,
});

export interface Described {
  /** Class names by output; numbers by default. */
  readonly classes?: readonly string[] | undefined;
  /** How images were prepared; by default as for ImageNet. */
  readonly preprocessing?: Partial<Omit<Preprocessing, 'size' | 'channels'>> | undefined;
}

/** @throws UserError for labels or statistics of another number, and for images of neither 1 nor 3 channels */
export function cardFor(
  { network, channels, size, outputs, cropRatio }: Pictured,
  { classes, preprocessing }: Described,
  file: string,
): ModelCard {
  if (channels !== 1 && channels !== 3)
    throw new UserError(`${file}: its images have ${channels} channels; models here take images of 1 or 3`);
  const names = classes ?? Array.from({ length: outputs }, (_, i) => `${i}`);
  if (names.length !== outputs)
    throw new UserError(`${file}: it tells ${outputs} classes apart, but there are ${names.length} labels`);
  const usual = { cropRatio, interpolation: 'bilinear', ...STATISTICS[channels]! };
  const card = validated(Preprocessing, { ...usual, ...preprocessing, size, channels }, 'a preprocessing');
  for (const part of ['mean', 'std'] as const)
    if (card[part].length !== channels)
      throw new UserError(`expected ${channels} number(s) of ${part}, one per channel, got ${card[part].length}`);
  return { format: 1, task: 'classify', network, preprocessing: card, classes: names, metrics: {} };
}
