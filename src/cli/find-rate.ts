/** `resmirror find-lr`: which learning rates are worth choosing. */
import type { FoundRates, RatePoint } from '../train/find-learning-rate.js';
import { command, option } from './command.js';
import { deviceOption } from './device.js';
import { usageError } from './failure.js';
import { counted } from './figures.js';
import { INTERRUPTED, interruptible } from './interrupt.js';
import { NETWORKS } from './network-options.js';
import { shellLine } from './shell.js';
import { rail, StatusLine } from './status-line.js';
import type { Terminal } from './terminal.js';
import { isTask, runOptions, trialOptions } from './train-options.js';
import { count, positive } from './values.js';

const { threads, workers, device, memoryLimit } = runOptions;

export const findRate = command({
  arguments: { '<task>': 'classify, reconstruct or generate (a vae)', '<data>': 'as for train' },
  options: {
    lowest: option('--lowest <rate>', 'of the first step', { parse: positive, usual: '0.000001', group: 'Test' }),
    highest: option('--highest <rate>', 'of the last step', { parse: positive, usual: '10', group: 'Test' }),
    steps: option('--steps <n>', 'at most, 10 or more', { parse: count, usual: '100', group: 'Test' }),
    report: option('--out <file>', 'also the curve, as a page (.html) or a picture (.svg)', { group: 'Test' }),
    ...trialOptions,
    threads,
    workers,
    device,
    memoryLimit,
  },
  notes: `Trains for some steps with a learning rate that grows from step to step, until
the loss is four times its minimum, and throws away what was learned. All that
makes a training can be given as to train, but its rate and its length.
${NETWORKS}`,
  examples: [
    ['find-lr classify ./photos', 'two rates to begin with'],
    ['find-lr classify ./photos --net resnet50 --batch 16 --out lr.html', 'for a certain training, with its curve'],
    ['find-lr reconstruct ./tiles --optimizer sgd --lowest 1e-4', 'from a higher rate on'],
  ],
  async run({ args: { task, data }, options: { report, device, memoryLimit: memory, ...options }, terminal }) {
    if (!isTask(task)) throw usageError(`expected classify, reconstruct or generate, got ${task}`);
    if (report !== undefined && !/\.(html|svg)$/i.test(report))
      throw usageError(`--out: expected a file that ends in .html or .svg, got ${report}`);
    const { findLearningRate } = await import('../train/find-learning-rate.js');
    const settings = {
      ...options,
      task,
      data,
      ...(device && { device: await deviceOption(device) }),
      ...(memory && { memory }),
    };
    const line = new StatusLine();
    const onPoint = ({ learningRate, smoothed }: RatePoint, done: number, of: number) => {
      const figures = `rate ${learningRate.toExponential(1)}, loss ${smoothed.toPrecision(4)}`;
      line.update(
        (width) => {
          const drawn = rail(done / of, { label: `${done}/${of}`, figures, width });
          return `${drawn.label} ${drawn.done}${drawn.left} ${drawn.figures}`;
        },
        () => `step ${done}/${of}: ${figures}`,
      );
    };
    const found = await interruptible(
      terminal,
      (signal) => findLearningRate({ ...settings, signal, onPoint }),
      'Stopping after this step',
    ).finally(() => line.clear());
    if (found.interrupted) {
      terminal.print('Stopped.');
      return { json: found, exitCode: INTERRUPTED };
    }
    if (report !== undefined) await write(report, found);
    conclude(found, terminal);
    if (report !== undefined) terminal.print(`Curve   ${report}`);
    return { json: { ...found, ...(report !== undefined && { report }) } };
  },
});

async function write(path: string, found: FoundRates): Promise<void> {
  const { drawRateRange, renderRateRange } = await import('../train/report/rate-range.js');
  const { writeAtomically } = await import('../weights/index.js');
  const command = `resmirror ${shellLine(process.argv.slice(2))}`;
  await writeAtomically(path, /svg$/i.test(path) ? drawRateRange(found) : renderRateRange(found, command));
}

const rate = (value: number): string => `${Number(value.toPrecision(2))}`;

function conclude({ title, config, points, suggestion, blewUp }: FoundRates, terminal: Terminal): void {
  terminal.print(`${terminal.paint('bold', title)}, ${config.optimizer.name}, batches of ${config.batch}`);
  const last = rate(points.at(-1)!.learningRate);
  terminal.print(
    blewUp
      ? `The loss blew up at ${last}, after ${counted(points.length, 'step')}.`
      : `The loss did not blow up at any rate up to ${last}.`,
  );
  if (!suggestion) {
    terminal.print('It never fell, so no rate can be suggested: begin lower with --lowest, or take more --steps.');
    return;
  }
  terminal.print(`It fell fastest at ${terminal.paint('bold', rate(suggestion.steepest))}`);
  terminal.print(`A tenth of the rate at its minimum is ${terminal.paint('bold', rate(suggestion.belowMinimum))}`);
  terminal.print(`Next    resmirror train … --lr ${rate(suggestion.steepest)}`);
}
