/** How much can be trained in a given time on this machine. */
import { Loader } from '../data/batches.js';
import { openRuntime } from '../runtime/index.js';
import { planTraining, type TrainOptions } from '../train/plan.js';
import { Trainer } from '../train/trainer.js';

/** Steps to measure, of which the first half warms up. */
const STEPS = 10;
/** Validation, checkpoints and the report, on top of the steps. */
const OVERHEAD = 1.1;

/** Sizes of a training between which the machine decides. */
export interface Pace {
  /** Fewer than this and a network sees its images too seldom to learn from them. */
  readonly leastEpochs: number;
  readonly mostEpochs: number;
  readonly mostImages: number;
}

const LEAST_IMAGES = 320;

/** Takes a few steps on drawn images, and returns how many images and epochs fit into the time. */
export async function pacedFor(
  seconds: number,
  options: Omit<TrainOptions, 'data'>,
  { leastEpochs, mostEpochs, mostImages }: Pace,
): Promise<{ readonly images: number; readonly epochs: number }> {
  const affordable = (seconds * (await imagesPerSecond(options))) / OVERHEAD;
  const images = Math.round(Math.max(LEAST_IMAGES, Math.min(mostImages, affordable / leastEpochs)) / 10) * 10;
  const epochs = Math.max(leastEpochs, Math.min(mostEpochs, Math.floor(affordable / images)));
  return { images, epochs };
}

async function imagesPerSecond(options: Omit<TrainOptions, 'data'>): Promise<number> {
  const plan = await planTraining({ ...options, data: `drawn:${STEPS * 64}` });
  const { batch, preprocessing, seed } = plan.config;
  const runtime = openRuntime();
  const loader = new Loader();
  try {
    const trainer = await Trainer.create(plan, runtime);
    const order = { batch, preprocessing, seed, epoch: 1, shuffle: true, dropLast: true };
    const times: number[] = [];
    for await (const images of loader.epoch(plan.splits.train, order)) {
      const before = performance.now();
      await trainer.step(images, times.length, { batches: STEPS, losses: [] });
      times.push((performance.now() - before) / 1000);
      if (times.length === STEPS) break;
    }
    const settled = times.slice(Math.floor(times.length / 2));
    return (batch * settled.length) / settled.reduce((a, b) => a + b);
  } finally {
    await loader.close();
    await runtime.close();
  }
}
