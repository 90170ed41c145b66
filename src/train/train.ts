/** Training as one call: into a new run folder, or on from a checkpoint. */
import { type Communicator, fromFirst, oneProcess, together } from '../communicator/index.js';
import { Loader, type Skipped } from '../data/batches.js';
import { distributedRuntime } from '../distributed/index.js';
import { UserError } from '../errors.js';
import { networkOf } from '../models/index.js';
import { openRuntime, type Runtime } from '../runtime/index.js';
import { VERSION } from '../version.js';
import { agree } from './agreement.js';
import { checkRates } from './check-options.js';
import { type Checkpoint, readCheckpoint } from './checkpoint.js';
import type { TrainConfig } from './config.js';
import { Crew } from './crew.js';
import { divided, planFor } from './divide.js';
import type { FitOptions } from './fit.js';
import { sameJudges, sameModel } from './judge-files.js';
import { Loop } from './loop.js';
import { machineShare } from './machine-share.js';
import { endedEarly } from './patience.js';
import type { Plan, TrainOptions } from './plan.js';
import { openRecords } from './records/index.js';
import type { EpochRecord } from './report/index.js';
import { runFiles } from './run-files.js';
import { createRunFolder, readRunConfig, refuseRun } from './run-folder.js';
import type { RunOptions } from './run-options.js';
import { reportRun } from './run-report.js';
import { openSplits } from './splits.js';
import type { Evaluation } from './tasks/index.js';
import { trainerOf } from './trainers.js';
import { startFrom } from './transfer.js';

export type { RunOptions } from './run-options.js';

/** What came of a training. */
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
 * Trains from the start into the new run folder `out`. With a communicator of several processes, all of them call this with the same options:
 * each learns from its part of every batch, and rank 0 writes.
 * @throws UserError for options that do not fit, unusable data, or a training whose loss is not finite any more.
 */
export async function train(options: FitOptions & RunOptions & { readonly out: string }): Promise<TrainResult> {
  const { communicator = oneProcess(), out } = options;
  await fromFirst(communicator, () => refuseRun(out)); // before anything takes time
  const plan = await together(communicator, async () => {
    const planned = await planFor(communicator.size, options);
    checkRates(options, planned.config);
    return planned;
  });
  await agree(communicator, plan);
  const { config } = plan;
  await fromFirst(communicator, () =>
    createRunFolder(out, { command: options.command ?? '', version: VERSION, config }),
  );
  return run(plan, out, { ...options, communicator });
}

/**
 * Continues a run from its last checkpoint (from the start where it was stopped before the first) as if it had never stopped:
 * on one device, the same losses bit for bit. With a communicator, rank 0 reads the folder; as many processes as began it, or others.
 * @param options.data where the same images lie now, if they were moved
 */
export async function resume(
  folder: string,
  options: RunOptions & Partial<Pick<TrainOptions, 'data'>> = {},
): Promise<TrainResult> {
  const { communicator = oneProcess() } = options;
  const { config, command } = await fromFirst(communicator, () => readRunConfig(folder));
  const checkpoint = communicator.rank === 0 ? await readCheckpoint(folder) : undefined;
  const progress = await fromFirst(communicator, () => checkpoint?.progress);
  const plan = await together(communicator, async () => {
    const labelled = config.classes.length > 0;
    const splits = await openSplits(options.data ?? config.data, {
      ...config,
      labelled,
      ...(options.onShard && { onShard: options.onShard }),
    });
    if (labelled && `${splits.train.classes}` !== `${config.classes}`)
      throw new UserError(
        `${folder} was trained on the classes ${config.classes.join(', ')}, the data has ${splits.train.classes.join(', ')}; give the data it began with`,
      );
    const network = networkOf(config.network);
    // a run that has not come to its first checkpoint begins where it began
    const begun = config.start && !progress ? await sameModel(config.start) : undefined;
    const start = begun ? startFrom(begun, network, config.classes).weights : {};
    return divided(communicator.size, { config, network, splits, judges: await sameJudges(config), start });
  });
  await agree(communicator, plan);
  return run(plan, folder, { command, ...options, communicator }, { checkpoint, progress });
}

interface Begun {
  /** On rank 0. */
  readonly checkpoint?: Checkpoint | undefined;
  /** On all. */
  readonly progress?: Checkpoint['progress'] | undefined;
}

async function run(
  whole: Plan,
  folder: string,
  options: RunOptions & { readonly communicator: Communicator },
  { checkpoint, progress }: Begun = {},
): Promise<TrainResult> {
  const { communicator, device = 'cpu', memory, command = '' } = options;
  const crew = await Crew.of(communicator);
  const plan: Plan = { ...whole, share: crew.share };
  const { threads, workers } = await machineShare(communicator, options);
  const runtime = openRuntime({ device, threads, memory });
  const loader = new Loader(workers ? { workers } : {});
  try {
    const trainer = await trainerOf(plan, joined(runtime, options), {
      given: checkpoint && { ...checkpoint.model.weights, ...checkpoint.states },
      epoch: progress?.epoch ?? 1,
    });
    const { tensorboard } = options;
    const records = crew.leads
      ? await openRecords({ plan, folder, runtime, trainer, loader, progress, tensorboard })
      : undefined;
    const history = [...(await fromFirst(communicator, () => records?.epochs ?? []))];
    const files = records && runFiles(folder, records.recorder);
    const loop = new Loop({ plan, folder, trainer, loader, options, files, crew, history, progress });
    const interrupted = !(await loop.run().finally(() => records?.recorder.close()));
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
      endedEarly: endedEarly(plan.config, history),
    };
    const report = await fromFirst(communicator, () => reportRun(shown));
    const { endedEarly: early } = shown;
    return { folder, config: plan.config, history, evaluation, skipped, interrupted, endedEarly: early, report };
  } finally {
    await loader.close();
    await runtime.close();
  }
}

/** The runtime, whose programs may wait for other processes where there are some. */
const joined = (
  runtime: Runtime,
  { communicator, compressGradients }: Pick<RunOptions, 'compressGradients'> & { readonly communicator: Communicator },
): Runtime =>
  communicator.size === 1 ? runtime : distributedRuntime(runtime, { communicator, compression: compressGradients });
