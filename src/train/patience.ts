import type { TrainConfig } from './config.js';
import { bestOf } from './report/best.js';
import type { EpochRecord } from './report/index.js';

/** What the task's figure is called in a sentence. */
const FIGURES: { readonly [T in TrainConfig['task']]: string } = { classify: 'accuracy', reconstruct: 'PSNR' };

/** In a sentence, why a training ends before all its epochs; nothing as long as it goes on, or where it has patience for all. */
export function endedEarly(
  { task, epochs, patience }: Pick<TrainConfig, 'task' | 'epochs' | 'patience'>,
  history: readonly EpochRecord[],
): string | undefined {
  const best = bestOf(history)?.epoch;
  if (patience === undefined || best === undefined || history.length >= epochs) return undefined;
  if (history.length - best < patience) return undefined;
  const time = patience === 1 ? 'an epoch' : `${patience} epochs`;
  return `Ended early, after ${history.length} of ${epochs} epochs: the ${FIGURES[task]} had not improved for ${time}, since epoch ${best}.`;
}
