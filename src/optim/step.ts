/** One training step as a graph: forward, backward, update. */
import { backward, backwardRecomputing } from '../autodiff/index.js';
import {
  add,
  allReduceMean,
  type Graph,
  input,
  inputsOf,
  mul,
  type ParameterValue,
  parameter,
  parametersOf,
  sub,
  type Value,
} from '../graph/index.js';
import { clippedByNorm } from './gradients.js';
import type { Optimizer } from './optimizers.js';

/** What a training step is made of. */
export interface StepOptions {
  readonly loss: Value;
  readonly optimizer: Optimizer;
  /** New values of tracked parameters, by name: running statistics. */
  readonly tracked?: ReadonlyMap<string, Value>;
  /** More results to fetch, by name. */
  readonly outputs?: Readonly<Record<string, Value>>;
  /** Which of the loss's trainable parameters the step updates; all by default. */
  readonly learned?: (parameter: ParameterValue) => boolean;
  /** Factor of the learning rate for a parameter; 1 for all by default. */
  readonly rateOf?: (parameter: ParameterValue) => number;
  /** Which parameters began to learn later than the rest, at the step `lateSince` of a moment; none by default. */
  readonly late?: (parameter: ParameterValue) => boolean;
  /** The most that the norm of all gradients together may be; fetched as `gradient_norm`. Without limit by default. */
  readonly clipNorm?: number;
  /** Share of the old value in a running average (EMA) of all parameters that change, which warms up; no average by default. */
  readonly averageDecay?: number;
  /** Whether gradients of several batches may be gathered for one step; default false. */
  readonly accumulates?: boolean;
  /** Whether the step is that of all processes of a job: by the means of their gradients and of what they track. Default false. */
  readonly distributed?: boolean;
  /** Values between which the forward pass is computed a second time instead of being kept for the backward pass. */
  readonly checkpoints?: readonly Value[];
}

/** A graph whose outputs become variables. */
export interface Stepped {
  readonly graph: Graph;
  /** Output name -> the variable that takes its value. */
  readonly updates: Readonly<Record<string, string>>;
}

/** Where a training stands when a step is taken. */
export interface Moment {
  /** Counts from 1. */
  readonly step: number;
  readonly learningRate: number;
  /** Batches whose gradients the step takes together. */
  readonly parts: number;
  /** Steps before the late parameters began to learn: an optimiser that counts its steps counts theirs from there. 0 by default. */
  readonly lateSince?: number;
}

export interface TrainingStep extends Stepped {
  /** Gathers the gradients of one batch, where `accumulates` says so. */
  readonly part: Stepped | undefined;
  /** Scalars that the step reads: what does not count (decay that is zero) is not there. */
  feeds(moment: Moment): Readonly<Record<string, number>>;
  /** Tensors of the optimiser, which start at zero. */
  readonly states: readonly ParameterValue[];
  /** Running averages, by the name of what they follow and start as. */
  readonly averages: ReadonlyMap<string, ParameterValue>;
  /** Sums of gradients, which nothing outlives: a step leaves none to the next. */
  readonly sums: readonly ParameterValue[];
  /** Every parameter that the step updates by gradients. */
  readonly trainable: readonly ParameterValue[];
  /** Every parameter that the step reads besides these: learned ones and running statistics. */
  readonly parameters: readonly ParameterValue[];
}

/** The running average's share of the old value, small at first: TensorFlow's `ExponentialMovingAverage` with `num_updates`. */
const warmedDecay = (decay: number, step: number) => Math.min(decay, step / (step + 9));

