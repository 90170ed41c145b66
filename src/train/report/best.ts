import type { EpochRecord } from './types.js';

/** Where nothing is measured, the last is the best. */
const figureOf = ({ accuracy, elbo, psnr, frechet, epoch }: EpochRecord) =>
  accuracy ?? elbo ?? psnr ?? (frechet === undefined ? epoch : -frechet);

/** The epoch whose model is kept as the best: the first of equals. */
export const bestOf = (history: readonly EpochRecord[]): EpochRecord | undefined =>
  history.reduce<EpochRecord | undefined>(
    (best, one) => (best && !(figureOf(one) > figureOf(best)) ? best : one),
    undefined,
  );
