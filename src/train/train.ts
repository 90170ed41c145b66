/** Training as one call: into a new run folder, or on from a checkpoint. */
import { Loader, type Skipped } from '../data/batches.js';
import { UserError } from '../errors.js';
import { networkOf } from '../models/index.js';
import { openRuntime } from '../runtime/index.js';
import { VERSION } from '../version.js';
import { AdversarialTrainer } from './adversarial-trainer.js';
import { type Checkpoint, readCheckpoint } from './checkpoint.js';
import { sameClassifier } from './classifier.js';
import type { TrainConfig } from './config.js';
import { Loop } from './loop.js';
import { openSplits, type Plan, planTraining, type TrainOptions } from './plan.js';
import { openRecords } from './records/index.js';
import type { EpochRecord } from './report/index.js';
import { createRunFolder, readRunConfig } from './run-folder.js';
import type { RunOptions } from './run-options.js';
import { reportRun } from './run-report.js';
import type { Evaluation } from './tasks/index.js';
import { Trainer } from './trainer.js';

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
  /** Path of `report.html`. */
  readonly report: string;
}

/**
 * Trains from the start into the new run folder `out`.
 * @throws UserError for options that do not fit, unusable data, or a training whose loss is not finite any more.
 */
export async function train(options: TrainOptions & RunOptions & { readonly out: string }): Promise<TrainResult> {
  const plan = await planTraining(options);
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
  const chosen = config.perceptual ?? config.judge;
  const classifier = chosen && (await sameClassifier(chosen));
  const plan = { config, network: networkOf(config.network), splits, ...(classifier && { classifier }) };
  return run(plan, folder, { command, ...options }, checkpoint);
}

async function run(plan: Plan, folder: string, options: RunOptions, checkpoint?: Checkpoint): Promise<TrainResult> {
  const { device = 'cpu', threads, workers, tensorboard, command = '' } = options;
  const progress = checkpoint?.progress;
  const runtime = openRuntime({ device, ...(threads && { threads }) });
  const loader = new Loader(workers ? { workers } : {});
  try {
    const trainer =
      plan.config.generation?.kind === 'gan'
        ? await AdversarialTrainer.create(
            plan,
            runtime,
            checkpoint && { ...checkpoint.model, states: checkpoint.states },
          )
        : await Trainer.create(plan, runtime, checkpoint && { ...checkpoint.model.weights, ...checkpoint.states });
    const { recorder, epochs: history } = await openRecords({ plan, folder, runtime, loader, progress, tensorboard });
    const loop = new Loop({ plan, folder, trainer, loader, options, recorder, history, progress });
    const interrupted = !(await loop.run().finally(() => recorder.close()));
    const { evaluation, skipped } = loop;
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
    };
    return { folder, config: plan.config, history, evaluation, skipped, interrupted, report: await reportRun(shown) };
  } finally {
    await loader.close();
    await runtime.close();
  }
}
