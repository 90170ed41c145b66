/** How options are read. Each throws commander's InvalidArgumentError, whose message follows the option's name. */
import { InvalidArgumentError } from 'commander';
import type { Split } from '../train/evaluate-model.js';
import type { TrainOptions } from '../train/plan.js';

function numberThat(fits: (value: number) => boolean, what: string) {
  return (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isFinite(value) && fits(value)) return value;
    throw new InvalidArgumentError(`Expected a ${what}.`);
  };
}

interface Range {
  readonly whole?: boolean;
  readonly from?: number;
  readonly to?: number;
}

function numberWithin({ whole = false, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }: Range) {
  const range = Number.isFinite(to) ? `, ${from} to ${to}` : Number.isFinite(from) ? `, ${from} or more` : '';
  return numberThat(
    (value) => value >= from && value <= to && (!whole || Number.isInteger(value)),
    `${whole ? 'whole number' : 'number'}${range}`,
  );
}

/** 1, 2, 3, … */
export const count = numberWithin({ whole: true, from: 1 });
export const countOrAuto = (text: string): number | 'auto' => (text === 'auto' ? text : count(text));
/** 0, 1, 2, … */
export const natural = numberWithin({ whole: true, from: 0 });
export const seed = numberWithin({ whole: true, from: 0, to: 2 ** 32 - 1 });
export const nonNegative = numberWithin({ from: 0 });
export const share = numberWithin({ from: 0, to: 1 });
/** Of what would leave nothing at 1, and is off at 0. */
export const shareBelowAll = numberThat((value) => value >= 0 && value < 1, 'number, 0 or more and below 1');
/** Of what would have no effect at 0. */
export const shareAboveNone = numberThat((value) => value > 0 && value <= 1, 'number above 0, at most 1');
/** Neither nothing nor all. */
export const properShare = numberThat((value) => value > 0 && value < 1, 'number above 0 and below 1');

export function yesOrNo(text: string): boolean {
  if (text === 'yes' || text === 'no') return text === 'yes';
  throw new InvalidArgumentError('Expected yes or no.');
}

const UNITS = { b: 1, kb: 1e3, mb: 1e6, gb: 1e9, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 } as const;

/** `800MB`, `4 GB`, `4GiB`; a number alone is bytes. */
export function bytes(text: string): number {
  const [, number = '', unit = 'b'] = /^\s*([\d.]+)\s*([a-z]+)?\s*$/i.exec(text) ?? [];
  const value = Number(number || Number.NaN) * (UNITS[unit.toLowerCase() as keyof typeof UNITS] ?? Number.NaN);
  if (value >= 1 && Number.isFinite(value)) return Math.round(value);
  throw new InvalidArgumentError('Expected a size such as 800MB, 4GB or 4GiB.');
}

/** `1,2`: 1, 2, 3, … each. */
export const counts = (text: string): readonly number[] => text.split(',').map(count);

/** `0.485,0.456,0.406` */
export const numbers = (text: string): readonly number[] => text.split(',').map(numberWithin({}));

/** `aux.,criterion.` */
export const words = (text: string): readonly string[] => text.split(',').filter((word) => word !== '');

const isSplit = (text: string | undefined): text is Split => ['train', 'validation', 'test'].includes(text ?? '');

/** `test`, or `train,test`: parts of two data sets. */
export function splitPair(text: string): readonly [Split, Split] {
  const [first, second = first, ...rest] = text.split(',');
  if (isSplit(first) && isSplit(second) && rest.length === 0) return [first, second];
  throw new InvalidArgumentError('Expected train, validation or test, or two of them such as train,test.');
}

/** `balanced`, or numbers such as `1,0.5,2`. */
export const weights = (text: string): 'balanced' | readonly number[] =>
  text === 'balanced' ? text : text.split(',').map(nonNegative);

export const positive = numberThat((value) => value > 0, 'number above 0');

/** `30,60`: numbers above 0. */
export const positives = (text: string): readonly number[] => text.split(',').map(positive);

const TIME = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?$/;

/** `90s`, `10m`, `1.5h`, `1h30m`: seconds. */
export function time(text: string): number {
  const [hours, minutes, rest] = (TIME.exec(text.trim().toLowerCase()) ?? []).slice(1).map((part) => Number(part ?? 0));
  const value = 3600 * (hours ?? 0) + 60 * (minutes ?? 0) + (rest ?? 0);
  if (value > 0) return value;
  throw new InvalidArgumentError('Expected a time such as 90s, 10m, 2h or 1h30m.');
}

/** `224` or `96x160`: height and width. */
export function size(text: string): readonly [height: number, width: number] {
  const match = /^(\d+)(?:[x×](\d+))?$/i.exec(text.trim());
  if (!match) throw new InvalidArgumentError('Expected a size such as 224, or height x width such as 96x160.');
  return [Number(match[1]), Number(match[2] ?? match[1])];
}

/** `0.35,1`: the least and the largest share of an image's area. */
export function shares(text: string): readonly [least: number, largest: number] {
  const [least = Number.NaN, largest = Number.NaN, ...rest] = text.split(',').map(Number);
  if (least > 0 && least <= largest && largest <= 1 && rest.length === 0) return [least, largest];
  throw new InvalidArgumentError('Expected two shares of the area such as 0.35,1.');
}

/** `randaugment`, `randaugment:2,9` (operations, magnitude), `trivialaugment` or `none`. */
export function policy(text: string): NonNullable<TrainOptions['policy']> {
  if (text === 'none') return text;
  if (text === 'trivialaugment') return { name: text };
  const [match, operations, magnitude] = /^randaugment(?::(\d+),(\d+))?$/.exec(text) ?? [];
  if (match === undefined)
    throw new InvalidArgumentError('Expected randaugment, randaugment:2,9, trivialaugment or none.');
  return {
    name: 'randaugment',
    ...(operations !== undefined && { operations: Number(operations), magnitude: Number(magnitude) }),
  };
}

/** `0.4,0.4,0.4` or `0.4,0.4,0.4,0.1`: brightness, contrast, saturation and hue. */
export function jitter(text: string): NonNullable<TrainOptions['jitter']> {
  const amounts = text.split(',').map((amount) => (amount.trim() === '' ? Number.NaN : Number(amount)));
  const [brightness = Number.NaN, contrast = Number.NaN, saturation = Number.NaN, hue = 0] = amounts;
  const fit = [brightness, contrast, saturation, hue].every(
    (amount) => amount >= 0 && amount < Number.POSITIVE_INFINITY,
  );
  if (fit && hue <= 0.5 && amounts.length <= 4) return { brightness, contrast, saturation, hue };
  throw new InvalidArgumentError(
    'Expected amounts of brightness, contrast and saturation, 0 or more, such as 0.4,0.4,0.4, and of hue, 0 to 0.5, behind them.',
  );
}

const CHANGES = ['color', 'translation', 'cutout'] as const satisfies NonNullable<TrainOptions['diffAugment']>;

/** `color,translation,cutout`, or `none`. */
export function diffAugment(text: string): NonNullable<TrainOptions['diffAugment']> {
  const named = text === 'none' ? [] : text.split(',');
  const known = CHANGES.filter((name) => named.includes(name));
  if (known.length === named.length) return known;
  throw new InvalidArgumentError(`Expected some of ${CHANGES.join(',')}, or none.`);
}
