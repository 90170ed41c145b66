/**
 * What a run keeps on disk. A checkpoint is the model with a pointer to the optimiser's tensors in a second file: that file is
 * written first and under a new name, so that the moment `last.safetensors` is renamed into place both belong together.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { UserError } from '../errors.js';
import { whole, within } from '../schema.js';
import {
  isUnfinished,
  type Model,
  modelOf,
  readSafetensors,
  type Weights,
  writeModel,
  writeSafetensors,
} from '../weights/index.js';

/** Where a training stands: everything that its future depends on, besides tensors. */
export const Progress = v.strictObject({
  /** Optimiser steps taken. */
  step: whole(0),
  /** The epoch under way, from 1. */
  epoch: whole(1),
  /** Batches of it that are done. */
  batch: whole(0),
  /** Sums over these batches. */
  loss: v.number(),
  correct: v.number(),
  images: whole(0),
  /** Seconds trained, over all starts. */
  seconds: within({ least: 0 }),
  /** The best figure so far. */
  best: v.exactOptional(v.number()),
});
export type Progress = v.InferOutput<typeof Progress>;
const ProgressText = v.pipe(v.string(), v.parseJson(), Progress);

const LAST = 'last.safetensors';
const BEST = 'best.safetensors';
const optimizerName = (step: number) => `last.optimizer-${step}.safetensors`;
const OPTIMIZER = /^last\.optimizer-\d+\.safetensors$/;

export interface Checkpoint {
  readonly model: Model;
  /** Tensors of the optimiser by name. */
  readonly states: Weights;
  readonly progress: Progress;
}

/** Replaces the run's last checkpoint; a crash at any moment leaves the old one or the new one. */
export async function writeCheckpoint(folder: string, { model, states, progress }: Checkpoint): Promise<void> {
  const name = optimizerName(progress.step);
  await writeSafetensors(join(folder, name), { tensors: Object.entries(states) });
  await writeModel(join(folder, LAST), model, { progress: JSON.stringify(progress), optimizer: name });
  for (const file of await readdir(folder))
    if ((OPTIMIZER.test(file) && file !== name) || isUnfinished(file)) await rm(join(folder, file), { force: true });
}

export const writeBest = (folder: string, model: Model): Promise<void> => writeModel(join(folder, BEST), model);

/** The run's last checkpoint; none before the first is written. @throws UserError where it is damaged. */
export async function readCheckpoint(folder: string): Promise<Checkpoint | undefined> {
  const path = join(folder, LAST);
  if (!(await readdir(folder)).includes(LAST)) return undefined;
  const file = await readSafetensors(path);
  const model = modelOf(file, path);
  const optimizer = file.metadata.optimizer;
  const parsed = v.safeParse(ProgressText, file.metadata.progress);
  if (!parsed.success || !optimizer || !OPTIMIZER.test(optimizer))
    throw new UserError(
      `${path} is a model without the state of its training; resume from the folder that 'train' wrote`,
    );
  const { tensors } = await readSafetensors(join(folder, optimizer));
  return { model, states: Object.fromEntries(tensors) as Weights, progress: parsed.output };
}
