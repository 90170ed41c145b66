import type { TrainConfig } from './config.js';
import { bestOf, figureOf } from './report/best.js';
import type { EpochRecord } from './report/index.js';

/** Epoch after which the learning rate rose no more; before, little says how well it will go. */
const peakOf = (history: readonly EpochRecord[]): number =>
  history.findLast(({ learningRate }, i) => learningRate > (history[i - 1]?.learningRate ?? 0))?.epoch ?? 0;

/** In a sentence, why a training ends before all its epochs; nothing as long as it goes on, or where it has patience for all. */
export function endedEarly(
  { epochs, patience }: Pick<TrainConfig, 'epochs' | 'patience'>,
  history: readonly EpochRecord[],
): string | undefined {
  const best = bestOf(history);
  if (patience === undefined || best === undefined || history.length >= epochs) return undefined;
  if (history.length - Math.max(best.epoch, peakOf(history)) < patience) return undefined;
  const idle = history.length - best.epoch;
  const time = idle === 1 ? 'an epoch' : `${idle} epochs`;
  return `Ended early, after ${history.length} of ${epochs} epochs: the ${figureOf(best)?.name} had not improved for ${time}, since epoch ${best.epoch}.`;
}
