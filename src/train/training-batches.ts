/** What a training learns from, in its order and with its chance. */
import type { Batches, Epochs } from '../data/epoch.js';
import type { Batch } from '../data/task.js';
import type { Progress } from './checkpoint.js';
import type { Plan } from './plan.js';
import { shareOf, WHOLE } from './share.js';

/** The batches of an epoch, from one of them on. */
export function epochBatches(
  loader: Epochs,
  { config, splits, share = WHOLE }: Pick<Plan, 'config' | 'splits' | 'share'>,
  { epoch, batch: from }: Pick<Progress, 'epoch' | 'batch'>,
): Batches {
  const { batch, seed, preprocessing, augmentation, strict, shuffleBuffer } = shareOf(config, share);
  const order = { seed, epoch, from, shuffle: true, shuffleBuffer, dropLast: true, share } as const;
  return loader.epoch(splits.train, { batch, preprocessing, augmentation, strict, ...order });
}

/** Epoch after epoch, until nobody asks for more. */
export async function* endlessBatches(loader: Epochs, plan: Plan): AsyncGenerator<Batch, never> {
  for (let epoch = 1; ; epoch++) yield* epochBatches(loader, plan, { epoch, batch: 0 });
}
