/** Training without files, step by step: what pages do. Figures and weights are those of `train`. */
import type { Batches, Epochs } from '../data/epoch.js';
import type { Splits } from '../data/numbered.js';
import { UserError } from '../errors.js';
import { questionGraph } from '../inference/questions.js';
import type { Program, Runtime } from '../runtime/runtime.js';
import type { Model } from '../weights/model.js';
import { evaluate } from './evaluate.js';
import type { TrainOptions } from './plan.js';
import { networkFor, preprocessingFor } from './plan-network.js';
import { recipeOf, SIDE } from './recipes.js';
import { bestOf, recordedOf } from './report/best.js';
import type { EpochRecord, Pixels, Reconstruction } from './report/types.js';
import { samplesFrom } from './samples.js';
import { settledConfig } from './settle.js';
import type { Evaluation } from './tasks/index.js';
import { Trainer } from './trainer.js';
import type { Training } from './training.js';
import { epochBatches } from './training-batches.js';

/** A training with its images. */
export interface MemoryPlan extends Training {
  readonly task: MemoryOptions['task'];
  readonly splits: Splits;
}

/** What needs no file to be settled. */
export type MemoryOptions = Omit<TrainOptions, 'data' | 'classifier' | 'from' | 'teacher'> & {
  readonly task: 'classify' | 'reconstruct';
};

/** As `planTraining` settles it. @param own usual height and width of the images */
export function planInMemory(
  options: MemoryOptions,
  { splits, own }: { readonly splits: Splits; readonly own: readonly [height: number, width: number] },
): MemoryPlan {
  const { train } = splits;
  const classes = options.task === 'classify' ? train.classes : [];
  const small = Math.max(...own) <= SIDE;
  const given = { ...options, data: train.name };
  const network = networkFor(given, train, { own: small ? own : [SIDE, SIDE], mirror: recipeOf(options).mirror });
  const config = settledConfig(given, {
    train,
    classes,
    kind: small ? 'small' : 'photographs',
    network,
    preprocessing: preprocessingFor(network),
  });
  return { task: options.task, config, network, splits };
}

/** After an optimiser step. */
export interface Stepped {
  readonly kind: 'step';
  /** From 1, over the whole training. */
  readonly step: number;
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps of an epoch. */
  readonly batches: number;
  /** Of the batch, before the update. */
  readonly loss: number;
  readonly learningRate: number;
  /** Of training, in the epoch so far. */
  readonly imagesPerSecond: number;
}

/** After an epoch's validation. */
export interface EpochEnded {
  readonly kind: 'epoch';
  readonly record: EpochRecord;
  readonly evaluation: Evaluation;
  /** Whether no epoch before was as good. */
  readonly best: boolean;
  /** Of an autoencoder: the same few held-out images after every epoch, and what comes back. */
  readonly reconstructions?: readonly Reconstruction[];
}

/** The weights of the best epoch so far, and how they did. */
export interface Best {
  readonly epoch: number;
  readonly model: Model;
  readonly evaluation: Evaluation;
}

/** Images that an autoencoder shows after every epoch. */
const SHOWN = 8;

export class MemoryTraining {
  best: Best | undefined;
  private readonly history: EpochRecord[] = [];
  /** Compiled when something is first asked. */
  private question: Promise<Program> | undefined;

  private constructor(
    private readonly given: { readonly plan: MemoryPlan; readonly loader: Epochs; readonly runtime: Runtime },
    private readonly trainer: Trainer,
  ) {}

  /** Compiles the step and the evaluation. */
  static async create(plan: MemoryPlan, given: { readonly loader: Epochs; readonly runtime: Runtime }) {
    return new MemoryTraining({ plan, ...given }, await Trainer.create(plan, given.runtime));
  }

  /** Steps of an epoch. */
  get batches(): number {
    return epochBatches(this.given.loader, this.given.plan, { epoch: 1, batch: 0 }).length;
  }

