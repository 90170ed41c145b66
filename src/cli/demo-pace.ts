/** How much can be trained in a given time on this machine. */
import { Loader } from '../data/batches.js';
import { openRuntime } from '../runtime/index.js';
import { planTraining, type TrainOptions } from '../train/plan.js';
import { Trainer } from '../train/trainer.js';

const STEPS = 6;
/** Validation, checkpoints and the report, on top of the steps. */
const OVERHEAD = 1.15;

export interface Pace {
  /** Time that the whole training may take. */
  readonly seconds: number;
  /** Below the least, nothing is learned. */
  readonly least: number;
  readonly most: number;
}

/** Takes a few steps, and returns the number of epochs that fit into the time. */
export async function epochsWithin(options: TrainOptions, { seconds, least, most }: Pace): Promise<number> {
  const plan = await planTraining(options);
  const { batch, preprocessing, seed } = plan.config;
  const runtime = openRuntime();
  const loader = new Loader();
  try {
    const trainer = await Trainer.create(plan, runtime);
    const order = { batch, preprocessing, seed, epoch: 1, shuffle: true, dropLast: true };
    const batches = loader.epoch(plan.splits.train, order);
    const times: number[] = [];
    let before = performance.now();
    for await (const images of batches) {
      await trainer.step(images, times.length, batches.length);
      times.push(performance.now() - before);
      before = performance.now();
      if (times.length === STEPS) break;
    }
    const step = times.sort((a, b) => a - b)[Math.floor(times.length / 2)]! / 1000;
    return Math.max(least, Math.min(most, Math.floor(seconds / (step * batches.length * OVERHEAD))));
  } finally {
    await loader.close();
    await runtime.close();
  }
}
