/** One network in training on one runtime: compiled step, compiled evaluation, variables, and what a checkpoint holds of them. */
import type { Batch } from '../data/task.js';
import { type Graph, withLeaves, withOutputs } from '../graph/index.js';
import { buildNetwork } from '../models/index.js';
import { optimizers, type StepOptions } from '../optim/index.js';
import type { Program, Runtime } from '../runtime/runtime.js';
import type { Tensors } from '../runtime/tensor.js';
import type { Weights } from '../weights/model.js';
import { drawChances } from './chance.js';
import type { TrainConfig } from './config.js';
import { judgeWeights } from './judges.js';
import { Learner } from './learner.js';
import { type Course, rateOf } from './learning-rates.js';
import { decayedRates, inFirstStages } from './parts.js';
import type { StepRecord } from './report/types.js';
import { partOf, shareOf, WHOLE } from './share.js';
import { type Objective, tasks } from './tasks/index.js';
import type { Training } from './training.js';

export interface StepResult {
  readonly loss: number;
  readonly learningRate: number;
  /** Images of the batch that came out right, where that can be counted. */
  readonly correct: number | undefined;
  /** What else is recorded of it. */
  readonly figures?: StepFigures;
}

export type StepFigures = Pick<StepRecord, 'generatorLoss' | 'gradientNorm'>;

/** A step for its own sake, at a rate of its own. */
export interface Trial {
  readonly learningRate: number;
}

/** Weights and states as they stand. */
export interface State {
  readonly weights: Weights;
  /** What the next steps depend on besides: the optimiser's tensors, running averages. */
  readonly states: Weights;
  /** The weights to be used: their running averages where there are some. */
  readonly best: Weights;
  /** The name of a tensor that is not finite any more. */
  readonly broken: string | undefined;
}

/** What is compiled for a time of the training. */
interface Phase {
  readonly learner: Learner;
  readonly objective: Objective;
  /** The compiled evaluation, which shares the variables. */
  readonly evaluation: Program;
  /** Whether the first stages stay as they are. */
  readonly frozen: boolean;
}

export class Trainer {
  /** What chance feeds at the step to come. */
  private ahead: { readonly step: number; readonly parts: readonly Tensors[] } | undefined;

  private constructor(
    private readonly plan: Training,
    private readonly runtime: Runtime,
    private phase: Phase,
    /** Names of the network's weights in its own order, as model files keep them. */
    private readonly weights: readonly string[],
  ) {}

  /** Compiles the step and the evaluation, and sets first values: given ones, those of the plan, or freshly drawn. */
  static async create(
    plan: Training,
    runtime: Runtime,
    { given = {}, epoch = 1 }: { readonly given?: Tensors | undefined; readonly epoch?: number } = {},
  ): Promise<Trainer> {
    const { config, network, start = {} } = plan;
    const phase = await compiled(plan, runtime, { given: { ...start, ...given }, frozen: isFrozen(config, epoch) });
    const weights = [...buildNetwork(network, { batch: config.batch }).build.parameters.keys()];
    return new Trainer(plan, runtime, phase, weights);
  }

  /** The compiled evaluation. */
  get evaluation(): Program {
    return this.phase.evaluation;
  }

  /** Gets ready for an epoch: where its first stages begin to learn, the step is compiled anew. */
  async begin(epoch: number): Promise<void> {
    const frozen = isFrozen(this.plan.config, epoch);
    if (frozen === this.phase.frozen) return;
    const { weights, states } = await this.state();
    await this.release();
    this.ahead = undefined; // what learns again may be skipped by chance
    this.phase = await compiled(this.plan, this.runtime, { given: { ...weights, ...states }, frozen });
  }

  /** Lets what is compiled go; the variables stay. */
  async release(): Promise<void> {
    await this.phase.learner.release();
    await this.phase.evaluation.release();
  }

  /** A graph of the network on the weights by which it is judged. */
  judged(graph: Graph): Graph {
    return onAverages(graph, this.phase.learner);
  }

  /** The learning rate of step 0, 1, …. */
  rate(step: number, course: Course): number {
    return rateOf(this.plan.config, step, course);
  }

  /** Learns from one batch, at the rate of the schedule or at a given one. */
  async step(batch: Batch, step: number, at: Course | Trial): Promise<StepResult> {
    const { config, share = WHOLE } = this.plan;
    const { learner } = this.phase;
    const task = tasks[config.task];
    const rate = 'learningRate' in at ? at.learningRate : this.rate(step, at);
    const parts = partsOfBatch(batch, config.accumulate ?? 1);
    const chances = this.chances(step);
    const part = partOf(config, share);
    const feeds = parts.map((each, i) => ({
      images: imagesOf(each, part),
      ...task.targets(each, part, { step, batches: batchesOf(at) }),
      ...chances[i],
    }));
    const gathered: Tensors[] = [];
    for (const each of feeds.slice(0, -1)) gathered.push(await learner.accumulate(each));
    const lateSince = (config.frozen?.epochs ?? 0) * (batchesOf(at) ?? 0);
    const last = learner.step(feeds.at(-1)!, { step, learningRate: rate, lateSince });
    this.ahead = { step: step + 1, parts: this.drawn(step + 1) }; // while the worker computes
    const outputs = [...gathered, await last];
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
    const norm = outputs.at(-1)!.gradient_norm;
    const correct = outputs.map((output, i) => task.correct(parts[i]!, output) ?? Number.NaN);
    return {
      loss: mean(outputs.map(({ loss }) => (loss!.data as Float32Array)[0]!)),
      ...(norm && { figures: { gradientNorm: (norm.data as Float32Array)[0]! } }),
      learningRate: rate,
      correct: correct.some(Number.isNaN) ? undefined : correct.reduce((a, b) => a + b),
    };
  }

