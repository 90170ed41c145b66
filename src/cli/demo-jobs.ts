/** The two trainings of the demonstration. */
import { join } from 'node:path';
import type { TrainOptions } from '../train/plan.js';
import type { TrainResult } from '../train/train.js';
import { flagOf } from './command.js';
import { type Pace, pacedFor } from './demo-pace.js';
import { interruptible } from './interrupt.js';
import { shellLine } from './shell.js';
import type { Terminal } from './terminal.js';
import { recipeOptions } from './train-options.js';
import { showing } from './train-progress.js';

type Task = Exclude<TrainOptions['task'], 'generate'>;
type Recipe = Omit<TrainOptions, 'task' | 'data'>;

interface Job {
  readonly title: string;
  /** Folder of the run within the demonstration's. */
  readonly folder: string;
  /** Of the time for training. */
  readonly share: number;
  readonly recipe: Recipe;
  readonly pace: Pace;
}

/**
 * One block per stage behind the stem for photographs: shapes that fill their image are told apart on 8 x 8 positions, and what
 * that saves goes into width.
 */
const net = (stages: number) =>
  JSON.stringify({ bottleneck: false, repeats: new Array<number>(stages).fill(1), width: 32 });
const shared = { variant: 'imagenet', size: 32, validationFraction: 0.1 } as const;

const jobs: { readonly [T in Task]: Job } = {
  classify: {
    title: 'A ResNet learns to tell ten drawn shapes apart',
    folder: 'classifier',
    share: 0.6,
    recipe: { ...shared, net: net(4), batch: 32, schedule: 'cosine', labelSmoothing: 0, padding: 2 },
    pace: { leastEpochs: 5, mostEpochs: 20, mostImages: 10_000 },
  },
  reconstruct: {
    title: 'A ResNet and its mirror learn to squeeze images into 128 numbers and to draw them again',
    folder: 'autoencoder',
    share: 0.4,
    // many small steps, and of the three ways to enlarge the one that learns quickest
    recipe: { ...shared, net: net(3), batch: 16, latent: 128, upsample: 'resize', learningRate: 3e-3 },
    pace: { leastEpochs: 4, mostEpochs: 20, mostImages: 6000 },
  },
};

export interface JobOptions {
  /** Of the demonstration. */
  readonly folder: string;
  /** For both trainings together. */
  readonly seconds: number;
  readonly terminal: Terminal;
}

/** Trains for one task, as much as there is time for. */
export async function trainJob(task: Task, { folder, seconds, terminal }: JobOptions): Promise<TrainResult> {
  const { title, recipe, pace, share, folder: name } = jobs[task];
  terminal.news(`\n${terminal.paintNews('bold', title)}`);
  const { images, epochs } = await pacedFor(seconds * share, { ...recipe, task }, pace);
  const out = join(folder, name);
  const data = `drawn:${images}`;
  const command = commandFor(task, data, { ...recipe, epochs });
  const { train } = await import('../train/train.js');
  return interruptible(terminal, (signal) =>
    showing({ task, folder: out, terminal }, (events) =>
      train({ ...recipe, ...events, epochs, task, data, out, signal, command }),
    ),
  );
}

/** The command line that does the same. */
function commandFor(task: Task, data: string, recipe: Recipe): string {
  const given = Object.entries(recipe).flatMap(([key, value]) => {
    return [flagOf(recipeOptions[key as keyof Recipe]), String(value)];
  });
  return `resmirror ${shellLine(['train', task, data, ...given])}`;
}
