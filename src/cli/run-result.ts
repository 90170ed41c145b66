/** What came of a training, in a few words. */
import type { EpochRecord } from '../train/report/index.js';
import { percent } from './figures.js';

/** The figures that an epoch may have, the one that counts first: what it is called, and how it is written. */
const figures: readonly (readonly [
  name: string,
  of: (record: EpochRecord) => number | undefined,
  write: (value: number) => string,
])[] = [
  ['accuracy', ({ accuracy }) => accuracy, percent],
  ['ELBO', ({ elbo }) => elbo, (value) => `${value.toFixed(1)} nats`],
  ['PSNR', ({ psnr }) => psnr, (value) => `${value.toFixed(2)} dB`],
  ['Fréchet distance', ({ frechet }) => frechet, (value) => value.toPrecision(4)],
];

function measured(record: EpochRecord): readonly [name: string, text: string] | undefined {
  for (const [name, of, write] of figures) {
    const value = of(record);
    if (value !== undefined) return [name, write(value)];
  }
  return undefined;
}

/** `92.1 %`, `21.40 dB`; a dash where nothing is measured. */
export const figureOf = (record: EpochRecord): string => measured(record)?.[1] ?? '–';

/** `accuracy 92.1 %` or `PSNR 21.40 dB` */
export const qualityOf = (record: EpochRecord): string => measured(record)?.join(' ') ?? 'the last model';
