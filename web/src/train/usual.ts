/** What suits a training where nobody says more. */
import type { MemoryOptions } from '../../../src/train/in-memory.js';

export type Task = MemoryOptions['task'];

/** Networks by the number of their layers, the quickest first. */
export const nets = {
  'ResNet-8': { net: '{"bottleneck":false,"repeats":[1,1,1],"width":16}', variant: 'cifar' },
  'ResNet-20': { net: 'cifar-resnet20' },
  'ResNet-18': { net: 'resnet18' },
} as const satisfies Record<string, Pick<MemoryOptions, 'net' | 'variant'>>;
export type Net = keyof typeof nets;

interface Usual {
  readonly net: Net;
  /** Side of the images; without one their own, up to 64. */
  readonly size?: number;
}

/** By the number of images, the first row that holds as many: what sees each often enough in the time below. */
const rows: readonly (Usual & { readonly most: number })[] = [
  { most: 500, net: 'ResNet-8' },
  { most: Number.POSITIVE_INFINITY, net: 'ResNet-8', size: 32 },
];

export const usualFor = (images: number): Usual => rows.find(({ most }) => images <= most)!;

/** Seconds that a training takes where nobody says how many epochs. */
export const usualSeconds: { readonly [T in Task]: number } = { classify: 60, reconstruct: 90 };
