/** One network in training on one runtime: compiled step, compiled evaluation, variables, and what a checkpoint holds of them. */
import type { Batch } from '../data/batches.js';
import { buildNetwork } from '../models/index.js';
import { learningRate, optimizers, schedules } from '../optim/index.js';
import type { Program, Runtime, Tensors } from '../runtime/index.js';
import type { Weights } from '../weights/index.js';
import { classifierWeights } from './classifier.js';
import type { TrainConfig } from './config.js';
import { Learner } from './learner.js';
import type { Plan } from './plan.js';
import { tasks } from './tasks/index.js';

export interface StepResult {
  readonly loss: number;
  readonly learningRate: number;
  /** Images of the batch that came out right, where that can be counted. */
  readonly correct: number | undefined;
}

export class Trainer {
  /** What chance feeds at the step to come. */
  private ahead: { readonly step: number; readonly tensors: Tensors } | undefined;

  private constructor(
    private readonly config: TrainConfig,
    private readonly runtime: Runtime,
    private readonly learner: Learner,
    /** The compiled evaluation, which shares the variables. */
    readonly evaluation: Program,
    /** Names of the network's weights in its own order, as model files keep them. */
    private readonly weights: readonly string[],
  ) {}

  /** Compiles the step and the evaluation, and sets first values: given ones, or freshly drawn. */
  static async create({ config, network, classifier }: Plan, runtime: Runtime, given: Tensors = {}): Promise<Trainer> {
    const task = tasks[config.task];
    const { name, ...options } = config.optimizer;
    const optimizer = optimizers[name](options);
    const objective = task.objective(network, config, classifier);
    const first = { ...given, ...(classifier && classifierWeights(classifier)) };
    const learner = await Learner.create(runtime, { ...objective, optimizer, seed: config.seed, given: first });
    const evaluation = await runtime.compile(task.evaluation(network, { ...config, classifier }));
    const weights = [...buildNetwork(network, { batch: config.batch }).build.parameters.keys()];
    return new Trainer(config, runtime, learner, evaluation, weights);
  }

  /** The learning rate of step 0, 1, … of a training whose epochs have this many batches. */
  rate(step: number, batches: number): number {
    return rateOf(this.config, step, batches);
  }

  /** Learns from one batch. */
  async step(batch: Batch, step: number, batches: number): Promise<StepResult> {
    const rate = this.rate(step, batches);
    const task = tasks[this.config.task];
    const feeds = {
      images: imagesOf(batch, this.config),
      ...task.targets(batch, this.config),
      ...this.chance(step, batches),
    };
    const running = this.learner.step(feeds, { step, learningRate: rate });
    this.ahead = { step: step + 1, tensors: task.chance(this.config, step + 1, batches) }; // while the worker computes
    const outputs = await running;
    return {
      loss: (outputs.loss!.data as Float32Array)[0]!,
      learningRate: rate,
      correct: task.correct(batch, outputs),
    };
  }

  private chance(step: number, batches: number): Tensors {
    return this.ahead?.step === step ? this.ahead.tensors : tasks[this.config.task].chance(this.config, step, batches);
  }

  /** Weights with running statistics, the optimiser's tensors, and the name of one that is not finite any more. */
  async state(): Promise<{ readonly weights: Weights; readonly states: Weights; readonly broken: string | undefined }> {
    const [weights, states] = (await Promise.all([
      this.runtime.read(this.weights),
      this.runtime.read(this.learner.states.map((p) => p.source.name)),
    ])) as [Weights, Weights];
    const all = Object.entries({ ...weights, ...states });
    return { weights, states, broken: all.find(([, { data }]) => !data.every(Number.isFinite))?.[0] };
  }
}

/** A network in training, whatever for. */
export type Trains = Pick<Trainer, 'evaluation' | 'rate' | 'step' | 'state'>;

/** The learning rate of step 0, 1, … of a training whose epochs have this many batches. */
export function rateOf(
  { learningRate: base, schedule, epochs, warmup }: TrainConfig,
  step: number,
  batches: number,
): number {
  const steps = epochs * batches;
  return learningRate(step, { base, steps, warmup: Math.round(warmup * batches), schedule: schedules[schedule]() });
}

/** A batch as the runtime takes it: uint8 [n, h, w, c]. */
export const imagesOf = (
  { images }: Batch,
  { batch, preprocessing: { size, channels } }: Pick<TrainConfig, 'batch' | 'preprocessing'>,
) => ({ dtype: 'uint8', shape: [batch, ...size, channels], data: images }) as const;
