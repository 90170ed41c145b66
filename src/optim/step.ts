/** One training step as a graph: forward, backward, update. */
import { backward } from '../autodiff/index.js';
import { type Graph, input, inputsOf, type ParameterValue, parametersOf, type Value } from '../graph/index.js';
import type { Optimizer } from './optimizers.js';

export interface TrainingStep {
  /** Outputs `loss`, those asked for, and one per variable that changes. */
  readonly graph: Graph;
  /** Output name -> the variable that takes its value. */
  readonly updates: Readonly<Record<string, string>>;
  /** Scalars of the optimiser that the step reads: without decay, for one, what decay needs is not there. */
  readonly scalars: readonly string[];
  /** Tensors of the optimiser, which start at zero. */
  readonly states: readonly ParameterValue[];
  /** Every trainable parameter of the loss. */
  readonly trainable: readonly ParameterValue[];
  /** Every parameter that the step reads besides the optimiser's: learned ones and running statistics. */
  readonly parameters: readonly ParameterValue[];
}

export interface StepOptions {
  readonly loss: Value;
  readonly optimizer: Optimizer;
  /** New values of tracked parameters, by name: running statistics. */
  readonly tracked?: ReadonlyMap<string, Value>;
  /** More results to fetch, by name. */
  readonly outputs?: Readonly<Record<string, Value>>;
}

/** The graph that computes a loss, differentiates it for every trainable parameter it depends on, and updates these. */
export function trainingStep({ loss, optimizer, tracked = new Map(), outputs = {} }: StepOptions): TrainingStep {
  const trainable = parametersOf({ name: 'loss', outputs: { loss } }).filter((p) => p.source.trainable);
  const scalars = Object.fromEntries(optimizer.scalars.map((name) => [name, input(name, [])]));
  const gradients = backward(loss, trainable);
  const next = new Map<string, Value>(tracked);
  const states: ParameterValue[] = [];
  trainable.forEach((parameter, i) => {
    const update = optimizer.update(parameter, gradients[i]!, scalars);
    next.set(parameter.source.name, update.next);
    for (const { state, next: value } of update.states) {
      states.push(state);
      next.set(state.source.name, value);
    }
  });
  const named = [...next].map(([name, value]) => ({ output: `next:${name}`, name, value }));
  const graph: Graph = {
    name: 'training step',
    outputs: { loss, ...outputs, ...Object.fromEntries(named.map(({ output, value }) => [output, value])) },
  };
  const read = new Set(inputsOf(graph).map(({ source }) => source.name));
  const own = new Set(states.map(({ source }) => source.name));
  return {
    graph,
    updates: Object.fromEntries(named.map(({ output, name }) => [output, name])),
    scalars: optimizer.scalars.filter((name) => read.has(name)),
    states,
    trainable,
    parameters: parametersOf(graph).filter(({ source }) => !own.has(source.name)),
  };
}
