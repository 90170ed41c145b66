/** Making values: leaves, and nodes whose output types follow from the shape rules. */
import { UserError } from '../errors.js';
import type { Attributes, Op } from './attributes.js';
import type { Arrays, DType } from './dtype.js';
import { shapes } from './shapes.js';
import { elements, show } from './sizes.js';
import type { Initial, InputValue, Node, ParameterValue, Shape, Type, Value } from './types.js';

let scope = '';

/** The name under which nodes are created now. */
export const currentScope = (): string => scope;

/** Names every node that `make` creates: `scoped('layer1', …)` within `scoped('encoder', …)` is `encoder.layer1`. */
export function scoped<T>(name: string, make: () => T): T {
  const outer = scope;
  scope = outer && name ? `${outer}.${name}` : outer || name;
  try {
    return make();
  } finally {
    scope = outer;
  }
}

/** As `scoped`, but the name stands for itself, whatever surrounds it. */
export function scopedAs<T>(name: string, make: () => T): T {
  const outer = scope;
  scope = name;
  try {
    return make();
  } finally {
    scope = outer;
  }
}

/** A node of any operator; all its outputs. Throws a UserError that names operator, place and shapes where they do not fit. */
export function apply<K extends Op>(op: K, inputs: readonly Value[], attributes: Attributes[K]): readonly Value[] {
  let types: readonly Type[];
  try {
    types = shapes[op](inputs, attributes);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      `${op}${scope ? ` in ${scope}` : ''}: ${error.message} (inputs ${inputs.map((i) => show(i.shape)).join(', ')})`,
    );
  }
  const outputs: Value[] = [];
  const node = { op, attributes, inputs, outputs, scope } as unknown as Node;
  types.forEach(({ dtype, shape }, output) => {
    outputs.push({ dtype, shape, source: { kind: 'node', node, output } });
  });
  return outputs;
}

/** As `apply`, for operators of one output. */
export const one = <K extends Op>(op: K, inputs: readonly Value[], attributes: Attributes[K]): Value =>
  apply(op, inputs, attributes)[0] as Value;

/** A value fed at every run. */
export const input = (name: string, shape: Shape, dtype: DType = 'float32'): InputValue => ({
  dtype,
  shape,
  source: { kind: 'input', name },
});

/** A value kept from run to run under its name. */
export const parameter = (
  name: string,
  shape: Shape,
  { initial, trainable = true, decays }: { initial?: Initial; trainable?: boolean; decays?: boolean } = {},
): ParameterValue => ({
  dtype: 'float32',
  shape,
  source: {
    kind: 'parameter',
    name,
    trainable,
    decays: decays ?? (trainable && shape.length > 1),
    initial: initial ?? { kind: 'constant', value: 0 },
  },
});

const makers: { readonly [D in DType]: (data: readonly number[]) => Arrays[D] } = {
  float32: (data) => Float32Array.from(data),
  int8: (data) => Int8Array.from(data),
  uint8: (data) => Uint8Array.from(data),
  int32: (data) => Int32Array.from(data),
  int64: (data) => BigInt64Array.from(data.map(BigInt)),
  bool: (data) => Uint8Array.from(data),
};

/** A fixed tensor, from plain numbers or a typed array. */
export function constant(data: readonly number[] | Arrays[DType], shape: Shape, dtype: DType = 'float32'): Value {
  const array = Array.isArray(data) ? makers[dtype](data as readonly number[]) : (data as Arrays[DType]);
  if (array.length !== elements(shape))
    throw new UserError(`a constant of shape ${show(shape)} has ${elements(shape)} elements, got ${array.length}`);
  return { dtype, shape, source: { kind: 'constant', data: array } };
}

/** A float32 scalar. */
export const scalar = (value: number): Value => constant([value], []);
