/** What the names of a file stand for while it is read, node after node. */
import { UserError } from '../errors.js';
import { type Arrays, constant, type DType, parameter, type Shape, show, type Value } from '../graph/index.js';
import { type Known, MOST_KNOWN } from './arithmetic.js';
import type { Stored } from './tensors.js';

export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A value of more numbers than this is no image's: no machine holds a batch of them. */
const MOST_ELEMENTS = 2 ** 31;

interface Names {
  /** Whether a parameter of this name is tracked rather than learned. */
  readonly isStatistic: (name: string) => boolean;
  /** Whether the graph gives out a value under this name. */
  readonly isOutput: (name: string) => boolean;
}

export class Values {
  /** Values of the graph's parameters by name. */
  readonly weights = new Map<string, Weight>();
  private readonly made = new Map<string, Value>();
  private readonly numbersOf = new Map<string, Known>();
  /** Names that a file may hold, but that nothing here may read; and why. */
  private readonly unreadable = new Map<string, string>();

  constructor(private readonly names: Names) {}

  has(name: string): boolean {
    return this.made.has(name) || this.numbersOf.has(name);
  }

  /** A float initialiser is a parameter; scalars and whole numbers say something else. */
  initialise(name: string, stored: Stored): void {
    if (stored.data instanceof Float32Array && stored.shape.length > 0) {
      this.weights.set(name, { shape: stored.shape, data: stored.data });
      this.set(name, parameter(name, stored.shape, { trainable: !this.names.isStatistic(name) }));
    } else this.known(name, stored);
  }

  /** @throws UserError where two nodes claim one name, or the value could not be */
  set(name: string, value: Value): void {
    this.refuseTaken(name);
    refuseImpossible(value.shape);
    this.made.set(name, value);
  }

  known(name: string, found: Known | Stored): void {
    this.refuseTaken(name);
    refuseImpossible(found.shape);
    const { dtype, shape, data } = found;
    if (!Array.isArray(data)) this.made.set(name, constant(data as Arrays[DType], shape, dtype));
    if (data.length <= MOST_KNOWN)
      this.numbersOf.set(
        name,
        Array.isArray(data)
          ? (found as Known)
          : { dtype, shape, data: Array.from(data as ArrayLike<number | bigint>, Number) },
      );
    else if (Array.isArray(data)) throw new UserError(`'${name}' is too long a list of numbers`);
  }

  /**
   * Another name of what is known without running. Exporters store equal weights once and name them by Identity nodes; they are
   * parameters of their own all the same, which training makes different. Says whether it was such a name.
   */
  alias(name: string, of: string): boolean {
    const weight = this.weights.get(of);
    if (weight && !this.names.isOutput(name)) this.initialise(name, { dtype: 'float32', ...weight });
    const numbers = this.numbersOf.get(of);
    if (numbers) this.known(name, numbers);
    return this.has(name);
  }

  /** Notes a name that nothing may read. */
  out(name: string, why: string): void {
    this.unreadable.set(name, why);
  }

  /** The value of a name, as an operand of an operator. */
  value(name: string, by: string): Value {
    const value = this.made.get(name);
    if (value) return value;
    const known = this.numbersOf.get(name);
    if (!known)
      throw new UserError(
        this.unreadable.has(name)
          ? `${by} uses '${name}', which is ${this.unreadable.get(name)}`
          : `damaged ONNX file: ${by} uses '${name}', which nothing produces`,
      );
    const { dtype, shape, data } = known;
    const fits = (d: number | string) => typeof d === 'number' && (dtype === 'float32' || Number.isSafeInteger(d));
    if (!data.every(fits))
      throw new UserError(
        `${by} computes with '${name}', a size that stays free (${data.slice(0, 4).join(', ')}); export the model with that size fixed`,
      );
    const made = constant(data as readonly number[], shape, dtype);
    this.made.set(name, made);
    return made;
  }

  /** What is known of a name without running anything. */
  ifKnown(name: string): Known | undefined {
    return this.numbersOf.get(name);
  }

  /** Numbers under a name, be they known or a weight's; none where they are computed by running. */
  numbers(name: string): readonly (number | string)[] | undefined {
    const weight = this.weights.get(name)?.data;
    if (weight && weight.length <= MOST_KNOWN) return [...weight];
    const known = this.numbersOf.get(name);
    if (!known) this.value(name, 'an operator');
    return known?.data;
  }

  private refuseTaken(name: string): void {
    if (this.has(name)) throw new UserError(`damaged ONNX file: '${name.slice(0, 80)}' is made twice`);
  }
}

function refuseImpossible(shape: Shape): void {
  const sizes = shape.filter((d) => typeof d === 'number');
  const whole = sizes.every((d) => Number.isSafeInteger(d) && d >= 0);
  if (!whole || sizes.reduce((a, b) => a * b, 1) > MOST_ELEMENTS)
    throw new UserError(`its result would have the impossible shape ${show(shape)}`);
}
