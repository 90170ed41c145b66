/** Random operands for the cases of a sweep: every draw becomes an input of the graph and, at once, the tensor to feed it. */
import { type Dim, elements, fixedShape, input, type Shape, type Value } from '../../src/graph/index.js';
import type { Random } from '../../src/random/index.js';
import type { Tensor } from '../../src/runtime/index.js';

/** Distance between any two values of a lattice: far more than a finite difference moves them. */
const SPACING = 0.05;

export class Draws {
  readonly feeds: Record<string, Tensor> = {};
  /** The inputs that a case is differentiated for. */
  readonly smooth: Value[] = [];

  constructor(readonly random: Random) {}

  /** From `from` to `to`, both included. */
  integer(from: number, to: number): number {
    return from + this.random.integer(to - from + 1);
  }

  integers(count: number, from: number, to: number): number[] {
    return Array.from({ length: count }, () => this.integer(from, to));
  }

  chance(): boolean {
    return this.random.uniform() < 0.5;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.random.integer(choices.length)]!;
  }

  /** Any axis of a rank, counted from the front or from the back. */
  axis(rank: number): number {
    return this.integer(-rank, rank - 1);
  }

  /** At least one axis, in rising order, some counted from the back. */
  axes(rank: number): number[] {
    const taken = Array.from({ length: rank }, (_, i) => i).filter(() => this.chance());
    const axes = taken.length > 0 ? taken : [this.integer(0, rank - 1)];
    return this.chance() ? axes : axes.map((axis) => axis - rank);
  }

  shape(from = 1, to = 4): number[] {
    return this.integers(this.integer(from, to), 1, 4);
  }

  /** Two or more shapes that broadcast to one: some lack leading axes, some have size 1 where others do not. */
  broadcasting(count: number): number[][] {
    const full = this.shape(1, 4);
    const shrink = () => full.slice(this.integer(0, full.length)).map((d) => (this.integer(0, 3) === 0 ? 1 : d));
    return Array.from({ length: count }, (_, i) => (i === 0 && this.chance() ? full : shrink()));
  }

  /** Smooth operators: anything goes. */
  normal(shape: Shape = this.shape()): Value {
    return this.operand(shape, () => this.random.normal());
  }

  /** Both signs, away from 0: for kinks and poles there. */
  away(shape: Shape = this.shape()): Value {
    return this.operand(shape, () => (this.chance() ? 1 : -1) * (0.3 + 1.5 * this.random.uniform()));
  }

  positive(shape: Shape = this.shape()): Value {
    return this.operand(shape, () => 0.5 + 1.5 * this.random.uniform());
  }

  /** Distinct values around 0, in random order, half a spacing (plus `offset`) beside the multiples of 0.05. */
  lattice(shape: Shape = this.shape(), offset = 0): Value {
    const count = elements(shape);
    const order = Array.from({ length: count }, (_, i) => ({ i, key: this.random.uniform() }));
    order.sort((a, b) => a.key - b.key);
    const middle = Math.floor(count / 2);
    return this.operand(shape, (at) => (order[at]!.i - middle + 0.5) * SPACING + offset);
  }

  /** Whole numbers from -below to below - 1: indices, which ONNX counts from either end. */
  indices(shape: readonly number[], below: number): Value {
    const data = BigInt64Array.from({ length: elements(shape) }, () => BigInt(this.integer(-below, below - 1)));
    return this.feed({ dtype: 'int64', shape, data });
  }

  mask(shape: readonly number[]): Value {
    return this.feed({
      dtype: 'bool',
      shape,
      data: Uint8Array.from({ length: elements(shape) }, () => +this.chance()),
    });
  }

  /** The last operand, fed but not differentiated for. */
  held(value: Value): Value {
    this.smooth.splice(this.smooth.indexOf(value), 1);
    return value;
  }

  private operand(shape: readonly Dim[], element: (at: number) => number): Value {
    const data = Float32Array.from({ length: elements(shape) }, (_, at) => element(at));
    const value = this.feed({ dtype: 'float32', shape: fixedShape(shape), data });
    this.smooth.push(value);
    return value;
  }

  private feed(tensor: Tensor): Value {
    const name = `x${Object.keys(this.feeds).length}`;
    this.feeds[name] = tensor;
    return input(name, tensor.shape, tensor.dtype);
  }
}
