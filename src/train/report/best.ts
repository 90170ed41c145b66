import type { EpochRecord } from './types.js';

const figureOf = ({ accuracy, psnr }: EpochRecord) => accuracy ?? psnr ?? Number.NEGATIVE_INFINITY;

/** The epoch whose model is kept as the best: the first of equals. */
export const bestOf = (history: readonly EpochRecord[]): EpochRecord | undefined =>
  history.reduce<EpochRecord | undefined>(
    (best, one) => (best && !(figureOf(one) > figureOf(best)) ? best : one),
    undefined,
  );
