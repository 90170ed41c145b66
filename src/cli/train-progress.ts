/** What a training shows while it runs: a line that lives, and one per epoch that stays. */

import type { TrainConfig } from '../train/config.js';
import type { Processes, StartEvent, StepEvent, TrainEvents } from '../train/events.js';
import { figureOf } from '../train/report/best.js';
import type { EpochRecord } from '../train/report/index.js';
import { padLeft } from './columns.js';
import { counted, duration, grouped, percent, scaled } from './figures.js';
import { rail, StatusLine } from './status-line.js';
import { Silence, type Terminal } from './terminal.js';

type Task = TrainConfig['task'];

/** A learning rate in six columns at most: 0.0311, 3.4e-4. */
const rate = (value: number) => (value < 1e-3 ? value.toExponential(1) : value.toFixed(4));

/** The columns of the epoch lines. */
const columns: readonly (readonly [title: string, width: number, cell: (record: EpochRecord) => string])[] = [
  ['train loss', 12, ({ trainLoss }) => trainLoss.toPrecision(4)],
  ['val loss', 11, ({ validationLoss }) => validationLoss.toPrecision(4)],
  ['quality', 13, (record) => figureOf(record)?.text ?? '–'],
  ['lr', 10, ({ learningRate }) => rate(learningRate)],
  ['img/s', 8, ({ imagesPerSecond }) => imagesPerSecond.toFixed(0)],
  ['time', 8, ({ seconds }) => duration(seconds)],
];

/** Waiting for images less than this is nobody's concern. */
const WAITING_MATTERS = 0.01;

/** How the figure of each task is called. */
const quality: { readonly [T in Task]: string } = { classify: 'accuracy', reconstruct: 'PSNR', generate: 'quality' };

/** Runs a training with events that show it as lines on stderr. */
export async function showing<T>(
  { task, folder, terminal }: { readonly task: Task; readonly folder: string; readonly terminal: Terminal },
  training: (events: TrainEvents) => Promise<T>,
): Promise<T> {
  if (terminal instanceof Silence) return training({});
  const line = new StatusLine();
  try {
    return await training(events(line, { task, folder, terminal }));
  } finally {
    line.clear();
  }
}

function events(
  line: StatusLine,
  { task, folder, terminal }: { readonly task: Task; readonly folder: string; readonly terminal: Terminal },
): TrainEvents {
  const paint = terminal.paintNews;
  let start: StartEvent | undefined;
  let step: StepEvent | undefined;
  const epochName = (epoch: number) => padLeft(`${epoch}/${start?.epochs}`, 7);
  const draw = (share: number, label: string, figures: string, plain: string) =>
    line.update(
      (width) => {
        const drawn = rail(share, { label, figures, width });
        return `${drawn.label} ${paint('cyan', drawn.done)}${paint('dim', drawn.left)} ${drawn.figures}`;
      },
      () => plain,
    );
  return {
    onShard(done, of, name) {
      const text = () => `reading ${name}, shard ${done} of ${of}`;
      line.update(text, text);
    },
    onBatchChosen({ batch, bytes, available }) {
      line.keep(`Batches of ${batch}: about ${scaled(bytes)}B of the ${scaled(available)}B of memory that are free.`);
    },
    onTimePlanned({ seconds, epochs, epochSeconds, fits }) {
      const each = `about ${epochSeconds < 10 ? `${epochSeconds.toPrecision(2)} s` : duration(epochSeconds)}`;
      if (fits) line.keep(`In ${duration(seconds)} there is time for ${counted(epochs, 'epoch')} of ${each}.`);
      else terminal.warn(`an epoch takes ${each}: one is trained, longer than the ${duration(seconds)} asked for`);
    },
    onStart(event) {
      start = event;
      const { title, parameters, trainImages, validationImages, epochs, batches } = event;
      line.keep(`${paint('bold', title)}  ${paint('dim', `${grouped(parameters)} parameters, into ${folder}`)}`);
      line.keep(
        paint(
          'dim',
          `${counted(trainImages, 'image')} to learn from, ${grouped(validationImages)} to check by; ${counted(epochs, 'epoch')} of ${counted(batches, 'step')}`,
        ),
      );
      if (event.processes) for (const text of joined(event.processes)) line.keep(paint('dim', text));
      for (const warning of event.warnings) terminal.warn(warning);
      if (event.step > 0) line.keep(`Going on after step ${grouped(event.step)}.`);
      const titles = columns.map(([title, width]) => padLeft(title === 'quality' ? quality[task] : title, width));
      line.keep('');
      line.keep(paint('bold', `${padLeft('epoch', 7)}${titles.join('')}`));
    },
    onStep(event) {
      step = event;
      const { epoch, batch, batches } = event;
      const figures = figuresOf(event);
      draw(
        batch / batches,
        epochName(epoch),
        figures,
        `epoch ${epoch}/${start?.epochs}, step ${batch}/${batches}: ${figures}`,
      );
    },
    onValidate(done, of) {
      if (step)
        draw(
          done / of,
          epochName(step.epoch),
          'checking',
          `epoch ${step.epoch}/${start?.epochs}: checking ${done}/${of}`,
        );
    },
    onEpoch(record, best) {
      const cells = columns.map(([, width, cell]) => padLeft(cell(record), width));
      line.keep(`${epochName(record.epoch)}${cells.join('')}${best ? paint('green', '  ✓ best') : ''}`);
    },
    onSkipped(skipped) {
      line.clear();
      for (const { file, reason } of skipped) terminal.warn(`skipped ${file}: ${reason}`);
    },
  };
}

/** Who works together, a line for each machine: launchers name a process that died by its number. */
function* joined({ library, members }: Processes): Generator<string> {
  yield `${members.length} processes joined by ${library}`;
  for (const host of new Set(members.map((each) => each.host))) {
    const here = members.flatMap((each, rank) => (each.host === host ? [`rank ${rank} is process ${each.pid}`] : []));
    yield `  on ${host}: ${here.join(', ')}`;
  }
}

function figuresOf({ loss, accuracy, imagesPerSecond, secondsLeft, waiting }: StepEvent): string {
  return [
    `loss ${loss.toPrecision(4)}`,
    ...(accuracy === undefined ? [] : [percent(accuracy)]),
    `${imagesPerSecond.toFixed(0)} img/s`,
    ...(waiting > WAITING_MATTERS ? [`waits ${(100 * waiting).toFixed(0)} %`] : []),
    `${duration(secondsLeft)} left`,
  ].join(', ');
}
