/** Training without files, step by step: what pages do. Figures and weights are those of `train`. */
import type { Batches, Epochs } from '../data/epoch.js';
import type { Splits } from '../data/numbered.js';
import { UserError } from '../errors.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Model } from '../weights/model.js';
import { evaluate } from './evaluate.js';
import type { TrainOptions } from './plan.js';
import { networkFor, preprocessingFor } from './plan-network.js';
import { recipeOf, SIDE } from './recipes.js';
import { meritOf } from './report/best.js';
import type { EpochRecord } from './report/types.js';
import { settledConfig } from './settle.js';
import type { Evaluation } from './tasks/index.js';
import { Trainer } from './trainer.js';
import type { Training } from './training.js';
import { epochBatches } from './training-batches.js';

/** A training with its images. */
export interface MemoryPlan extends Training {
  readonly splits: Splits;
}

/** What needs no file to be settled. */
export type MemoryOptions = Omit<TrainOptions, 'data' | 'classifier' | 'from' | 'teacher'> & {
  readonly task: 'classify';
};

/** As `planTraining` settles it. @param own usual height and width of the images */
export function planInMemory(
  options: MemoryOptions,
  { splits, own }: { readonly splits: Splits; readonly own: readonly [height: number, width: number] },
): MemoryPlan {
  const { train } = splits;
  const { classes } = train;
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
  return { config, network, splits };
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
}

/** The weights of the best epoch so far, and how they did. */
export interface Best {
  readonly epoch: number;
  readonly model: Model;
  readonly evaluation: Evaluation;
}

export class MemoryTraining {
  best: Best | undefined;
  private readonly history: EpochRecord[] = [];

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

  /** Probabilities by class for prepared pixels uint8 [h, w, c], by the weights as they stand. */
  async classify(pixels: Uint8Array): Promise<readonly number[]> {
    const { batch, preprocessing, classes } = this.given.plan.config;
    const data = new Uint8Array(batch * pixels.length);
    data.set(pixels);
    const shape = [batch, ...preprocessing.size, preprocessing.channels];
    const { logits } = await this.trainer.evaluation.run({ images: { dtype: 'uint8', shape, data } });
    return softmax((logits!.data as Float32Array).subarray(0, classes.length));
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
      ...(metrics.accuracy !== undefined && { accuracy: metrics.accuracy }),
      learningRate: this.trainer.rate(done.step - 1, course),
      seconds: now() - began,
    };
    this.history.push(record);
    const best =
      meritOf(metrics, done.epoch) > (this.best ? meritOf(this.best.evaluation.metrics, this.best.epoch) : -1);
    if (best) {
      const { task, preprocessing, classes } = config;
      const card = { format: 1, task, network: network.config, preprocessing, classes, metrics } as const;
      const { best: weights, broken } = await this.trainer.state();
      if (broken) throw new UserError(`training diverged: ${broken} is not finite any more; ${ADVICE}`, 'diverged');
      this.best = { epoch: done.epoch, model: { card, network, weights }, evaluation };
    }
    return { kind: 'epoch', record, evaluation, best };
  }
}

const now = () => performance.now() / 1000;

const ADVICE = 'start again with a smaller learning rate, for example a tenth';

const diverged = ({ step, loss, learningRate }: { step: number; loss: number; learningRate: number }) =>
  new UserError(
    `training diverged: the loss became ${loss} at step ${step}, at learning rate ${learningRate.toPrecision(3)}; ${ADVICE}`,
    'diverged',
  );

function softmax(scores: Float32Array): readonly number[] {
  const top = Math.max(...scores);
  const powers = Array.from(scores, (score) => Math.exp(score - top));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}
