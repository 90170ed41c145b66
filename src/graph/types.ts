/** What a graph is made of. Values are immutable and point at what produced them; a graph is nothing but its named outputs. */
import type { Attributes, Op } from './attributes.js';
import type { Arrays, DType } from './dtype.js';

/** A size, or the name of a size that stays free (the batch: `'n'`). */
export type Dim = number | string;
/** Sizes of the axes; a name where a size is free, such as `n` for the batch. */
export type Shape = readonly Dim[];

/** What is known of a value before anything is computed. */
export interface Type {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** How a parameter starts. Fans are already worked in: these are plain distributions. */
export type Initial =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'uniform'; readonly bound: number };

/** Fed at every run. */
export interface Input {
  readonly kind: 'input';
  readonly name: string;
}

/** Kept from run to run under its name: learned (`trainable`) or tracked, as running statistics and optimiser moments are. */
export interface Parameter {
  readonly kind: 'parameter';
  readonly name: string;
  readonly trainable: boolean;
  /** Whether weight decay pulls on it: filters and matrices, not biases and norms. */
  readonly decays: boolean;
  readonly initial: Initial;
}

/** A value whose elements are known. */
export interface Constant {
  readonly kind: 'constant';
  readonly data: Arrays[DType];
}

/** A value that a node produces. */
export interface Produced {
  readonly kind: 'node';
  readonly node: Node;
  readonly output: number;
}

/** A tensor of a graph: its type, and where it comes from. It never changes. */
export interface Value extends Type {
  readonly source: Input | Parameter | Constant | Produced;
}

/** A leaf of one kind, so that `ParameterValue` says what `Value` cannot. */
export type ParameterValue = Value & { readonly source: Parameter };
/** A value that is fed. */
export type InputValue = Value & { readonly source: Input };

interface NodeOf<K extends Op> {
  readonly op: K;
  readonly attributes: Attributes[K];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Where in the network it stands, for example `layer1.0.conv1`; empty outside of any. */
  readonly scope: string;
}

/** A node of one operator, or (the default) of any, discriminated by `op`. */
export type Node<K extends Op = Op> = { [O in K]: NodeOf<O> }[K];

/** Named outputs; nodes are those that the outputs need. */
export interface Graph {
  readonly name: string;
  readonly outputs: Readonly<Record<string, Value>>;
}
