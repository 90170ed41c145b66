/** The two trainings of the demonstration. */
import { join } from 'node:path';
import type { TrainOptions } from '../train/plan.js';
import type { TrainResult } from '../train/train.js';
import { epochsWithin, type Pace } from './demo-pace.js';
import { interruptible } from './interrupt.js';
import { shellLine } from './shell.js';
import type { Terminal } from './terminal.js';
import { recipeOptions } from './train-options.js';
import { showing } from './train-progress.js';

interface Job {
  readonly title: string;
  /** Folder of the run within the demonstration's. */
  readonly folder: string;
  readonly recipe: Omit<TrainOptions, 'task' | 'data'> & { readonly data: string };
  readonly pace: Pace;
}

/** The CIFAR family's plan with one block per stage: small enough for two cores and minutes. */
const net = JSON.stringify({ bottleneck: false, repeats: [1, 1, 1], width: 16 });
const shared = { net, variant: 'cifar', size: 32, batch: 32 } as const;

/** `npm start` has to be over within six minutes on two cores, installing included; the pace sees to that. */
const jobs: { readonly [T in TrainOptions['task']]: Job } = {
  classify: {
    title: 'A ResNet learns to tell ten drawn shapes apart',
    folder: 'classifier',
    recipe: { ...shared, data: 'drawn:6000', learningRate: 0.05, labelSmoothing: 0, padding: 2 },
    pace: { seconds: 80, least: 3, most: 10 },
  },
  reconstruct: {
    title: 'A ResNet and its mirror learn to squeeze images into 128 numbers and to draw them again',
    folder: 'autoencoder',
    recipe: { ...shared, data: 'drawn:4000', latent: 128, learningRate: 2e-3 },
    pace: { seconds: 70, least: 2, most: 10 },
  },
};

/** Trains for one task in `folder`, for as many epochs as there is time for. */
export async function trainJob(
  task: TrainOptions['task'],
  { folder, terminal }: { readonly folder: string; readonly terminal: Terminal },
): Promise<TrainResult> {
  const { title, recipe, pace, folder: name } = jobs[task];
  terminal.news(`\n${terminal.paintNews('bold', title)}`);
  const epochs = await epochsWithin({ ...recipe, task }, pace);
  const out = join(folder, name);
  const options = { ...recipe, epochs, task, out };
  const { train } = await import('../train/train.js');
  return interruptible(terminal, (signal) =>
    showing({ task, folder: out, terminal }, (events) =>
      train({ ...options, ...events, signal, command: commandFor(task, { ...recipe, epochs }) }),
    ),
  );
}

/** The command line that does the same. */
function commandFor(task: TrainOptions['task'], { data, ...recipe }: Job['recipe']): string {
  const given = Object.entries(recipe).flatMap(([key, value]) => {
    const [name] = recipeOptions[key as keyof typeof recipe].flags.split(' ');
    return [name!, String(value)];
  });
  return `resmirror ${shellLine(['train', task, data, ...given])}`;
}
