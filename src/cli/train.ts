/** `resmirror train`: from images to a model. */
import { fromFirst } from '../communicator/index.js';
import { describeSetting, settingOf, settingText } from '../models/index.js';
import type { FitOptions } from '../train/fit.js';
import { bestOf, figureOf } from '../train/report/best.js';
import type { RunOptions, TrainResult } from '../train/train.js';
import { command, flagOf } from './command.js';
import { deviceOption } from './device.js';
import { usageError } from './failure.js';
import { counted } from './figures.js';
import { INTERRUPTED, interruptible } from './interrupt.js';
import { inJob } from './job.js';
import { NETWORKS } from './network-options.js';
import { dataName, newRun } from './new-run.js';
import { shellLine } from './shell.js';
import type { Terminal } from './terminal.js';
import { isTask, recipeOptions, runOptions, type Task } from './train-options.js';
import { showing } from './train-progress.js';

const PROCESSES = `Several processes train together where mpirun or srun starts them, each on its
part of every batch; --batch is that of all together (docs/scaling.md):
  mpirun -np 4 resmirror train classify ./photos --batch 256`;

export const train = command({
  arguments: {
    '[task]': 'classify, reconstruct or generate',
    '[data]': "folder of images, IDX or CIFAR files, tar shards, or 'drawn' (drawn:4000 for so many)",
  },
  options: { ...recipeOptions, ...runOptions },
  notes: `${NETWORKS}\n\n${PROCESSES}`,
  examples: [
    ['train classify ./photos', 'photos/<class>/*.jpg, everything else by itself'],
    ['train classify ./photos --net resnet50 --size 224 --epochs 90', 'a larger one'],
    ['train classify ./photos --time 10m', 'as many epochs as that allows'],
    ['train classify ./fashion-mnist --net cifar-resnet20 --epochs 2', 'IDX files'],
    ["train classify 'photos-{000000..000127}.tar'", 'tar shards, also by https'],
    ['train reconstruct ./tiles --latent 256', 'an autoencoder'],
    ['train generate ./photos', 'a variational autoencoder that makes images of each class'],
    ['train --resume runs/resnet18-photos-1', 'on from where Ctrl-C stopped it'],
  ],
  run: ({ args, options, terminal: own }) =>
    inJob(own, async (communicator, terminal) => {
      const {
        out,
        resume: from,
        threads,
        workers,
        device,
        memoryLimit,
        tensorboard,
        logEvery,
        compressGradients,
        ...recipe
      } = options;
      const shared = {
        communicator,
        ...(compressGradients && { compressGradients }),
        ...(threads && { threads }),
        ...(workers && { workers }),
        ...(tensorboard && { tensorboard }),
        ...(logEvery && { logEvery }),
        ...(device && { device: await deviceOption(device) }),
        ...(memoryLimit && { memory: memoryLimit }),
      };
      const result = from
        ? await goOn(from, { args, given: { ...recipe, ...(out && { out }) }, shared, terminal })
        : await start(args, recipe, { out, shared, terminal });
      conclude(result, terminal);
      return {
        json: jsonOf(result),
        ...(result.interrupted && { exitCode: INTERRUPTED }),
      };
    }),
});

/** Of new and of resumed runs. */
type Shared = RunOptions & Required<Pick<RunOptions, 'communicator'>>;

interface Given {
  readonly task: string | undefined;
  readonly data: string | undefined;
}

async function start(
  { task, data }: Given,
  recipe: Omit<FitOptions, 'task' | 'data'>,
  { out, shared, terminal }: { out: string | undefined; shared: Shared; terminal: Terminal },
): Promise<TrainResult> {
  if (!isTask(task) || data === undefined)
    throw usageError(
      `expected 'train classify DATA', 'train reconstruct DATA' or 'train generate DATA', got 'train${task ? ` ${task}` : ''}'; DATA is a folder of images`,
    );
  const { communicator } = shared;
  const folder = out ?? (await fromFirst(communicator, () => newRun(`${runName(task, recipe)}-${dataName(data)}`)));
  const { train: begin } = await training();
  const settings = { ...recipe, ...shared, task, data, out: folder };
  if (recipe.time !== undefined) terminal.news('Measuring how fast this trains …');
  return interruptible(terminal, (signal) =>
    showing({ task, folder, terminal }, (events) =>
      begin({ ...settings, ...events, signal, command: `resmirror ${shellLine(process.argv.slice(2))}` }),
    ),
  );
}

