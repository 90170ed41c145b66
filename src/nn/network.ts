/** Layers are functions of values; what they keep between runs, they ask of the network that is being built. */
import { UserError } from '../errors.js';
import {
  currentScope,
  type Initial,
  input,
  type ParameterValue,
  parameter,
  type Shape,
  scoped,
  show,
  type Value,
} from '../graph/index.js';

/** From a value to a value. Parameters are named after the scope in which the layer is applied. */
export type Layer = (x: Value, net: Build) => Value;

/** What chance decides anew at every step of a training; fed as an input of the same name. */
export interface Chance {
  readonly shape: readonly number[];
  /**
   * Standard normal numbers; numbers of 0 … 1; whole ones from `least` to `most`; or 1 / `keep` with probability `keep` and else 0,
   * whose mean is 1.
   */
  readonly draw:
    | { readonly kind: 'normal' | 'uniform' }
    | { readonly kind: 'integer'; readonly least: number; readonly most: number }
    | { readonly kind: 'mask'; readonly keep: number };
}

/** From a filter or matrix, whose name in the current scope this is, to what is used in its place. */
export type Reform = (weight: ParameterValue, name: string, net: Build) => Value;

/** What makes training harder so that more is learned; nothing of it by default. */
export interface Regularisation {
  /**
   * Probability that the last residual block of a network is skipped for an image, less towards the first, which never is: Huang
   * et al. 2016, section 3, https://arxiv.org/abs/1603.09382
   */
  readonly stochasticDepth?: number;
  /** Probability that a feature before the last layer is left out: Srivastava et al. 2014, http://jmlr.org/papers/v15/srivastava14a.html */
  readonly dropout?: number;
}

export interface BuildOptions extends Regularisation {
  readonly training?: boolean;
  /**
   * Whether the parameter of this name stays as it is; none does by default. Where its norms are frozen, a network in training
   * normalises by their running statistics and does not change them.
   */
  readonly frozen?: (name: string) => boolean;
  /** Whether residual branches begin as nothing: Goyal et al. 2017, section 5.1, https://arxiv.org/abs/1706.02677. No by default. */
  readonly zeroGamma?: boolean;
  /** Processes whose batch norms take their statistics together; 1 by default, each its own. */
  readonly ranks?: number;
  /** What filters and matrices become before they are used; by default they are used as they are. */
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
  /** What is to be drawn for every step, by the name of the input; training only. */
  readonly chances = new Map<string, Chance>();
  /** Values between the network's stages, from first to last. */
  readonly boundaries: Value[] = [];
  readonly training: boolean;
  readonly zeroGamma: boolean;
  readonly ranks: number;
  readonly regularisation: Required<Regularisation>;
  private readonly frozen: (name: string) => boolean;
  private readonly reform: Reform | undefined;
  private readonly reformed = new Map<ParameterValue, Value>();

  constructor({
    training = false,
    frozen = () => false,
    zeroGamma = false,
    ranks = 1,
    stochasticDepth = 0,
    dropout = 0,
    reform,
  }: BuildOptions = {}) {
    this.training = training;
    this.zeroGamma = zeroGamma;
    this.ranks = ranks;
    this.regularisation = { stochasticDepth, dropout };
    this.frozen = frozen;
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

  /** Whether the parameter of this name in the current scope stays as it is. */
  isFrozen(name: string): boolean {
    return this.frozen(pathOf(name));
  }

  /** An input in the current scope that chance feeds. */
  chance(name: string, { shape, draw }: Chance): Value {
    const path = pathOf(name);
    this.chances.set(path, { shape, draw });
    return input(path, shape);
  }

  /** The parameter of this name in the current scope. */
  parameter(
    name: string,
    shape: Shape,
    options: { initial: Initial; trainable?: boolean; decays?: boolean },
  ): ParameterValue {
    const path = pathOf(name);
    const known = this.parameters.get(path);
    if (known && show(known.shape) !== show(shape))
      throw new UserError(
        `${path} has shape ${show(known.shape)} already, and is wanted with ${show(shape)} too; use another name`,
      );
    const made = known ?? parameter(path, shape, this.frozen(path) ? { ...options, trainable: false } : options);
    this.parameters.set(path, made);
    return made;
  }

  /** States that a tracked parameter takes this value after the step. */
  track(parameter: ParameterValue, value: Value): void {
    this.updates.set(parameter.source.name, value);
  }
}

/** A name within the current scope. */
const pathOf = (name: string) => [currentScope(), name].filter(Boolean).join('.');

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

/** The layer as a stage: its result is all that later ones know of what was before. */
export const stage =
  (layer: Layer): Layer =>
  (x, net) => {
    const y = layer(x, net);
    net.boundaries.push(y);
    return y;
  };
