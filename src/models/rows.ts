/** What both directions walk: the rows of the paper's table 1, block by block, and the stems in front of them. */
import { UserError } from '../errors.js';
import { innerWidth, type Setting, settingOf } from './settings.js';

/** One residual block of the ResNet; the transposed network reads it from `to` to `from`. */
export interface Row {
  readonly from: number;
  /** Channels inside of a bottleneck. */
  readonly width: number;
  readonly to: number;
  readonly stride: number;
}
export type Stage = readonly Row[];

export function stagesOf(setting: Setting): readonly Stage[] {
  const { bottleneck, repeats, width: first } = setting;
  let from = first;
  return repeats.map((count, i) =>
    Array.from({ length: count }, (_, j): Row => {
      const own = first * 2 ** i;
      const [width, to] = bottleneck ? [innerWidth(setting, own), 4 * own] : [own, own];
      const row = { from, width, to, stride: i > 0 && j === 0 ? 2 : 1 };
      from = row.to;
      return row;
    }),
  );
}

/** Where block `index` of so many stands, from 0 for the first to 1 for the last. */
export const depthOf = (index: number, blocks: number): number => index / Math.max(blocks - 1, 1);

/** Channels that leave the last stage. */
export const lastChannels = (setting: Setting): number => stagesOf(setting).at(-1)!.at(-1)!.to;

export interface Stem {
  readonly kernel: number;
  readonly stride: number;
  /** Window of the max pool (stride 2) behind the convolution; none for 1. */
  readonly pool: number;
}
export const stems = {
  imagenet: { kernel: 7, stride: 2, pool: 3 },
  cifar: { kernel: 3, stride: 1, pool: 1 },
} as const satisfies Record<string, Stem>;

/** Channels behind the convolutions of a deep stem, all of 3x3, the first of which strides; of a plain one, behind its only one. */
export const stemWidths = ({ stem, width }: Setting): readonly number[] => {
  const half = Math.max(Math.floor(width / 2), 1);
  return {
    plain: [width],
    deep: [half, half, width],
    'deep-tiered': [Math.max(3 * Math.floor(half / 4), 1), half, width],
  }[stem];
};

/**
 * Options of the setting that a family leaves no room for: the article's networks are as they are, and a CIFAR stem is one of 3x3 already.
 * @throws UserError that names the option
 */
export function refuseOptions(setting: Setting, family: 'imagenet' | 'cifar' | 'article'): void {
  const refused = {
    imagenet: [],
    cifar: ['stem'],
    article: ['groups', 'widthPerGroup', 'stem', 'downsample', 'attention', 'preactivation'],
  } as const satisfies Record<string, readonly (keyof Setting)[]>;
  const [option] = refused[family].filter((name) => setting[name] !== USUAL[name]);
  if (option)
    throw new UserError(
      `expected ${option} ${USUAL[option]} of the ${family} variant, got ${setting[option]}; leave it out, or choose another variant`,
    );
}
const USUAL = settingOf({ bottleneck: true, repeats: [1] });

/** How many times smaller the last stage's maps are than the image. */
export const reductionOf = (setting: Setting, stem: Omit<Stem, 'kernel'>): number =>
  stem.stride * (stem.pool > 1 ? 2 : 1) * 2 ** (setting.repeats.length - 1);

/** Height and width of the last stage's maps. @throws UserError for sizes that the stages do not halve evenly. */
export function reducedSize([height, width]: readonly [number, number], reduction: number): readonly [number, number] {
  if (height % reduction || width % reduction) {
    const nearest = [height, width].map((s) => Math.max(reduction, Math.round(s / reduction) * reduction));
    throw new UserError(
      `expected height and width in multiples of ${reduction}, got ${height} x ${width}; the nearest is ${nearest.join(' x ')}`,
    );
  }
  return [height / reduction, width / reduction];
}