  private chances(step: number): readonly Tensors[] {
    return this.ahead?.step === step ? this.ahead.parts : this.drawn(step);
  }

  private drawn(step: number): readonly Tensors[] {
    const { config, share = WHOLE } = this.plan;
    const { seed, accumulate = 1 } = config;
    const all = drawChances(this.phase.objective.chances, { seed, step }, accumulate * share.size);
    return all.slice(share.rank * accumulate, (share.rank + 1) * accumulate);
  }

  async state(): Promise<State> {
    const { states, averages } = this.phase.learner;
    return readState(this.runtime, { weights: this.weights, states: states.map((p) => p.source.name), averages });
  }
}

/** A network in training, whatever for. */
export type Trains = Pick<Trainer, 'evaluation' | 'judged' | 'begin' | 'rate' | 'step' | 'state'>;

/** Batches of an epoch, where there are epochs. */
export const batchesOf = (at: Course | Trial): number | undefined => ('batches' in at ? at.batches : undefined);

interface Kept {
  /** Names. */
  readonly weights: readonly string[];
  readonly states: readonly string[];
  readonly averages: Learner['averages'];
}

/** Reads what a checkpoint holds. */
export async function readState(runtime: Runtime, { weights: own, states: others, averages }: Kept): Promise<State> {
  const [weights, states] = (await Promise.all([runtime.read(own), runtime.read(others)])) as [Weights, Weights];
  const all = Object.entries({ ...weights, ...states });
  const best = Object.entries(weights).map(([name, tensor]) => {
    const average = averages.get(name);
    return [name, average ? states[average.source.name]! : tensor] as const;
  });
  return {
    weights,
    states,
    best: Object.fromEntries(best),
    broken: all.find(([, { data }]) => !data.every(Number.isFinite))?.[0],
  };
}

const isFrozen = ({ frozen }: TrainConfig, epoch: number) =>
  frozen !== undefined && epoch <= (frozen.epochs ?? Number.POSITIVE_INFINITY);

/** What a step of a training is made of. @param frozen whether the first stages stay as they are; by default as in its first epoch */
export function stepOf(
  { config, network, judges = {}, share = WHOLE }: Pick<Training, 'config' | 'network' | 'judges' | 'share'>,
  frozen = isFrozen(config, 1),
): StepOptions & Objective {
  const part = partOf(config, share);
  const { frozen: first, ...others } = part;
  const objective = tasks[config.task].objective(network, frozen ? part : others, judges);
  const wasFrozen = first && !frozen ? inFirstStages(network, first.stages) : undefined;
  const { name, ...options } = config.optimizer;
  const { clipNorm, averageDecay, layerDecay, accumulate, recompute } = config;
  return {
    ...objective,
    optimizer: optimizers[name](options),
    ...(clipNorm !== undefined && { clipNorm }),
    ...(averageDecay !== undefined && { averageDecay }),
    ...(layerDecay !== undefined && { rateOf: decayedRates(network, layerDecay) }),
    ...(wasFrozen && { late: ({ source }) => wasFrozen(source.name) }),
    ...(accumulate !== undefined && { accumulates: true }),
    ...(recompute && { checkpoints: objective.boundaries }),
    ...(share.size > 1 && { distributed: true }),
  };
}

async function compiled(
  plan: Training,
  runtime: Runtime,
  { given, frozen }: { readonly given: Tensors; readonly frozen: boolean },
): Promise<Phase> {
  const { config, network, judges = {}, share = WHOLE } = plan;
  const step = stepOf(plan, frozen);
  const first = { ...judgeWeights(judges), ...given };
  const learner = await Learner.create(runtime, { ...step, seed: config.seed, given: first });
  const graph = tasks[config.task].evaluation(network, { ...shareOf(config, share), ...judges });
  const evaluation = await runtime.compile(onAverages(graph, learner));
  return { learner, objective: step, evaluation, frozen };
}

/** The same graph on running averages, where there are some. */
export function onAverages(graph: Graph, { averages }: Learner): Graph {
  if (averages.size === 0) return graph;
  const now = withLeaves(graph, (value) =>
    value.source.kind === 'parameter' ? (averages.get(value.source.name) ?? value) : value,
  );
  return withOutputs(graph, (_, value) => now(value));
}

/** So many batches of equal size, without a copy. */
function partsOfBatch({ images, labels, indices, count }: Batch, parts: number): readonly Batch[] {
  const size = labels.length / parts;
  const cut = <T extends Uint8Array | Int32Array>(data: T, part: number) => {
    const length = data.length / parts;
    return data.subarray(part * length, (part + 1) * length) as T;
  };
  return Array.from({ length: parts }, (_, part) => ({
    images: cut(images, part),
    labels: cut(labels, part),
    indices: cut(indices, part),
    count: Math.max(0, Math.min(size, count - part * size)),
  }));
}

/** A batch as the runtime takes it: uint8 [n, h, w, c]. */
export const imagesOf = (
  { images }: Batch,
  { batch, preprocessing: { size, channels } }: Pick<TrainConfig, 'batch' | 'preprocessing'>,
) => ({ dtype: 'uint8', shape: [batch, ...size, channels], data: images }) as const;
