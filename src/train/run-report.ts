/** What a run shows of itself: its figures, and what the network makes of images it did not train on. */
import { cpus } from 'node:os';
import type { Skipped } from '../data/batches.js';
import type { Dataset } from '../data/dataset.js';
import { Generator } from '../inference/generator.js';
import { Predictor } from '../inference/index.js';
import { randomPoints } from '../inference/points.js';
import { summarise } from '../models/index.js';
import { VERSION } from '../version.js';
import { type Model, readModel } from '../weights/index.js';
import { type Plan, titleOf } from './plan.js';
import { readRecords } from './records/index.js';
import { bestOf, figureOf } from './report/best.js';
import { duration } from './report/figures.js';
import { type EpochRecord, type Pixels, type Report, writeReport } from './report/index.js';
import { samplesFrom } from './samples.js';
import type { Evaluation } from './tasks/index.js';

export interface Finished {
  readonly plan: Plan;
  readonly folder: string;
  readonly history: readonly EpochRecord[];
  readonly evaluation: Evaluation | undefined;
  readonly skipped: readonly Skipped[];
  readonly command: string;
  readonly device: string;
  readonly threads: number;
  readonly interrupted: boolean;
  /** In a sentence, why it ended before all epochs. */
  readonly endedEarly: string | undefined;
}

/** Writes `report.html` into the run's folder; returns its path. Samples come from the best model. */
export async function reportRun(run: Finished): Promise<string> {
  const { plan, folder, history, evaluation, skipped, command } = run;
  const { config } = plan;
  const model = await readModel(folder);
  const samples = await samplesOf[config.task](
    model,
    samplesFrom(plan.splits.validation, { seed: config.seed, count: SAMPLES }),
    run,
  );
  return writeReport(folder, {
    title: titleOf(plan),
    task: config.task,
    command,
    configuration: config,
    environment: environmentOf(run),
    summary: summaryOf(run),
    history,
    ...(run.endedEarly && { note: run.endedEarly }),
    steps: (await readRecords(folder)).steps,
    ...(evaluation?.confusion && { confusion: { classes: config.classes, counts: evaluation.confusion } }),
    ...samples,
    weights: matricesOf(model),
    skipped,
  });
}

const SAMPLES = 24;

type Samples = Pick<Report, 'predictions' | 'reconstructions' | 'samples'>;
const samplesOf: {
  readonly [T in Report['task']]: (model: Model, images: Dataset, run: Finished) => Promise<Samples>;
} = {
  classify: (model, images, run) =>
    asking(model, run, async (predictor) => {
      const predictions = [];
      for await (const { index, seen, value } of predictor.classify(images, { top: 3 }))
        predictions.push({ image: pixels(model, seen), truth: images.classes[images.label(index)] ?? '', top: value });
      return { predictions };
    }),
  reconstruct: (model, images, run) =>
    asking(model, run, async (predictor) => {
      const reconstructions = [];
      for await (const { image, seen, value } of predictor.reconstruct(images))
        reconstructions.push({ input: pixels(model, seen), output: pixels(model, value), name: shortly(image) });
      return { reconstructions };
    }),
  generate: async (model, _, { threads, plan }) => {
    const generator = Generator.open(model, { threads });
    try {
      const points = randomPoints(generator, { count: SAMPLES, seed: plan.config.seed });
      const made = await generator.decode(points);
      return {
        samples: made.map((data, i) => {
          const label = model.card.classes[points[i]!.class ?? -1];
          return { image: pixels(model, data), ...(label !== undefined && { label }) };
        }),
      };
    } finally {
      await generator.close();
    }
  },
};

/** What has more than a number for each channel. */
const matricesOf = ({ weights }: Model): Model['weights'] =>
  Object.fromEntries(Object.entries(weights).filter(([, { shape }]) => shape.length > 1));

/** The file with its folder, which is often what the image shows; the way to them fills a caption and tells nothing. */
const shortly = (image: string): string => image.split('/').slice(-2).join('/');

async function asking(
  model: Model,
  { threads }: Finished,
  ask: (predictor: Predictor) => Promise<Samples>,
): Promise<Samples> {
  const predictor = Predictor.open(model, { threads });
  try {
    return await ask(predictor);
  } finally {
    await predictor.close();
  }
}

const pixels = ({ card }: Model, data: Uint8Array): Pixels => {
  const [height, width] = card.preprocessing.size;
  return { data, height, width, channels: card.preprocessing.channels };
};

function summaryOf({ plan, history, interrupted, endedEarly }: Finished): Report['summary'] {
  const best = figureOf(bestOf(history) ?? {});
  const ending = interrupted ? ' (interrupted)' : endedEarly ? ' (ended early)' : '';
  const seconds = history.reduce((sum, record) => sum + record.seconds, 0);
  const speed = history.reduce((sum, record) => sum + record.imagesPerSecond, 0) / Math.max(history.length, 1);
  return [
    ...(best ? [{ label: `Best ${best.name}`, value: best.text }] : []),
    { label: 'Epochs', value: `${history.length} of ${plan.config.epochs}${ending}` },
    { label: 'Time', value: duration(seconds) },
    { label: 'Speed', value: `${speed.toFixed(0)} images/s` },
    { label: 'Parameters', value: summarise(plan.network).parameters.toLocaleString('en') },
  ];
}

const environmentOf = ({ device, threads }: Finished): Record<string, string> => ({
  resmirror: VERSION,
  Node: process.version,
  platform: `${process.platform} ${process.arch}`,
  processor: cpus()[0]?.model ?? 'unknown',
  device,
  threads: String(threads),
});
