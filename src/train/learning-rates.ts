/** The learning rate of each step of a training. */
import { learningRate, risesByItself, type Schedule, schedules } from '../optim/index.js';
import type { TrainConfig } from './config.js';

/** The rate over a training; what is not said depends on the task. */
export interface RateOptions {
  /** At its peak. */
  readonly learningRate?: number;
  readonly schedule?: TrainConfig['schedule'];
  /** Of the schedule `step`: epochs after which the rate falls, PyTorch's `MultiStepLR`; after a third and two thirds by default. */
  readonly milestones?: readonly number[];
  /** Of `step` and `plateau`: what the rate is multiplied by when it falls, PyTorch's `gamma` and `factor`; 0.1 by default. */
  readonly rateFactor?: number;
  /** Of `plateau`: epochs without progress before it falls; 5 by default. */
  readonly ratePatience?: number;
  /** Of `cosine`: where the rate ends, PyTorch's `eta_min`; 0 by default. */
  readonly leastRate?: number;
  /** Epochs over which the rate rises; fractions count. */
  readonly warmup?: number;
}

/** Where in its course a training stands. */
export interface Course {
  /** Batches of an epoch. */
  readonly batches: number;
  /** Validation losses of the epochs so far. */
  readonly losses: readonly number[];
}

/** The learning rate of step 0, 1, …. */
export function rateOf(config: TrainConfig, step: number, { batches, losses }: Course): number {
  const { learningRate: base, schedule, epochs, warmup } = config;
  const rise = risesByItself(schedule) ? 0 : Math.round(warmup * batches);
  return learningRate(step, {
    base,
    steps: epochs * batches,
    warmup: rise,
    schedule: scheduled[schedule](config, { rise, batches }),
    losses,
  });
}

interface Pace {
  /** Steps before the schedule begins. */
  readonly rise: number;
  /** Of an epoch. */
  readonly batches: number;
}

/** The schedule of a configuration, over the steps that follow the rise. */
const scheduled: { readonly [S in TrainConfig['schedule']]: (config: TrainConfig, pace: Pace) => Schedule } = {
  cosine: ({ leastRate = 0, learningRate: base }) => schedules.cosine({ floor: leastRate / base }),
  step: ({ epochs, milestones = [epochs / 3, (2 * epochs) / 3], rateFactor: factor }, { rise, batches }) =>
    schedules.step({ at: milestones.map((epoch) => (epoch * batches - rise) / (epochs * batches - rise)), factor }),
  constant: () => schedules.constant(),
  'one-cycle': ({ warmup, epochs }) => schedules['one-cycle']({ rise: warmup / epochs }),
  plateau: ({ ratePatience: patience, rateFactor: factor }) => schedules.plateau({ patience, factor }),
};
