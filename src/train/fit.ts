/** What only the machine can tell of a plan: how many epochs fit into a time, and which batch into memory. */
import { UserError } from '../errors.js';
import { largestBatch, leastBatch } from './batch-size.js';
import { measurePace } from './measure-pace.js';
import { batchesOf, epochsIn } from './pace.js';
import { type Plan, planTraining, type TrainOptions, withBatch, withEpochs } from './plan.js';
import type { RunOptions } from './run-options.js';

/** What `train` may be told, with what depends on the machine. */
export interface FitOptions extends Omit<TrainOptions, 'batch'> {
  /** Images per step; `auto` for the largest power of two, times `accumulate`, that fits into memory and leaves an epoch eight steps. */
  readonly batch?: number | 'auto';
  /** Seconds after which the training shall end; in place of epochs. */
  readonly time?: number;
}

/** The machine, unless a test says otherwise. */
interface Machine {
  readonly measure?: typeof measurePace;
  /** Seconds, whatever they count from. */
  readonly now?: () => number;
  /** Bytes of memory. */
  readonly available?: number;
}

/** Plans a training and settles by measurement what was left to the machine. @throws UserError for what does not fit together */
export async function fitPlan(
  { time, batch, ...options }: FitOptions & RunOptions,
  { measure = measurePace, now = () => performance.now() / 1000, available }: Machine = {},
): Promise<Plan> {
  const begun = now();
  if (time !== undefined && options.epochs !== undefined)
    throw new UserError(`expected epochs or a time, got ${options.epochs} epochs and ${time} seconds; leave one out`);
  if (time !== undefined && !(time > 0)) throw new UserError(`expected a time above 0 seconds, got ${time}`);
  // the least there can be until there is a plan to choose by: it divides as the one to come
  const first = batch === 'auto' ? leastBatch(options) : batch;
  let plan = await planTraining({ ...options, ...(first !== undefined && { batch: first }) });
  if (batch === 'auto') {
    const choice = await largestBatch(plan, options, available);
    options.onBatchChosen?.(choice);
    plan = withBatch(plan, choice.batch, options);
  }
  if (time !== undefined) {
    const pace = await measure(plan, { ...options, seconds: Math.min(30, Math.max(3, time / 50)) });
    const choice = epochsIn({ seconds: time, spent: now() - begun }, pace, batchesOf(plan));
    options.onTimePlanned?.(choice);
    plan = withEpochs(plan, choice.epochs, options);
  }
  return plan;
}
