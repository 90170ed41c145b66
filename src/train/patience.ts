import type { TrainConfig } from './config.js';
import { bestOf } from './report/best.js';
import type { EpochRecord } from './report/index.js';

type Figured = Pick<TrainConfig, 'task' | 'generation'>;

/** What the task's figure is called in a sentence. */
const figures: { readonly [T in TrainConfig['task']]: (config: Figured) => string } = {
  classify: () => 'accuracy',
  reconstruct: () => 'PSNR',
  generate: ({ generation }) => (generation?.kind === 'gan' ? 'Fréchet distance' : 'ELBO'),
};

/** In a sentence, why a training ends before all its epochs; nothing as long as it goes on, or where it has patience for all. */
export function endedEarly(
  { epochs, patience, ...figured }: Figured & Pick<TrainConfig, 'epochs' | 'patience'>,
  history: readonly EpochRecord[],
): string | undefined {
  const best = bestOf(history)?.epoch;
  if (patience === undefined || best === undefined || history.length >= epochs) return undefined;
  if (history.length - best < patience) return undefined;
  const time = patience === 1 ? 'an epoch' : `${patience} epochs`;
  return `Ended early, after ${history.length} of ${epochs} epochs: the ${figures[figured.task](figured)} had not improved for ${time}, since epoch ${best}.`;
}