  /**
   * From the first step to the last. Who asks for no more stops it, and may go on whenever.
   * @throws UserError when the loss is not finite any more
   */
  async *run(): AsyncGenerator<Stepped | EpochEnded> {
    const { epochs } = this.given.plan.config;
    let step = 0;
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const began = now();
      const sums = { loss: 0, images: 0, seconds: 0 };
      await this.trainer.begin(epoch);
      const batches: Batches = epochBatches(this.given.loader, this.given.plan, { epoch, batch: 0 });
      for await (const batch of batches) {
        const before = now();
        const course = { batches: batches.length, losses: this.history.map((one) => one.validationLoss) };
        const { loss, learningRate } = await this.trainer.step(batch, step, course);
        if (!Number.isFinite(loss)) throw diverged({ step: step + 1, loss, learningRate });
        sums.loss += loss;
        sums.images += batch.count;
        sums.seconds += now() - before;
        const imagesPerSecond = sums.images / sums.seconds;
        yield {
          kind: 'step',
          step: ++step,
          epoch,
          epochs,
          batches: batches.length,
          loss,
          learningRate,
          imagesPerSecond,
        };
      }
      const trainLoss = sums.loss / batches.length;
      yield await this.closeEpoch({ epoch, step, trainLoss, imagesPerSecond: sums.images / sums.seconds }, began);
    }
  }

  /** Puts the best weights where the evaluation uses them, once there is no step to come. */
  async settle(): Promise<void> {
    if (this.best) await this.given.runtime.write(this.best.model.weights);
  }

  /** What the network as it stands makes of prepared pixels uint8 [h, w, c]: probabilities [k] of the classes, or pixels [h, w, c]. */
  async answer(pixels: Uint8Array): Promise<Float32Array | Uint8Array> {
    const { plan, runtime } = this.given;
    const { task, network, config } = plan;
    const { preprocessing } = config;
    const graph = () => questionGraph(task, { network, card: config }, 1);
    this.question ??= runtime.compile(this.trainer.judged(graph()));
    const shape = [1, ...preprocessing.size, preprocessing.channels];
    const answers = await (await this.question).run({ images: { dtype: 'uint8', shape, data: pixels } });
    return Object.values(answers)[0]!.data as Float32Array | Uint8Array;
  }

  private async reconstructions(): Promise<readonly Reconstruction[]> {
    const { plan, loader } = this.given;
    const { preprocessing, seed } = plan.config;
    const [height, width] = preprocessing.size;
    const picture = (data: Uint8Array): Pixels => ({ data, height, width, channels: preprocessing.channels });
    const shown: Reconstruction[] = [];
    const samples = samplesFrom(plan.splits.validation, { seed, count: SHOWN });
    for await (const { images, count } of loader.epoch(samples, {
      batch: 1,
      preprocessing,
      shuffle: false,
      seed,
      epoch: 0,
    }))
      if (count > 0)
        shown.push({ input: picture(images.slice()), output: picture((await this.answer(images)) as Uint8Array) });
    return shown;
  }

  private async closeEpoch(
    done: Pick<EpochRecord, 'epoch' | 'step' | 'trainLoss' | 'imagesPerSecond'>,
    began: number,
  ): Promise<EpochEnded> {
    const { plan, loader } = this.given;
    const { config, splits, network } = plan;
    const evaluation = await evaluate(this.trainer.evaluation, loader, splits.validation, config);
    const { metrics } = evaluation;
    const course = { batches: done.step / done.epoch, losses: this.history.map((one) => one.validationLoss) };
    const record: EpochRecord = {
      ...done,
      validationLoss: metrics.loss!,
      ...recordedOf(metrics),
      learningRate: this.trainer.rate(done.step - 1, course),
      seconds: now() - began,
    };
    this.history.push(record);
    const best = bestOf(this.history) === record;
    if (best) {
      const { task, preprocessing, classes } = config;
      const card = { format: 1, task, network: network.config, preprocessing, classes, metrics } as const;
      const { best: weights, broken } = await this.trainer.state();
      if (broken) throw new UserError(`training diverged: ${broken} is not finite any more; ${ADVICE}`, 'diverged');
      this.best = { epoch: done.epoch, model: { card, network, weights }, evaluation };
    }
    const shown = plan.task === 'reconstruct' && { reconstructions: await this.reconstructions() };
    return { kind: 'epoch', record, evaluation, best, ...shown };
  }
}

const now = () => performance.now() / 1000;

const ADVICE = 'start again with a smaller learning rate, for example a tenth';

const diverged = ({ step, loss, learningRate }: { step: number; loss: number; learningRate: number }) =>
  new UserError(
    `training diverged: the loss became ${loss} at step ${step}, at learning rate ${learningRate.toPrecision(3)}; ${ADVICE}`,
    'diverged',
  );
