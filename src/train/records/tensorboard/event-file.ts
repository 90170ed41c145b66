/** `events.out.tfevents.*`: a run as TensorBoard shows it. Tags are train/…, validation/…, weights/… */
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { Batch } from '../../../data/batches.js';
import { histogramOf } from '../../histogram.js';
import type { EpochRecord, StepRecord } from '../../report/index.js';
import type { PngImage } from '../picture-grid.js';
import type { EpochResult, Recorder } from '../recorder.js';
import { EVENT_FILE } from './pictures.js';
import {
  DataType,
  EventSchema,
  SessionLog_SessionStatus as Session,
  type Summary_ValueSchema as ValueSchema,
} from './proto/event_pb.js';
import { tfRecord } from './tf-record.js';

type What = NonNullable<MessageInitShape<typeof EventSchema>['what']>;
type Value = MessageInitShape<typeof ValueSchema>;

export interface EventFileOptions {
  /** Steps taken already: what earlier files of the folder hold of later ones is withdrawn. */
  readonly step: number;
  /** Shown as text. */
  readonly configuration: object;
  /** What the network is fed, of the first batch. */
  readonly shown: (batch: Batch) => Promise<PngImage>;
  /** What the network makes after an epoch: of images, or of random vectors. */
  readonly made?: { readonly tag: string; readonly draw: () => Promise<PngImage> } | undefined;
}

/** Whether a run has been recorded for TensorBoard before. */
export const hasEventFile = async (folder: string): Promise<boolean> => (await starts(folder)).length > 0;

/** When the event files of a folder were begun, in seconds since 1970. */
const starts = async (folder: string): Promise<number[]> =>
  (await readdir(folder)).flatMap((name) => EVENT_FILE.exec(name)?.[1] ?? []).map(Number);

export class EventFile implements Recorder {
  private begun = false;

  private constructor(
    private readonly file: FileHandle,
    private readonly options: EventFileOptions,
  ) {}

  /** Begins a file that readers take after all others of the folder. */
  static async open(folder: string, options: EventFileOptions): Promise<EventFile> {
    const earlier = await starts(folder);
    const start = Math.max(Math.floor(Date.now() / 1000), ...earlier.map((seconds) => seconds + 1));
    const made = new EventFile(await open(join(folder, `events.out.tfevents.${start}.resmirror`), 'ax'), options);
    const { step, configuration } = options;
    await made.write(0, { case: 'fileVersion', value: 'brain.Event:2' });
    if (earlier.length > 0) await made.write(step + 1, { case: 'sessionLog', value: { status: Session.START } });
    await made.summarise(step, [text('configuration', configuration)]);
    return made;
  }

  async step(record: StepRecord, batch: Batch): Promise<void> {
    const { step, loss, generatorLoss, gradientNorm, learningRate, imagesPerSecond } = record;
    const values = scalars('train', {
      loss,
      generator_loss: generatorLoss,
      gradient_norm: gradientNorm,
      learning_rate: learningRate,
      images_per_second: imagesPerSecond,
    });
    await this.summarise(
      step,
      this.begun ? values : [...values, image('train/images', await this.options.shown(batch))],
    );
    this.begun = true;
  }

  async epoch({ step, epoch, trainLoss, seconds }: EpochRecord, { metrics, weights }: EpochResult): Promise<void> {
    const { made } = this.options;
    await this.summarise(step, [
      ...scalars('epoch', { number: epoch, train_loss: trainLoss, seconds }),
      ...scalars('validation', metrics),
      ...(made ? [image(made.tag, await made.draw())] : []),
      ...Object.entries(weights).map(([name, { data }]) => histogram(`weights/${name}`, data)),
    ]);
  }

  /** Events are for the eye: none is worth waiting for the disk. */
  async sync(): Promise<void> {}

  close(): Promise<void> {
    return this.file.close();
  }

  private summarise(step: number, value: Value[]): Promise<void> {
    return this.write(step, { case: 'summary', value: { value } });
  }

  private async write(step: number, what: What): Promise<void> {
    const event = create(EventSchema, { wallTime: Date.now() / 1000, step: BigInt(step), what });
    await this.file.appendFile(tfRecord(toBinary(EventSchema, event)));
  }
}

/** Those that there are. */
const scalars = (group: string, figures: Readonly<Record<string, number | undefined>>): Value[] =>
  Object.entries(figures).flatMap(([name, value]) =>
    value === undefined ? [] : [{ tag: `${group}/${name}`, value: { case: 'simpleValue', value } }],
  );

const image = (tag: string, { png, height, width, channels }: PngImage): Value => ({
  tag,
  value: { case: 'image', value: { height, width, colorspace: channels, encodedImageString: png } },
});

const histogram = (tag: string, data: ArrayLike<number>): Value => ({
  tag,
  value: { case: 'histo', value: histogramOf(data) },
});

/** JSON as TensorBoard's Markdown shows it unchanged. */
const text = (tag: string, content: object): Value => ({
  tag,
  value: {
    case: 'tensor',
    value: {
      dtype: DataType.DT_STRING,
      stringVal: [Buffer.from(JSON.stringify(content, null, 2).replace(/^/gm, '    '))],
    },
  },
  metadata: { pluginData: { pluginName: 'text' } },
});
