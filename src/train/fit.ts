/** What only the machine can tell of a plan: how many epochs fit into a time, and which batch into memory. */
import { UserError } from '../errors.js';
import { epochsIn, measurePace, type TimeChoice } from './pace.js';
import { type Plan, planTraining, type TrainOptions, withEpochs } from './plan.js';
import type { RunOptions } from './run-options.js';

/** What `train` may be told, with what depends on the machine. */
export interface FitOptions extends TrainOptions {
  /** Seconds after which the training shall end; in place of epochs. */
  readonly time?: number;
}

/** The machine, unless a test says otherwise. */
interface Machine {
  readonly measure?: typeof measurePace;
  /** Seconds, whatever they count from. */
  readonly now?: () => number;
}

/** Plans a training and settles by measurement what was left to the machine. @throws UserError for what does not fit together */
export async function fitPlan(
  { time, ...options }: FitOptions & RunOptions,
  { measure = measurePace, now = () => performance.now() / 1000 }: Machine = {},
): Promise<Plan> {
  const begun = now();
  if (time !== undefined && options.epochs !== undefined)
    throw new UserError(`expected epochs or a time, got ${options.epochs} epochs and ${time} seconds; leave one out`);
  if (time !== undefined && !(time > 0)) throw new UserError(`expected a time above 0 seconds, got ${time}`);
  const plan = await planTraining(options);
  if (time === undefined) return plan;
  const pace = await measure(plan, options);
  const choice: TimeChoice = epochsIn({ seconds: time, spent: now() - begun }, pace, batchesOf(plan));
  options.onTimePlanned?.(choice);
  return withEpochs(plan, choice.epochs, options);
}

const batchesOf = ({ config: { batch }, splits: { train, validation } }: Plan) => ({
  batches: Math.max(1, Math.floor(train.length / batch)),
  validationBatches: Math.ceil(validation.length / batch),
});