async function goOn(
  folder: string,
  { args, given, shared, terminal }: { args: Given; given: object; shared: Shared; terminal: Terminal },
): Promise<TrainResult> {
  const [unused] = Object.keys(given) as (keyof typeof given)[];
  if (unused)
    throw usageError(
      `a resumed run keeps its configuration: leave out ${flagOf(train.options[unused]!)}, or start a new run`,
    );
  const { readRunConfig } = await import('../train/run-folder.js');
  const { task } = (await fromFirst(shared.communicator, () => readRunConfig(folder))).config;
  const { resume } = await training();
  return interruptible(terminal, (signal) =>
    showing({ task, folder, terminal }, (events) =>
      resume(folder, { ...shared, ...events, ...(args.data && { data: args.data }), signal }),
    ),
  );
}

const training = () => import('../train/train.js');

/** What the network is called in the name of its run. */
function runName(task: Task, { net = 'resnet18', kind = 'vae' }: Pick<FitOptions, 'net' | 'kind'>): string {
  const encoder = describeSetting(settingOf(settingText(net.replace(/^(autoencoder|vae)-/, ''))));
  const prefix = { classify: '', reconstruct: 'autoencoder-', generate: `${kind}-` }[task];
  return `${prefix}${encoder}`;
}

/** What to do with a model, by what it was trained for. */
const nextSteps: { readonly [T in Task]: (run: string) => readonly string[] } = {
  classify: (run) => [`predict ${run} IMAGE…`, `export ${run} --format onnx --out model.onnx`],
  reconstruct: (run) => [`reconstruct ${run} IMAGE… --out grid.png`, `embed ${run} IMAGE… --out vectors.npy`],
  generate: (run) => [`generate ${run} --out samples.png`, `generate ${run} --walk --out walk.webp`],
};

/** What came of it, what to look at, and what to do next. */
function conclude(result: TrainResult, terminal: Terminal): void {
  const { folder, config, history, skipped, interrupted, endedEarly, report } = result;
  const bold = (text: string) => terminal.paint('bold', text);
  const run = shellLine([folder]);
  terminal.print();
  if (interrupted) {
    terminal.print(`Stopped and saved. Go on with  ${bold(`resmirror train --resume ${run}`)}`);
    return;
  }
  if (endedEarly) terminal.print(`${endedEarly}\n`);
  const best = bestOf(history);
  if (best) {
    const { name, text } = figureOf(best) ?? { name: 'the last', text: 'model' };
    terminal.print(`Best    ${bold(`${name} ${text}`)} after epoch ${best.epoch} of ${config.epochs}`);
  }
  if (skipped.length > 0) terminal.print(`Left    ${counted(skipped.length, 'image')} that could not be read`);
  terminal.print(`Model   ${folder}/best.safetensors`);
  terminal.print(`Report  ${report}`);
  const [first, ...rest] = nextSteps[config.task](run).map((line) => `resmirror ${line}`);
  terminal.print(`Next    ${[first, ...rest].join('\n        ')}`);
}

function jsonOf({
  folder,
  config,
  history,
  evaluation,
  skipped,
  interrupted,
  endedEarly,
  report,
}: TrainResult): object {
  return {
    folder,
    model: `${folder}/best.safetensors`,
    report,
    interrupted,
    ...(endedEarly && { endedEarly }),
    epochs: history,
    metrics: evaluation?.metrics ?? {},
    skipped,
    config,
  };
}
