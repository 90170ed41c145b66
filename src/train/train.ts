/** Training as one call: into a new run folder, or on from a checkpoint. */
import { Loader, type Skipped } from '../data/batches.js';
import { UserError } from '../errors.js';
import { networkOf } from '../models/index.js';
import { openRuntime } from '../runtime/index.js';
import { VERSION } from '../version.js';
import { type Checkpoint, readCheckpoint } from './checkpoint.js';
import type { TrainConfig } from './config.js';
import { type FitOptions, fitPlan } from './fit.js';
import { sameJudges, sameModel } from './judge-files.js';
import { Loop } from './loop.js';
import { endedEarly } from './patience.js';
import type { Plan, TrainOptions } from './plan.js';
import { openRecords } from './records/index.js';
import type { EpochRecord } from './report/index.js';
import { createRunFolder, readRunConfig, refuseRun } from './run-folder.js';
import type { RunOptions } from './run-options.js';
import { reportRun } from './run-report.js';
import { openSplits } from './splits.js';
import type { Evaluation } from './tasks/index.js';
import { trainerOf } from './trainers.js';
import { startFrom } from './transfer.js';

export type { RunOptions } from './run-options.js';

export interface TrainResult {
  readonly folder: string;
  readonly config: TrainConfig;
  readonly history: readonly EpochRecord[];
  /** Figures of the last validation; absent when stopped before it. */
  readonly evaluation: Evaluation | undefined;
  /** Images that could not be read. */
  readonly skipped: readonly Skipped[];
  /** Stopped by the signal before its end. */
  readonly interrupted: boolean;
  /** In a sentence, why it ended before all epochs: the patience of its configuration was over. */
  readonly endedEarly: string | undefined;
  /** Path of `report.html`. */
  readonly report: string;
}

/**
 * Trains from the start into the new run folder `out`.
 * @throws UserError for options that do not fit, unusable data, or a training whose loss is not finite any more.
 */
export async function train(options: FitOptions & RunOptions & { readonly out: string }): Promise<TrainResult> {
  await refuseRun(options.out); // before anything takes time
  const plan = await fitPlan(options);
  await createRunFolder(options.out, { command: options.command ?? '', version: VERSION, config: plan.config });
  return run(plan, options.out, options);
}

/**
 * Continues a run from its last checkpoint (from the start where it was stopped before the first) as if it had never stopped:
 * on one device, the same losses bit for bit.
 * @param options.data where the same images lie now, if they were moved
 */
export async function resume(
  folder: string,
  options: RunOptions & Partial<Pick<TrainOptions, 'data'>> = {},
): Promise<TrainResult> {
  const { config, command } = await readRunConfig(folder);
  const checkpoint = await readCheckpoint(folder);
  const labelled = config.classes.length > 0;
  const splits = await openSplits(options.data ?? config.data, { ...config, labelled });
  if (labelled && `${splits.train.classes}` !== `${config.classes}`)
    throw new UserError(
      `${folder} was trained on the classes ${config.classes.join(', ')}, the data has ${splits.train.classes.join(', ')}; give the data it began with`,
    );
  const network = networkOf(config.network);
  // a run that has not come to its first checkpoint begins where it began
  const start = config.start && !checkpoint ? startFrom(await sameModel(config.start), network).weights : {};
  const plan = { config, network, splits, judges: await sameJudges(config), start };
  return run(plan, folder, { command, ...options }, checkpoint);
}

async function run(plan: Plan, folder: string, options: RunOptions, checkpoint?: Checkpoint): Promise<TrainResult> {
  const { device = 'cpu', threads, memory, workers, tensorboard, command = '' } = options;
  const progress = checkpoint?.progress;
  const runtime = openRuntime({ device, threads, memory });
  const loader = new Loader(workers ? { workers } : {});
  try {
    const trainer = await trainerOf(plan, runtime, {
      given: checkpoint && { ...checkpoint.model.weights, ...checkpoint.states },
      epoch: progress?.epoch ?? 1,
    });
    const { recorder, epochs: history } = await openRecords({
      plan,
      folder,
      runtime,
      trainer,
      loader,
      progress,
      tensorboard,
    });
    const loop = new Loop({ plan, folder, trainer, loader, options, recorder, history, progress });
    const interrupted = !(await loop.run().finally(() => recorder.close()));
    const { evaluation, skipped } = loop;
    const early = endedEarly(plan.config, history);
    const shown = {
      plan,
      folder,
      history,
      evaluation,
      skipped,
      command,
      device,
      threads: runtime.threads,
      interrupted,
      endedEarly: early,
    };
    const report = await reportRun(shown);
    return { folder, config: plan.config, history, evaluation, skipped, interrupted, endedEarly: early, report };
  } finally {
    await loader.close();
    await runtime.close();
  }
}
