/** What a run writes down while it goes on: always `metrics.jsonl`, and for TensorBoard if that is wanted. */
import type { Loader } from '../../data/batches.js';
import { generationGraph } from '../../inference/generation.js';
import { randomPoints, rowOf } from '../../inference/points.js';
import { questionGraph } from '../../inference/questions.js';
import { latentLength } from '../../models/index.js';
import { float32, type Runtime } from '../../runtime/index.js';
import type { Progress } from '../checkpoint.js';
import type { Plan } from '../plan.js';
import type { EpochRecord } from '../report/index.js';
import { samplesFrom } from '../samples.js';
import { imagesOf, type Trains } from '../trainer.js';
import { MetricsFile } from './metrics-file.js';
import { pictureGrid, picturesIn } from './picture-grid.js';
import type { Recorder } from './recorder.js';
import { EventFile, type EventFileOptions, hasEventFile } from './tensorboard/event-file.js';

export { type Records, readRecords } from './metrics-file.js';
export type { Recorder } from './recorder.js';

export interface RecordOptions {
  readonly plan: Plan;
  readonly folder: string;
  readonly runtime: Runtime;
  /** Knows the weights that pictures are made with. */
  readonly trainer: Pick<Trains, 'judged'>;
  readonly loader: Loader;
  /** Where a checkpoint stood. */
  readonly progress: Progress | undefined;
  /** By default a run goes on as it began: without, if it is new. */
  readonly tensorboard: boolean | undefined;
}

/** Opens the records of a run to go on from its checkpoint; returns with them the epochs that they hold. */
export async function openRecords(options: RecordOptions): Promise<{ recorder: Recorder; epochs: EpochRecord[] }> {
  const { folder, progress, tensorboard = await hasEventFile(folder) } = options;
  const { file, epochs } = await MetricsFile.open(folder, progress);
  return { recorder: together([file, ...(tensorboard ? [await openEvents(options)] : [])]), epochs };
}

const together = (recorders: readonly Recorder[]): Recorder => {
  const each = async (job: (recorder: Recorder) => Promise<void>) => {
    for (const recorder of recorders) await job(recorder);
  };
  return {
    step: (...given) => each((recorder) => recorder.step(...given)),
    epoch: (...given) => each((recorder) => recorder.epoch(...given)),
    sync: () => each((recorder) => recorder.sync()),
    close: () => each((recorder) => recorder.close()),
  };
};

const [SHOWN, ACROSS] = [32, 8];

async function openEvents(options: RecordOptions): Promise<Recorder> {
  const { plan, folder, progress } = options;
  const { config } = plan;
  return EventFile.open(folder, {
    step: progress?.step ?? 0,
    configuration: config,
    shown: ({ images, count }) => pictureGrid(picturesIn(images, pictureOf(plan), Math.min(SHOWN, count)), ACROSS),
    made: await made[config.task]?.(options),
  });
}

const pictureOf = ({ config }: Plan) => {
  const [height, width] = config.preprocessing.size;
  return { height, width, channels: config.preprocessing.channels };
};

/** What is shown after every epoch, by the task. */
const made: { readonly [T in Plan['config']['task']]?: (options: RecordOptions) => Promise<EventFileOptions['made']> } =
  {
    reconstruct: reconstructions,
    generate: generated,
  };

/** Rows of validation images, below each row what the network makes of them. */
async function reconstructions({ plan, runtime, trainer, loader }: RecordOptions): Promise<EventFileOptions['made']> {
  const { network, splits, config } = plan;
  const { preprocessing, seed } = config;
  const across = Math.min(ACROSS, splits.validation.length);
  const count = across * Math.floor(Math.min(SHOWN / 2, splits.validation.length) / across);
  const samples = samplesFrom(splits.validation, { seed, count });
  const setting = { preprocessing, batch: count };
  const program = await runtime.compile(trainer.judged(questionGraph('reconstruct', { network, card: config }, count)));
  const draw = async () => {
    const rows = [];
    for await (const batch of loader.epoch(samples, { ...setting, shuffle: false, seed, epoch: 0 })) {
      const { pixels } = await program.run({ images: imagesOf(batch, setting) });
      const seen = picturesIn(batch.images, pictureOf(plan), count);
      const made = picturesIn(pixels!.data as Uint8Array, pictureOf(plan), count);
      for (let at = 0; at < count; at += across)
        rows.push(...seen.slice(at, at + across), ...made.slice(at, at + across));
    }
    return pictureGrid(rows, across);
  };
  return { tag: 'validation/reconstructions', draw };
}

/** Images of the same random points every time. */
async function generated({ plan, runtime, trainer }: RecordOptions): Promise<EventFileOptions['made']> {
  const { network, config } = plan;
  const { classes, seed } = config;
  const decoder = { latent: latentLength(network.config, classes.length)!, classes };
  const rows = randomPoints(decoder, { count: SHOWN, seed }).map((point) => rowOf(point, decoder));
  const vectors = float32(Float32Array.from(rows.flatMap((row) => [...row])), [SHOWN, rows[0]!.length]);
  const program = await runtime.compile(trainer.judged(generationGraph({ network }, SHOWN)));
  const draw = async () => {
    const { pixels } = await program.run({ vectors });
    return pictureGrid(picturesIn(pixels!.data as Uint8Array, pictureOf(plan), SHOWN), ACROSS);
  };
  return { tag: 'samples', draw };
}