/** The graph that computes a loss, differentiates it for every trainable parameter it depends on, and updates these. */
export function trainingStep(options: StepOptions): TrainingStep {
  const { loss, optimizer, tracked = new Map(), outputs = {}, rateOf = () => 1, clipNorm, averageDecay } = options;
  const { learned = () => true, late = () => false } = options;
  const overAll: typeof allReduceMean = options.distributed ? allReduceMean : (value) => value;
  const trainable = parametersOf({ name: 'loss', outputs: { loss } }).filter((p) => p.source.trainable && learned(p));
  const gradients = options.checkpoints
    ? backwardRecomputing(loss, trainable, options.checkpoints)
    : backward(loss, trainable);
  const sums = options.accumulates ? trainable.map((p) => follower('sum', p)) : [];
  const carried = input('carried', []); // 0 for the first batch of a step, which makes the sum anew
  const gathered = gradients.map((gradient, i) => (sums[i] ? add(mul(sums[i], carried), gradient) : gradient));
  const share = input('share', []);
  const own = sums.length > 0 ? gathered.map((gradient) => mul(gradient, share)) : gathered;
  const means = own.map((gradient) => overAll(gradient, 'gradients'));
  const clipped = clipNorm === undefined ? undefined : clippedByNorm(means, clipNorm);

  /** What the scalars of a parameter are called besides their own names: parameters of one pace share them. */
  const paceOf = (p: ParameterValue) => `${rateOf(p) === 1 ? '' : ` times ${rateOf(p)}`}${late(p) ? ', late' : ''}`;
  const paces = new Map(trainable.map((p) => [paceOf(p), { rate: rateOf(p), late: late(p) }]));
  const scalarsOf = (pace: string) =>
    Object.fromEntries(optimizer.scalars.map((name) => [name, input(`${name}${pace}`, [])]));
  const scalars = new Map([...paces.keys()].map((pace) => [pace, scalarsOf(pace)]));
  const next = new Map<string, Value>([...tracked].map(([name, value]) => [name, overAll(value, 'statistics')]));
  const states: ParameterValue[] = [];
  trainable.forEach((p, i) => {
    const update = optimizer.update(p, (clipped?.gradients ?? means)[i]!, scalars.get(paceOf(p))!);
    next.set(p.source.name, update.next);
    for (const { state, next: value } of update.states) {
      states.push(state);
      next.set(state.source.name, value);
    }
  });
  const results = { loss, ...outputs, ...(clipped && { gradient_norm: clipped.norm }) };
  const plain = stepped('training step', results, next);
  const others = new Set([...states, ...sums].map(({ source }) => source.name));
  const parameters = parametersOf(plain.graph).filter(({ source }) => !others.has(source.name));
  const moving = parameters.filter(({ source }) => next.has(source.name));
  const averages = new Map(
    averageDecay === undefined ? [] : moving.map((p) => [p.source.name, follower('average', p)] as const),
  );
  for (const [name, average] of averages) {
    const change = mul(sub(next.get(name)!, average), input('average_share', []));
    next.set(average.source.name, add(average, change));
  }
  const whole = stepped('training step', results, next);
  const read = new Set(inputsOf(whole.graph).map(({ source }) => source.name));
  const gatheredSums = sums.map((sum, i) => [sum.source.name, gathered[i]!] as const);
  return {
    ...whole,
    part:
      sums.length > 0
        ? stepped('part of a step', { loss, ...outputs }, new Map([...tracked, ...gatheredSums]))
        : undefined,
    feeds({ step, learningRate, parts, lateSince = 0 }) {
      const all = [...paces].flatMap(([pace, { rate, late }]) =>
        Object.entries(optimizer.feeds(late ? step - lateSince : step, learningRate * rate)).map(
          ([name, value]) => [`${name}${pace}`, value] as const,
        ),
      );
      const further = {
        carried: parts > 1 ? 1 : 0,
        share: 1 / parts,
        average_share: 1 - warmedDecay(averageDecay ?? 0, step),
      };
      return Object.fromEntries([...all, ...Object.entries(further)].filter(([name]) => read.has(name)));
    },
    states,
    averages,
    sums,
    trainable,
    parameters,
  };
}

/** A variable that goes beside a parameter, under its name. */
const follower = (what: string, { source, shape }: ParameterValue) =>
  parameter(`${what}:${source.name}`, shape, { trainable: false });

function stepped(name: string, results: Readonly<Record<string, Value>>, next: ReadonlyMap<string, Value>): Stepped {
  const named = [...next].map(([variable, value]) => ({ output: `next:${variable}`, variable, value }));
  return {
    graph: { name, outputs: { ...results, ...Object.fromEntries(named.map(({ output, value }) => [output, value])) } },
    updates: Object.fromEntries(named.map(({ output, variable }) => [output, variable])),
  };
}
