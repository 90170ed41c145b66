/** Judging a trained model on a data set, by whatever names and in whatever order its classes come. */
import { resolve } from 'node:path';
import type { Skipped } from '../data/batches.js';
import { type Dataset, dataset, type Splits } from '../data/dataset.js';
import { UserError } from '../errors.js';
import type { ComputeOptions } from '../runtime/index.js';
import type { Model } from '../weights/index.js';
import { readyModel } from './ready-model.js';
import { readRunConfig } from './run-folder.js';
import { DRAWN, openSplits } from './splits.js';
import type { Evaluation } from './tasks/index.js';

/** A part of a data set. */
export type Split = 'train' | 'validation' | 'test';

/** How a model is judged. */
export interface EvaluateModelOptions extends ComputeOptions {
  /** Which part of the data. `validation` by default: of data without parts all of it, or what training held out. */
  readonly split?: Split;
  /** Images that go through the network at once. 32 by default. */
  readonly batch?: number;
  /** Whether a classifier also sees each image mirrored, and what it says of both is averaged. No by default. */
  readonly mirrored?: boolean;
  /** A broken image is an error instead of being skipped. */
  readonly strict?: boolean;
  readonly onBatch?: (done: number, of: number) => void;
}

export interface ModelEvaluation extends Evaluation {
  readonly model: Pick<Model, 'card' | 'network'>;
  /** The images that were judged. */
  readonly dataset: Dataset;
  readonly skipped: readonly Skipped[];
  readonly warnings: readonly string[];
}

/**
 * Judges the model of a file or run folder on a folder of images, or on a data set that is open already.
 * @throws UserError for data that does not fit: classes that the model does not know, or a part that the data lacks
 */
export async function evaluateModel(
  path: string,
  data: string | Splits,
  options: EvaluateModelOptions = {},
): Promise<ModelEvaluation> {
  const { split = 'validation' } = options;
  const ready = await readyModel(path, options);
  try {
    const { task, classes } = ready.model.card;
    const splits = await splitsFor(path, data, { task, labelled: classes.length > 0 });
    const part = partOf(splits, split);
    const images = classes.length > 0 ? relabelled(part, classes) : part;
    return { ...(await ready.evaluate(images, options)), warnings: splits.warnings };
  } finally {
    await ready.close();
  }
}

/** A model's own training data is split as it was then; of other data that has no parts, everything is judged. */
export async function splitsFor(path: string, data: string | Splits, kind: Kind): Promise<Splits> {
  if (typeof data !== 'string') return data;
  const run = await readRunConfig(path).catch(() => undefined);
  if (run && resolve(run.config.data) === resolve(data)) return openSplits(data, { ...run.config, ...kind });
  return wholeOf(data, kind);
}

/** What is done with the images, and whether it takes their classes. */
interface Kind {
  readonly task: Model['card']['task'];
  readonly labelled?: boolean;
}

/** All images, undivided where the data does not come in parts. */
export async function wholeOf(data: string | Splits, kind: Kind): Promise<Splits> {
  const drawn = typeof data === 'string' && DRAWN.test(data); // always split, into images that share nothing
  return openSplits(data, { ...kind, seed: 0, validationFraction: drawn ? 0.2 : 0 });
}

/** Where a folder's test images serve as validation, they are found under both names. */
export function partOf(splits: Splits, split: Split): Dataset {
  const found = splits[split] ?? (splits.validation.name.endsWith(' test') ? splits.validation : undefined);
  if (found) return found;
  throw new UserError(`the data has no test images of its own; leave out the split, or choose train or validation`);
}

/** The same images with the model's class numbers. A model whose classes have numbers for names, as many as the images, takes them in order. */
export function relabelled(images: Dataset, classes: readonly string[]): Dataset {
  const nameless = classes.every((name, i) => name === `${i}`);
  if (nameless && images.classes.length === classes.length) return images;
  const unknown = images.classes.filter((name) => !classes.includes(name));
  if (unknown.length > 0)
    throw new UserError(
      `the model knows the classes ${classes.join(', ')}; ${images.name} also has ${unknown.join(', ')}. Rename or remove these folders, or train on this data`,
    );
  const { source } = images;
  const numbers = images.classes.map((name) => classes.indexOf(name));
  const labels = Int32Array.from({ length: images.length }, (_, i) => numbers[images.label(i)]!);
  return dataset(images.name, { ...source, labels }, classes);
}
