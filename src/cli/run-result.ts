/** What came of a training, in a few words. */
import type { EpochRecord } from '../train/report/index.js';
import { percent } from './figures.js';

const figureOf = ({ accuracy, psnr }: EpochRecord) => accuracy ?? psnr ?? Number.NEGATIVE_INFINITY;

/** The epoch whose model is kept as the best: the first of equals. */
export const bestOf = (history: readonly EpochRecord[]): EpochRecord | undefined =>
  history.reduce<EpochRecord | undefined>(
    (best, one) => (best && figureOf(best) >= figureOf(one) ? best : one),
    undefined,
  );

/** `accuracy 92.1 %` or `PSNR 21.40 dB` */
export const qualityOf = ({ accuracy, psnr = Number.NaN }: EpochRecord): string =>
  accuracy === undefined ? `PSNR ${psnr.toFixed(2)} dB` : `accuracy ${percent(accuracy)}`;
