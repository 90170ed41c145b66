/** A short training whose learning rate grows until the loss leaves, to see which rates are worth choosing. */
import * as v from 'valibot';
import { Loader } from '../data/batches.js';
import { UserError } from '../errors.js';
import { openRuntime } from '../runtime/index.js';
import { validated, whole, within } from '../schema.js';
import type { TrainConfig } from './config.js';
import { type FitOptions, fitPlan } from './fit.js';
import type { RateOptions } from './learning-rates.js';
import { titleOf } from './plan.js';
import { hasBlownUp, type RatePoint, type RateSuggestion, rateAt, Smoothed, suggestionOf } from './rate-range.js';
import type { RunOptions } from './run-options.js';
import { Trainer } from './trainer.js';
import { endlessBatches } from './training-batches.js';

export type { RatePoint, RateSuggestion } from './rate-range.js';

/** What the test decides by itself: the rate, and for how long. */
type Decided = keyof RateOptions | 'time' | 'epochs' | 'patience';

/** Which rates are tried, and how. */
export interface FindOptions
  extends Omit<FitOptions, Decided>,
    Pick<RunOptions, 'device' | 'threads' | 'memory' | 'workers' | 'signal'> {
  /** The rate of the first step; 1e-6 by default. */
  readonly lowest?: number;
  /** The rate of the last step; 10 by default. */
  readonly highest?: number;
  /** Steps at most, 10 or more; 100 by default. */
  readonly steps?: number;
  readonly onPoint?: (point: RatePoint, done: number, of: number) => void;
}

/** What each rate came to, and those that are suggested. */
export interface FoundRates {
  /** `resnet18 on flowers` */
  readonly title: string;
  /** Of the training that was tried; its learning rate, schedule and epochs were not used. */
  readonly config: TrainConfig;
  readonly points: readonly RatePoint[];
  /** Absent where the loss never fell. */
  readonly suggestion: RateSuggestion | undefined;
  /** Whether the loss rose to four times its minimum, which ends the test. */
  readonly blewUp: boolean;
  /** Stopped by the signal before its end. */
  readonly interrupted: boolean;
}

const Range = v.strictObject({
  lowest: v.optional(within({ above: 0 }), 1e-6),
  highest: v.optional(within({ above: 0 }), 10),
  steps: v.optional(whole(10, 10_000), 100),
});

/**
 * Takes the first steps of a training at learning rates from low to high. The seed decides all, as in training; no file is
 * written, and what was learned is thrown away.
 * @throws UserError for options that do not fit, a gan, or unusable data
 */
export async function findLearningRate(options: FindOptions): Promise<FoundRates> {
  const { lowest, highest, steps, device, threads, memory, workers, signal, onPoint } = options;
  const range = validated(Range, { lowest, highest, steps }, 'a range of learning rates', { areOptions: true });
  if (range.lowest >= range.highest)
    throw new UserError(`expected rates from low to high, got ${range.lowest} to ${range.highest}; exchange them`);
  if (options.kind === 'gan')
    throw new UserError(
      'two networks that play against each other have no loss to find a rate by: try rates around 0.001 in trainings',
    );
  const plan = await fitPlan(options);
  const runtime = openRuntime({ device, threads, memory });
  const loader = new Loader(workers ? { workers } : {});
  try {
    const trainer = await Trainer.create(plan, runtime);
    const points: RatePoint[] = [];
    const smoothed = new Smoothed();
    let blewUp = false;
    for await (const batch of endlessBatches(loader, plan)) {
      const learningRate = rateAt(points.length, range);
      const { loss } = await trainer.step(batch, points.length, { learningRate });
      const point = { learningRate, loss, smoothed: smoothed.add(loss) };
      if (Number.isFinite(loss)) points.push(point);
      onPoint?.(point, points.length, range.steps);
      blewUp = !Number.isFinite(loss) || hasBlownUp(points);
      if (blewUp || points.length === range.steps || signal?.aborted) break;
    }
    if (points.length === 0)
      throw new UserError(`expected a finite loss to begin with, got none on ${titleOf(plan)}; look at the images`);
    return {
      title: titleOf(plan),
      config: plan.config,
      points,
      suggestion: suggestionOf(points, range.steps),
      blewUp,
      interrupted: signal?.aborted ?? false,
    };
  } finally {
    await loader.close();
    await runtime.close();
  }
}
