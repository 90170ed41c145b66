/** A training small enough to be repeated many times, and what two of them must have in common. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { permutation } from '../../src/random/index.js';
import { readCheckpoint } from '../../src/train/checkpoint.js';
import type { TrainOptions } from '../../src/train/plan.js';
import { type RunOptions, resume, train } from '../../src/train/train.js';

/** A name for a folder that does not exist yet, in one that goes when the test file ends. */
export async function newFolder(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'resmirror-train-'));
  after(() => rm(parent, { recursive: true, force: true }));
  return join(parent, 'run');
}

/** 200 drawn pictures of 16 x 16 through one block of four channels: six steps an epoch. */
export const tiny = {
  task: 'classify',
  data: 'drawn:200',
  net: '{"bottleneck":false,"repeats":[1],"width":4}',
  variant: 'cifar',
  size: 16,
  batch: 32,
  epochs: 3,
  seed: 7,
  threads: 1,
  workers: 1,
} as const satisfies TrainOptions & RunOptions;
export const TINY_STEPS = 6;

/** Runs until this step of the whole training is done. */
export async function until<R>(
  step: number,
  run: (options: { signal: AbortSignal; onStep: () => void }) => Promise<R>,
  from = 0,
) {
  const controller = new AbortController();
  let done = from;
  const onStep = () => {
    if (++done === step) controller.abort();
  };
  return run({ signal: controller.signal, onStep });
}

/** A training stopped after five steps that chance chose, and resumed after each, comes bit for bit to what it comes to without; here it lies. */
export async function sameAfterStops(options: TrainOptions): Promise<string> {
  const [whole, parts] = [await newFolder(), await newFolder()];
  const how = { threads: 1, workers: 1 };
  const { history } = await train({ ...tiny, ...options, out: whole });
  const stops = permutation(history.at(-1)!.step - 1, 'stops', JSON.stringify(options)).slice(0, 5);
  let before = 0;
  for (const stop of stops.map((step) => step + 1).sort()) {
    const go = (events: Pick<RunOptions, 'signal' | 'onStep'>) =>
      before === 0 ? train({ ...tiny, ...options, ...events, out: parts }) : resume(parts, { ...how, ...events });
    assert.equal((await until(stop, go, before)).interrupted, true);
    assert.equal((await readCheckpoint(parts))?.progress.step, stop);
    before = stop;
  }
  await resume(parts, how);
  assert.deepEqual(await figuresOf(parts), await figuresOf(whole), `stopped after the steps ${stops}`);
  assert.deepEqual(await outcomeOf(parts), await outcomeOf(whole), `stopped after the steps ${stops}`);
  return parts;
}

/** A run's folder as a kill leaves it: with all that `train` recorded, but the checkpoint that was there before. */
export async function killedAfter(folder: string, train: () => Promise<unknown>): Promise<void> {
  const checkpoint = async () => (await readdir(folder)).filter((name) => name.startsWith('last.'));
  const aside = await mkdtemp(join(tmpdir(), 'resmirror-train-'));
  const kept = await checkpoint();
  for (const name of kept) await copyFile(join(folder, name), join(aside, name));
  await train();
  for (const name of await checkpoint()) await rm(join(folder, name));
  for (const name of kept) await copyFile(join(aside, name), join(folder, name));
  await rm(aside, { recursive: true });
}

/** Every line of the records, without what the clock says. */
export async function figuresOf(folder: string): Promise<readonly object[]> {
  const lines = (await readFile(join(folder, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const { seconds: _, imagesPerSecond: __, ...figures } = JSON.parse(line) as Record<string, unknown>;
    return figures;
  });
}

/** All that a run has come to: the best model's file, and the last one's weights, optimiser and place. */
export async function outcomeOf(folder: string) {
  const { model, states, progress } = (await readCheckpoint(folder))!;
  const { seconds: _, ...place } = progress;
  return { best: await digestOf(join(folder, 'best.safetensors')), weights: model.weights, states, place };
}

export const digestOf = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

/** Eight steps an epoch, for very long. */
export const enduring = { ...tiny, data: 'drawn:64', batch: 8, epochs: 40, size: 12 } as const;
