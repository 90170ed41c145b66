/** The figures by which models are chosen. */
import type { EpochRecord } from './types.js';

/** What an evaluation may have measured. */
export type Measured = Partial<Pick<EpochRecord, 'accuracy' | 'elbo' | 'psnr' | 'frechet'>>;

interface Figure {
  readonly name: string;
  readonly of: (measured: Measured) => number | undefined;
  readonly write: (value: number) => string;
  /** Whether less is better. */
  readonly falls?: true;
}

/** The first of these that was measured decides. */
const figures: readonly Figure[] = [
  { name: 'accuracy', of: ({ accuracy }) => accuracy, write: (value) => `${(100 * value).toFixed(1)} %` },
  { name: 'ELBO', of: ({ elbo }) => elbo, write: (value) => `${value.toFixed(1)} nats` },
  { name: 'PSNR', of: ({ psnr }) => psnr, write: (value) => `${value.toFixed(2)} dB` },
  { name: 'Fréchet distance', of: ({ frechet }) => frechet, write: (value) => value.toPrecision(4), falls: true },
];

/** What the decisive figure is called, its text such as `92.1 %` or `21.40 dB`, and its merit: the higher the better. */
export function figureOf(measured: Measured): { name: string; text: string; merit: number } | undefined {
  for (const { name, of, write, falls } of figures) {
    const value = of(measured);
    if (value !== undefined) return { name, text: write(value), merit: falls ? -value : value };
  }
  return undefined;
}

/** Where nothing is measured, the last is the best. */
export const meritOf = (measured: Measured, epoch: number): number => figureOf(measured)?.merit ?? epoch;

/** The epoch whose model is kept as the best: the first of equals. */
export const bestOf = (history: readonly EpochRecord[]): EpochRecord | undefined =>
  history.reduce<EpochRecord | undefined>(
    (best, one) => (best && !(meritOf(one, one.epoch) > meritOf(best, best.epoch)) ? best : one),
    undefined,
  );

const recorded = [
  'accuracy',
  'top5',
  'psnr',
  'ssim',
  'elbo',
  'frechet',
] as const satisfies readonly (keyof EpochRecord)[];

/** Of an evaluation's figures those that the record of an epoch keeps. */
export const recordedOf = (metrics: Readonly<Record<string, number>>): Pick<EpochRecord, (typeof recorded)[number]> =>
  Object.fromEntries(recorded.flatMap((name) => (metrics[name] === undefined ? [] : [[name, metrics[name]]])));
