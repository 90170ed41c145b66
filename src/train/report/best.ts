/** The figures by which models are chosen. */
import type { EpochRecord } from './types.js';

/** What an evaluation may have measured. */
export type Measured = Partial<Pick<EpochRecord, 'accuracy' | 'elbo' | 'psnr' | 'frechet'>>;

interface Figure {
  readonly name: string;
  readonly of: (measured: Measured) => number | undefined;
  readonly write: (value: number) => string;
  /** By which an epoch where it was measured is chosen: the higher the better. */
  readonly merit: (epoch: EpochRecord) => number;
}

/** The first of these that was measured decides. */
const figures: readonly Figure[] = [
  {
    name: 'accuracy',
    of: ({ accuracy }) => accuracy,
    write: (value) => `${(100 * value).toFixed(1)} %`,
    merit: ({ accuracy }) => accuracy!,
  },
  {
    name: 'ELBO',
    of: ({ elbo }) => elbo,
    write: (value) => `${value.toFixed(1)} nats`,
    merit: ({ validationLoss }) => -validationLoss, // with another beta a training does not aim at the bound
  },
  {
    name: 'PSNR',
    of: ({ psnr }) => psnr,
    write: (value) => `${value.toFixed(2)} dB`,
    merit: ({ psnr }) => psnr!,
  },
  {
    name: 'Fréchet distance',
    of: ({ frechet }) => frechet,
    write: (value) => value.toPrecision(4),
    merit: ({ frechet }) => -frechet!,
  },
];

const decisive = (measured: Measured): Figure | undefined => figures.find(({ of }) => of(measured) !== undefined);

/** What the decisive figure is called, and its text such as `92.1 %` or `21.40 dB`. */
export function figureOf(measured: Measured): { readonly name: string; readonly text: string } | undefined {
  const figure = decisive(measured);
  return figure && { name: figure.name, text: figure.write(figure.of(measured)!) };
}

/** Where nothing is measured, the last is the best. */
export const meritOf = (epoch: EpochRecord): number => decisive(epoch)?.merit(epoch) ?? epoch.epoch;

/** The epoch whose model is kept as the best: the first of equals. */
export const bestOf = (history: readonly EpochRecord[]): EpochRecord | undefined =>
  history.reduce<EpochRecord | undefined>(
    (best, one) => (best && !(meritOf(one) > meritOf(best)) ? best : one),
    undefined,
  );

const recorded = [
  'accuracy',
  'top5',
  'psnr',
  'ssim',
  'msSsim',
  'mse',
  'l1',
  'elbo',
  'reconstruction',
  'kl',
  'realScore',
  'madeScore',
  'frechet',
] as const satisfies readonly (keyof EpochRecord)[];

/** An evaluation's figures as the record of an epoch keeps them, which has the loss under another name. */
export const recordedOf = (metrics: Readonly<Record<string, number>>): Pick<EpochRecord, (typeof recorded)[number]> =>
  Object.fromEntries(recorded.flatMap((name) => (metrics[name] === undefined ? [] : [[name, metrics[name]]])));
