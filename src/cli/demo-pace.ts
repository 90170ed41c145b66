/** How much can be trained in a given time on this machine. */
import { measurePace } from '../train/measure-pace.js';
import { planTraining, type TrainOptions } from '../train/plan.js';

/** Images to measure by. */
const SAMPLE = 640;
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
  const plan = await planTraining({ ...options, data: `drawn:${SAMPLE}` });
  return plan.config.batch / (await measurePace(plan)).step;
}
