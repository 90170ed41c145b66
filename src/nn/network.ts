/** Layers are functions of values; what they keep between runs, they ask of the network that is being built. */
import { UserError } from '../errors.js';
import {
  currentScope,
  type Initial,
  type ParameterValue,
  parameter,
  type Shape,
  scoped,
  show,
  type Value,
} from '../graph/index.js';

/** From a value to a value. Parameters are named after the scope in which the layer is applied. */
export type Layer = (x: Value, net: Build) => Value;

/** From a filter or matrix, whose name in the current scope this is, to what is used in its place. */
export type Reform = (weight: ParameterValue, name: string, net: Build) => Value;

interface BuildOptions {
  readonly training?: boolean;
  readonly learns?: boolean;
  readonly reform?: Reform | undefined;
}

/**
 * One building of a network: in training mode or not, with its parameters by name and the new values of those that are
 * tracked. Layers that meet the same name share the parameter.
 */
export class Build {
  readonly parameters = new Map<string, ParameterValue>();
  /** New values of tracked parameters (running statistics), by name; training only. */
  readonly updates = new Map<string, Value>();
  readonly training: boolean;
  private readonly learns: boolean;
  private readonly reform: Reform | undefined;
  private readonly reformed = new Map<ParameterValue, Value>();

  /**
   * @param options.learns whether its parameters may be trained, as they are by default; those of a network that only judges may not
   * @param options.reform what its filters and matrices become before they are used
   */
  constructor({ training = false, learns = true, reform }: BuildOptions = {}) {
    this.training = training;
    this.learns = learns;
    this.reform = reform;
  }

  /** The filter or matrix of this name in the current scope, as it is to be used. */
  weight(name: string, shape: Shape, options: { initial: Initial }): Value {
    const weight = this.parameter(name, shape, options);
    const known = this.reformed.get(weight);
    if (known || !this.reform) return known ?? weight;
    const made = this.reform(weight, name, this);
    this.reformed.set(weight, made);
    return made;
  }

  /** The parameter of this name in the current scope. */
  parameter(
    name: string,
    shape: Shape,
    options: { initial: Initial; trainable?: boolean; decays?: boolean },
  ): ParameterValue {
    const path = [currentScope(), name].filter(Boolean).join('.');
    const known = this.parameters.get(path);
    if (known && show(known.shape) !== show(shape))
      throw new UserError(
        `${path} has shape ${show(known.shape)} already, and is wanted with ${show(shape)} too; use another name`,
      );
    const made = known ?? parameter(path, shape, this.learns ? options : { ...options, trainable: false });
    this.parameters.set(path, made);
    return made;
  }

  /** States that a tracked parameter takes this value after the step. */
  track(parameter: ParameterValue, value: Value): void {
    this.updates.set(parameter.source.name, value);
  }
}

/** One layer after the other. */
export const sequential =
  (...layers: readonly Layer[]): Layer =>
  (x, net) =>
    layers.reduce((value, layer) => layer(value, net), x);

/** The layer under a name: its parameters become `name.weight` and so on. */
export const named =
  (name: string, layer: Layer): Layer =>
  (x, net) =>
    scoped(name, () => layer(x, net));
