/** What a run writes down while it goes on: always `metrics.jsonl`, and for TensorBoard if that is wanted. */
import type { Loader } from '../../data/batches.js';
import { questionGraph } from '../../inference/index.js';
import type { Runtime } from '../../runtime/index.js';
import type { Progress } from '../checkpoint.js';
import type { Plan } from '../plan.js';
import type { EpochRecord } from '../report/index.js';
import { samplesFrom } from '../samples.js';
import { imagesOf } from '../trainer.js';
import { MetricsFile } from './metrics-file.js';
import { type PngImage, pictureGrid, picturesIn } from './picture-grid.js';
import type { Recorder } from './recorder.js';
import { EventFile, hasEventFile } from './tensorboard/event-file.js';

export { type Records, readRecords } from './metrics-file.js';
export type { Recorder } from './recorder.js';

export interface RecordOptions {
  readonly plan: Plan;
  readonly folder: string;
  readonly runtime: Runtime;
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
    made: config.task === 'reconstruct' ? await reconstructions(options) : undefined,
  });
}

const pictureOf = ({ config }: Plan) => {
  const [height, width] = config.preprocessing.size;
  return { height, width, channels: config.preprocessing.channels };
};

/** Rows of validation images, below each row what the network as it is makes of them. */
async function reconstructions({ plan, runtime, loader }: RecordOptions): Promise<() => Promise<PngImage>> {
  const { network, splits, config } = plan;
  const { preprocessing, seed } = config;
  const across = Math.min(ACROSS, splits.validation.length);
  const count = across * Math.floor(Math.min(SHOWN / 2, splits.validation.length) / across);
  const samples = samplesFrom(splits.validation, { seed, count });
  const setting = { preprocessing, batch: count };
  const program = await runtime.compile(questionGraph('reconstruct', { network, card: config }, count));
  return async () => {
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
}
