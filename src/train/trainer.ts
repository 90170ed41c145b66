/** One network in training on one runtime: compiled step, compiled evaluation, variables, and what a checkpoint holds of them. */
import type { Batch } from '../data/batches.js';
import type { ParameterValue } from '../graph/index.js';
import { buildNetwork } from '../models/index.js';
import { initialise } from '../nn/index.js';
import { learningRate, optimizers, schedules, trainingStep } from '../optim/index.js';
import { float32, type Program, type Runtime, type Tensors } from '../runtime/index.js';
import type { Weights } from '../weights/index.js';
import type { TrainConfig } from './config.js';
import type { Plan } from './plan.js';
import { tasks } from './tasks/index.js';

export interface StepResult {
  readonly loss: number;
  readonly learningRate: number;
  /** Images of the batch that came out right, where that can be counted. */
  readonly correct: number | undefined;
}

export class Trainer {
  private constructor(
    private readonly config: TrainConfig,
    private readonly runtime: Runtime,
    private readonly stepProgram: Program,
    readonly evaluation: Program,
    private readonly optimizer: ReturnType<typeof optimizerOf>,
    private readonly names: { readonly weights: readonly string[]; readonly states: readonly string[] },
  ) {}

  /** Compiles the step and the evaluation, and sets first values: given ones, or freshly drawn. */
  static async create({ config, network }: Plan, runtime: Runtime, given: Tensors = {}): Promise<Trainer> {
    const task = tasks[config.task];
    const { loss, outputs, tracked } = task.objective(network, config);
    const optimizer = optimizerOf(config);
    const { graph, updates, states } = trainingStep({ loss, outputs, tracked, optimizer });
    const weights = [...buildNetwork(network, { batch: config.batch }).build.parameters.values()];
    await runtime.write({ ...initialise(missing([...weights, ...states], given), config.seed), ...given });
    const step = await runtime.compile(graph, { updates });
    const evaluation = await runtime.compile(task.evaluation(network, config));
    const names = { weights: weights.map((p) => p.source.name), states: states.map((p) => p.source.name) };
    return new Trainer(config, runtime, step, evaluation, optimizer, names);
  }

  /** The learning rate of step 0, 1, … of a training whose epochs have this many batches. */
  rate(step: number, batches: number): number {
    const { learningRate: base, schedule, epochs, warmup } = this.config;
    return learningRate(step, {
      base,
      steps: epochs * batches,
      warmup: Math.round(warmup * batches),
      schedule: schedules[schedule](),
    });
  }

  /** Learns from one batch. */
  async step(batch: Batch, step: number, batches: number): Promise<StepResult> {
    const rate = this.rate(step, batches);
    const task = tasks[this.config.task];
    const scalars = Object.entries(this.optimizer.feeds(step + 1, rate));
    const outputs = await this.stepProgram.run({
      images: imagesOf(batch, this.config),
      ...task.targets(batch, this.config),
      ...Object.fromEntries(scalars.map(([name, value]) => [name, float32(new Float32Array([value]), [])])),
    });
    return {
      loss: (outputs.loss!.data as Float32Array)[0]!,
      learningRate: rate,
      correct: task.correct(batch, outputs),
    };
  }

  /** Weights with running statistics, the optimiser's tensors, and the name of one that is not finite any more. */
  async state(): Promise<{ readonly weights: Weights; readonly states: Weights; readonly broken: string | undefined }> {
    const [weights, states] = (await Promise.all([
      this.runtime.read(this.names.weights),
      this.runtime.read(this.names.states),
    ])) as [Weights, Weights];
    const all = Object.entries({ ...weights, ...states });
    return { weights, states, broken: all.find(([, { data }]) => !data.every(Number.isFinite))?.[0] };
  }
}

const missing = (parameters: readonly ParameterValue[], given: Tensors) =>
  parameters.filter((p) => !(p.source.name in given));

const optimizerOf = ({ optimizer: { name, ...options } }: TrainConfig) => optimizers[name](options);

/** A batch as the runtime takes it: uint8 [n, h, w, c]. */
export const imagesOf = (
  { images }: Batch,
  { batch, preprocessing: { size, channels } }: Pick<TrainConfig, 'batch' | 'preprocessing'>,
) => ({ dtype: 'uint8', shape: [batch, ...size, channels], data: images }) as const;
