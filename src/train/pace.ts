/** How fast a training runs on this machine, found out by a few of its steps, which leave nothing behind. */
import { Loader } from '../data/batches.js';
import { openRuntime } from '../runtime/index.js';
import { evaluate } from './evaluate.js';
import type { Plan } from './plan.js';
import type { RunOptions } from './run-options.js';
import { samplesFrom } from './samples.js';
import { trainerOf } from './trainers.js';
import { endlessBatches } from './training-batches.js';

/** Seconds that the parts of a training take. */
export interface Pace {
  /** Before the first step. */
  readonly setup: number;
  /** Of training, waiting for images included. */
  readonly step: number;
  /** One batch of the validation. */
  readonly validationBatch: number;
}

export interface PaceOptions extends Pick<RunOptions, 'device' | 'threads' | 'memory' | 'workers' | 'signal'> {
  /** How long to measure steps, in seconds; 3 by default. */
  readonly seconds?: number;
  /** Seconds, whatever they count from; the machine's clock by default. */
  readonly now?: () => number;
}

/** The first steps are slower: fewer than this have to do only where they take so many times as long as wanted. */
const [LEAST_STEPS, SLOW] = [6, 10];
const VALIDATION_BATCHES = 4;

/** What each of the later half of some jobs took. @param stamps when the first began, and when each ended */
export const settled = (stamps: readonly number[]): number => {
  const from = Math.floor((stamps.length - 1) / 2);
  return (stamps.at(-1)! - stamps[from]!) / Math.max(1, stamps.length - 1 - from);
};

/** Trains for some seconds on a runtime of its own, so that the training proper begins untouched. */
export async function measurePace(plan: Plan, options: PaceOptions = {}): Promise<Pace> {
  const { device, threads, memory, workers, signal, seconds = 3, now = () => performance.now() / 1000 } = options;
  const { config, splits } = plan;
  const begun = now();
  const runtime = openRuntime({ device, threads, memory });
  const loader = new Loader(workers ? { workers } : {});
  try {
    const trainer = await trainerOf(plan, runtime);
    const steps = [now()];
    for await (const batch of endlessBatches(loader, plan)) {
      await trainer.step(batch, steps.length - 1, { learningRate: 0 }); // at a rate of 0 nothing can diverge
      steps.push(now());
      const taken = steps.at(-1)! - steps[0]!;
      if (taken > (steps.length > LEAST_STEPS ? seconds : SLOW * seconds) || signal?.aborted) break;
    }
    const judged = samplesFrom(splits.validation, { seed: config.seed, count: VALIDATION_BATCHES * config.batch });
    const validation = [now()];
    await evaluate(trainer.evaluation, loader, judged, { ...config, onBatch: () => validation.push(now()) });
    return { setup: steps[0]! - begun, step: settled(steps), validationBatch: settled(validation) };
  } finally {
    await loader.close();
    await runtime.close();
  }
}

/** How a time was used up by epochs. */
export interface TimeChoice {
  /** Seconds that were given. */
  readonly seconds: number;
  readonly epochs: number;
  /** Of one epoch, its validation included. */
  readonly epochSeconds: number;
  /** Whether the epochs fit: one is trained in any case. */
  readonly fits: boolean;
}

/** Share of the time that may be planned; the rest is for checkpoints, and for what slows a machine down. */
const PLANNED = 0.95;
/** One to train, and one that shows the report what was learned. */
const ENGINES = 2;
const MOST_EPOCHS = 100_000;

/** As many epochs as end in time, but at least one: less leaves no model that was judged, and a learning rate that never fell. */
export function epochsIn(
  { seconds, spent }: { readonly seconds: number; readonly spent: number },
  { setup, step, validationBatch }: Pace,
  { batches, validationBatches }: { readonly batches: number; readonly validationBatches: number },
): TimeChoice {
  const epochSeconds = batches * step + validationBatches * validationBatch;
  const fitting = Math.floor(((seconds - spent) * PLANNED - ENGINES * setup) / epochSeconds);
  const epochs = Math.min(MOST_EPOCHS, Math.max(1, fitting));
  return { seconds, epochs, epochSeconds, fits: fitting >= 1 };
}
