/** Judging a network on a set of images. */
import type { Epochs, Skipped } from '../data/epoch.js';
import type { Dataset } from '../data/numbered.js';
import type { Program } from '../runtime/runtime.js';
import type { TrainConfig } from './config.js';
import { type Share, WHOLE } from './share.js';
import { type Evaluation, type Tally, tasks } from './tasks/index.js';
import { imagesOf } from './trainer.js';

/** What one process has found of the images. */
interface Found {
  readonly sums: Tally['sums'];
  readonly skipped: readonly Skipped[];
}

/** Where several processes judge together. */
export interface Together {
  readonly share: Share;
  /** What all processes have found, by rank. */
  gathered(own: Found): Promise<readonly Found[]>;
}

export interface EvaluateOptions
  extends Pick<TrainConfig, 'task' | 'batch' | 'preprocessing' | 'network' | 'classes' | 'strict' | 'judge'> {
  /** By default, one process judges alone. With others, `batch` is its own, and all come to the same result. */
  readonly together?: Together | undefined;
  readonly onBatch?: (done: number, of: number) => void;
}

/** Runs all images once through an evaluation program and tallies what comes out. */
export async function evaluate(
  program: Program,
  loader: Epochs,
  dataset: Dataset,
  { task, batch: size, preprocessing, network, classes, strict, judge, together, onBatch = () => {} }: EvaluateOptions,
): Promise<Evaluation & { readonly skipped: readonly Skipped[] }> {
  const { tally: newTally, conditions } = tasks[task];
  const tally = newTally(classes);
  // names one by one: a whole configuration fits the type too, and its augmentation must not come along
  const batches = loader.epoch(dataset, {
    batch: size,
    preprocessing,
    strict,
    share: together?.share ?? WHOLE,
    shuffle: false,
    seed: 0,
    epoch: 0,
  });
  let done = 0;
  for await (const batch of batches) {
    const images = imagesOf(batch, { batch: size, preprocessing });
    tally.add(
      batch,
      await program.run({ images, ...conditions?.(batch, { network, classes, batch: size, ...(judge && { judge }) }) }),
    );
    onBatch(++done, batches.length);
  }
  if (!together) return { ...tally.result(), skipped: batches.skipped };
  const found = await together.gathered({ sums: tally.sums, skipped: batches.skipped });
  const all = newTally(classes);
  for (const { sums } of found) all.absorb(sums);
  return { ...all.result(), skipped: found.flatMap(({ skipped }) => skipped) };
}
