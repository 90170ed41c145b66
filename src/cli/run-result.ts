/** What came of a training, in a few words. */
import type { EpochRecord } from '../train/report/index.js';
import { percent } from './figures.js';

/** `accuracy 92.1 %` or `PSNR 21.40 dB` */
export const qualityOf = ({ accuracy, psnr = Number.NaN }: EpochRecord): string =>
  accuracy === undefined ? `PSNR ${psnr.toFixed(2)} dB` : `accuracy ${percent(accuracy)}`;
