/** `resmirror demo`, the job of `npm start`: both networks, from nothing to something to look at, in minutes. */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { TrainResult } from '../train/train.js';
import { columns } from './columns.js';
import { command, option } from './command.js';
import { bar, duration, percent } from './figures.js';
import { INTERRUPTED } from './interrupt.js';
import { newRun } from './new-run.js';
import type { Paint } from './terminal.js';
import { positive } from './values.js';

/** Images that nobody trained on, to judge both networks by; another seed draws others. */
const TEST = { train: 1, validation: 1000, seed: 20151210 };

/** `npm start` has to be over within six minutes, installing included. */
const SECONDS = 220;

export const demo = command({
  arguments: {},
  options: {
    seconds: option('--seconds <n>', 'for training; how much is trained depends on it and on the machine', {
      parse: positive,
      usual: `${SECONDS}`,
    }),
  },
  notes: `Trains a classifier and an autoencoder on images that the program draws, judges
both on others, and tries them out. Needs neither data nor a network connection.`,
  examples: [['demo', 'everything goes to runs/demo-1, 2, …']],
  async run({ options: { seconds: time = SECONDS }, terminal }) {
    const begun = performance.now();
    const folder = await newRun('demo');
    await mkdir(folder, { recursive: true });
    const { trainJob } = await import('./demo-jobs.js');
    const results: TrainResult[] = [];
    for (const task of ['classify', 'reconstruct'] as const) {
      const result = await trainJob(task, { folder, seconds: time, terminal });
      if (result.interrupted) {
        terminal.print(`\nStopped. What was trained so far is in ${folder}.`);
        return { json: { folder, interrupted: true }, exitCode: INTERRUPTED };
      }
      results.push(result);
    }
    const [classifier, autoencoder] = results as [TrainResult, TrainResult];
    const figures = await judged({ classifier, autoencoder });
    const made = await tryOut({ classifier, autoencoder, folder });
    const seconds = (performance.now() - begun) / 1000;
    const found = { folder, ...figures, ...made, reports: results.map(({ report }) => report), seconds };
    for (const line of closing(found, terminal.paint)) terminal.print(line);
    return { json: found };
  },
});

interface Runs {
  readonly classifier: TrainResult;
  readonly autoencoder: TrainResult;
}

/** Test accuracy and PSNR. */
async function judged({ classifier, autoencoder }: Runs): Promise<{ accuracy: number; psnr: number }> {
  const { evaluateModel } = await import('../train/evaluate-model.js');
  const { drawnDataset } = await import('../data/drawn/index.js');
  const images = drawnDataset(TEST);
  const told = await evaluateModel(classifier.folder, images);
  const drawn = await evaluateModel(autoencoder.folder, images);
  return { accuracy: told.metrics.accuracy!, psnr: drawn.metrics.psnr! };
}

interface Made {
  readonly predictions: readonly { readonly image: string; readonly label: string; readonly probability: number }[];
  readonly grid: string;
  readonly onnx: string;
}

/** Draws a few files and does with them what a person would do next. */
async function tryOut({ classifier, autoencoder, folder }: Runs & { folder: string }): Promise<Made> {
  const { load } = await import('../inference/index.js');
  const { writeDrawnFolder } = await import('../data/drawn/index.js');
  const { pairsOf, writePicture } = await import('./reconstruct.js');
  const { pairGrid } = await import('./pair-grid.js');
  const { onnxOf } = await import('./formats/onnx.js');
  const { readModel, writeAtomically } = await import('../weights/index.js');
  const images = await writeDrawnFolder(join(folder, 'images'), { perClass: 3, size: 64 });
  const [teller, mirror] = [await load(classifier.folder), await load(autoencoder.folder)];
  try {
    const predictions = [];
    for await (const { image, value } of teller.classify(
      images.filter((file) => file.endsWith('-1.png')),
      { top: 1 },
    ))
      predictions.push({ image, ...value[0]! });
    const [grid, onnx] = [join(folder, 'reconstructions.png'), join(folder, 'classifier.onnx')];
    await writePicture(grid, pairGrid((await pairsOf(mirror, images, images.length)).pairs));
    await writeAtomically(onnx, [onnxOf(await readModel(classifier.folder))]);
    return { predictions, grid, onnx };
  } finally {
    await teller.close();
    await mirror.close();
  }
}

interface Found extends Made {
  readonly folder: string;
  readonly accuracy: number;
  readonly psnr: number;
  readonly reports: readonly string[];
  readonly seconds: number;
}

/** What came of it, and how to go on. */
function closing({ folder, accuracy, psnr, predictions, grid, onnx, reports, seconds }: Found, paint: Paint): string[] {
  const bold = (text: string) => paint('bold', text);
  const rows = predictions.map(({ image, label, probability }) => {
    const right = basename(image).startsWith(`${label}-`);
    const mark = right ? paint('green', '✓') : paint('red', '✗');
    return [`  ${mark} ${basename(image)}`, label, bar(probability, 16), percent(probability)];
  });
  return [
    '',
    `${bold('Judged on 1,000 images drawn afresh')}`,
    `  test accuracy  ${bold(percent(accuracy))}  ${paint('dim', '(guessing: 10 %)')}`,
    `  test PSNR      ${bold(`${psnr.toFixed(2)} dB`)}`,
    '',
    bold('Ten new files, and what the classifier takes them for'),
    ...columns(rows, '<<<>'),
    '',
    bold('To look at'),
    ...columns(
      [
        ['  how it learned', reports.join('\n')],
        ['  images squeezed and drawn again', grid],
        ['  the classifier for other programs', onnx],
      ].flatMap(([label, files]) => files!.split('\n').map((file, i) => [i === 0 ? label! : '', file])),
      '<<',
    ),
    '',
    `${bold('Now on images of your own')} ${paint('dim', '(photos/<class>/*.jpg)')}`,
    '  npm start -- train classify ./photos',
    '  npm start -- train reconstruct ./photos',
    `  npm start -- predict ${folder}/classifier some.jpg`,
    '  npm start -- summary resnet50',
    '  npm start -- --help',
    '',
    paint('dim', `All of it took ${duration(seconds)}.`),
  ];
}
