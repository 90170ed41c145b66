/** NodeProto -> node: attributes from where the file's opset has them, inputs that are known as attributes. */
import { UserError } from '../errors.js';
import { apply, type Dim, type OnnxOp, one, type Shape, scopedAs, type Value } from '../graph/index.js';
import { arithmetic, type Given, type Known } from './arithmetic.js';
import { type AttributeProto, AttributeProto_AttributeType as Kind, type NodeProto } from './proto/onnx_pb.js';
import { type Carrier, implied, type Plain, schema, silent } from './schema.js';
import { dtypeOfCode, type Stored, tensorOf } from './tensors.js';
import type { Values } from './values.js';

type Attributes = ReadonlyMap<string, AttributeProto>;

/** Operators that are others in this graph: from all their operands. */
const rewritten: Readonly<Record<string, (inputs: readonly Value[]) => Value>> = {
  Dropout: ([x]) => x ?? missing('Dropout'),
  GlobalMaxPool: ([x = missing('GlobalMaxPool')]) =>
    one('ReduceMax', [x], { axes: x.shape.map((_, i) => i).slice(2), keepdims: 1 }),
  HardSwish: ([x = missing('HardSwish')]) => one('Mul', [x, one('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 })], {}),
  Sum: chained('Add'),
};

/** Operators of two operands here that take any number there. */
const anyNumber: ReadonlySet<string> = new Set(['Max', 'Min']);

function chained(op: 'Add' | 'Max' | 'Min') {
  return ([first, ...rest]: readonly Value[]): Value =>
    rest.reduce((sum, next) => one(op, [sum, next], {}), first ?? missing(op));
}
const missing = (op: string): never => {
  throw new UserError(`${op}: expected at least 1 inputs, got 0`);
};

/** Whether a node can be read; what it computes of sizes must be known, too. */
export const isKnownOp = (op: string): boolean =>
  Object.hasOwn(schema, op) ||
  Object.hasOwn(rewritten, op) ||
  Object.hasOwn(arithmetic, op) ||
  op === 'Shape' ||
  op === 'Constant';

/** Reads one node: its outputs become known to `values`. */
export function readNode(proto: NodeProto, values: Values, opset: number): void {
  const [name = ''] = proto.output;
  if (proto.opType === 'Identity' && values.alias(name, proto.input[0] ?? '')) return;
  const given: Attributes = new Map(proto.attribute.map((a) => [a.name, a]));
  const found = knownResult(proto, given, values);
  if (found) values.known(name, found);
  else
    scopedAs(scopeOf(proto), () => {
      const outputs = simpler(proto, values) ?? operator(proto, { given, values, opset });
      for (const [i, output] of proto.output.entries()) note(proto, values, { name: output, value: outputs[i], i });
    });
}

/** What a node gives without running anything. */
function knownResult(proto: NodeProto, given: Attributes, values: Values): Known | Stored | undefined {
  if (proto.opType === 'Constant') return constantOf(given);
  if (proto.opType === 'Shape') return shapeOf(proto, given, values);
  return calculated(proto, given, values);
}

function note(
  { opType, output }: NodeProto,
  values: Values,
  { name, value, i }: { readonly name: string; readonly value: Value | undefined; readonly i: number },
): void {
  if (!name) return;
  if (value) values.set(name, value);
  // of a norm in training form: the running statistics that come out of it are not what it is read for
  else if (opType === 'BatchNormalization' && output.length > 1) values.out(name, 'a statistic of a training step');
  else if (opType === 'Dropout') values.out(name, 'the mask of a dropout');
  else throw new UserError(`${opType}: output ${i} ('${name}') is not supported`);
}

/** An operator that is written by others here. */
function simpler(proto: NodeProto, values: Values): readonly Value[] | undefined {
  const { opType } = proto;
  const several = anyNumber.has(opType) && proto.input.length !== 2;
  const make = several ? chained(opType as 'Max') : Object.hasOwn(rewritten, opType) ? rewritten[opType] : undefined;
  if (!make) return undefined;
  if (opType === 'Dropout') refuseDropping(proto, values);
  const operands = opType === 'Dropout' ? proto.input.slice(0, 1) : proto.input;
  return [make(operands.filter(Boolean).map((name) => values.value(name, opType)))];
}

/** In inference a dropout is nothing; one that drops in inference too would be something else. */
function refuseDropping({ input }: NodeProto, values: Values): void {
  if (input[2] && values.numbers(input[2])?.[0])
    throw new UserError('Dropout: its training_mode is on; export the model for inference (model.eval())');
}

interface Reading {
  readonly given: Attributes;
  readonly values: Values;
  readonly opset: number;
}

function operator(proto: NodeProto, { given, values, opset }: Reading): readonly Value[] {
  const op = proto.opType as OnnxOp;
  if (!Object.hasOwn(schema, op))
    throw new UserError(
      `${op}: its inputs are sizes or numbers that stay free until the model runs; export the model with fixed sizes but for the batch`,
    );
  for (const [name, value] of Object.entries(implied[op] ?? {})) {
    const came = given.get(name) ? text(given.get(name)!.s) : value;
    if (came !== value) throw new UserError(`${op}: expected ${name} '${value}', got '${came}'`);
  }
  const carriers = schema[op] as Readonly<Record<string, Carrier>>;
  for (const attribute of proto.attribute) refuseUnread(attribute, op);
  const places = new Set(
    Object.entries(carriers).flatMap(([name, c]) => (c.as === 'input' ? [c.index] : isLater(op, name) ? [1] : [])),
  );
  if (op === 'OneHot') places.add(2);
  const inputs = proto.input.flatMap((name, i) => (places.has(i) || name === '' ? [] : [values.value(name, op)]));
  const attributes: Record<string, Plain> = {};
  for (const [name, carrier] of Object.entries(carriers)) {
    const plain = plainOf(proto, name, { carrier, given, values, x: inputs[0] });
    const { otherwise } = carrier;
    const value = plain ?? (typeof otherwise === 'function' ? otherwise(inputs, attributes) : otherwise);
    if (value === undefined) throw new UserError(`${op}: attribute ${name} is missing`);
    attributes[name] = value;
  }
  autoPad(given.get('auto_pad'), inputs, attributes, op);
  if (opset < 13 && (op === 'Softmax' || op === 'LogSoftmax')) refuseOld(proto, inputs[0], given, opset);
  return op === 'Slice'
    ? sliced(inputs, attributes as Record<string, readonly number[]>)
    : apply(op, inputs, attributes as never);
}

/** Beyond any size; ends of 2^63 would not survive being a JavaScript number. */
const FAR = 2 ** 31 - 2;

/** Without free axes, of which nothing but everything can be taken. */
function sliced(inputs: readonly Value[], { starts, ends, axes, steps }: Record<string, readonly number[]>) {
  const bound = (at: number) => Math.max(Math.min(at, FAR), -FAR);
  const cuts = (axes ?? []).flatMap((axis, i) => {
    const [start, end, step] = [bound(starts?.[i] ?? 0), bound(ends?.[i] ?? FAR), steps?.[i] ?? 1];
    if (step === 0) throw new UserError('Slice: expected steps other than 0');
    const whole = start === 0 && end === FAR && step === 1 && typeof inputs[0]?.shape.at(axis) === 'string';
    return whole ? [] : [{ axis, start, end, step }];
  });
  if (cuts.length === 0 && inputs.length === 1) return inputs;
  return apply('Slice', inputs, {
    starts: cuts.map((c) => c.start),
    ends: cuts.map((c) => c.end),
    axes: cuts.map((c) => c.axis),
    steps: cuts.map((c) => c.step),
  });
}

/** Before opset 13 a softmax ran over all axes from `axis` on, 1 by default: the same where that is the last one. */
function refuseOld({ opType, name }: NodeProto, x: Value | undefined, given: Attributes, opset: number): void {
  const axis = Number(given.get('axis')?.i ?? 1n);
  const last = (x?.shape.length ?? 0) - 1;
  if (axis === last || axis === -1) return;
  throw new UserError(
    `${opType} (${name || 'unnamed'}) of opset ${opset} differs from today's: convert the file to opset 13 to 17 first`,
  );
}

interface Place {
  readonly carrier: Carrier;
  readonly given: Attributes;
  readonly values: Values;
  /** The first input. */
  readonly x: Value | undefined;
}

/** What a file says of an attribute: where this opset has it, or where older and newer ones do. */
function plainOf({ opType, input }: NodeProto, name: string, { carrier, given, values, x }: Place): Plain | undefined {
  const attribute = given.get(name);
  if (carrier.as !== 'input') {
    const later = isLater(opType, name) ? input[1] : undefined;
    return later ? listOf(later, values, { opType, x }) : plainAttribute(attribute, carrier.as);
  }
  const from = input[carrier.index];
  if (!from) {
    return plainAttribute(attribute, earlier(carrier));
  }
  const list = listOf(from, values, { opType, x });
  return carrier.scalar ? list[0] : list;
}

/** Axes of these became an input with opset 18. */
const isLater = (op: string, attribute: string): boolean =>
  attribute === 'axes' && (op === 'ReduceMean' || op === 'ReduceMax');

/** What is an input now was an attribute of this kind before. */
const earlier = ({ dtype, scalar }: Extract<Carrier, { as: 'input' }>) =>
  scalar ? (dtype === 'float32' ? 'float' : 'int') : dtype === 'float32' ? 'floats' : 'ints';

/** Numbers that must be known; sizes that stay free may be where a Reshape can leave them as they are. */
function listOf(
  name: string,
  values: Values,
  { opType, x }: { readonly opType: string; readonly x: Value | undefined },
): readonly number[] {
  const list = values.numbers(name);
  if (!list)
    throw new UserError(`${opType}: input '${name}' must be constant, but it is computed while the model runs`);
  if (list.every((d) => typeof d === 'number')) return list as readonly number[];
  const shape = opType === 'Reshape' && x ? withFree(list, x.shape) : undefined;
  if (shape) return shape;
  throw new UserError(
    `${opType}: input '${name}' depends on the free size '${list.find((d) => typeof d === 'string')}'; export the model with that size fixed`,
  );
}

/** A free size where it was before is 0, kept; another one is -1, what is left. */
function withFree(wanted: readonly Dim[], from: Shape): readonly number[] | undefined {
  const shape = wanted.map((d, i) => (typeof d === 'number' ? d : d === from[i] ? 0 : -1));
  return shape.filter((d) => d === -1).length > 1 ? undefined : shape;
}

/** Attributes that this graph lacks must say nothing: 0 for a switch, dilations of 1. */
function refuseUnread({ name, i, ints, f, s }: AttributeProto, op: OnnxOp): void {
  const carrier = (schema[op] as Readonly<Record<string, Carrier>>)[name];
  if (carrier || name in (implied[op] ?? {}) || silent.has(name)) return;
  const neutral = name === 'dilations' ? ints.every((d) => d === 1n) : !i && !f && ints.length === 0 && !s?.length;
  if (neutral || (op === 'BatchNormalization' && name === 'training_mode')) return;
  throw new UserError(
    `${op}: attribute ${name} = ${ints.slice(0, 8).join(', ') || i || f || text(s?.subarray(0, 40))} is not supported; export the model with opset 13 to 17 and without it`,
  );
}

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes ?? new Uint8Array());

/** A scope of the writer is `scope/Op`, numbered where that is not unique; so most others name nodes. */
const scopeOf = ({ name, opType }: NodeProto): string => {
  const end = new RegExp(`(^|/)${opType}(_\\d+)?$`);
  return name.replace(end, '');
};

const kinds: Readonly<Record<Exclude<Carrier['as'], 'input'>, Kind>> = {
  int: Kind.INT,
  ints: Kind.INTS,
  float: Kind.FLOAT,
  floats: Kind.FLOATS,
  string: Kind.STRING,
  type: Kind.INT,
};

function plainAttribute(proto: AttributeProto | undefined, as: Exclude<Carrier['as'], 'input'>): Plain | undefined {
  if (!proto) return undefined;
  // files of the first IR versions do not say the kind
  if (proto.type !== Kind.UNDEFINED && proto.type !== kinds[as])
    throw new UserError(`attribute ${proto.name} is ${Kind[proto.type] ?? proto.type}; expected ${Kind[kinds[as]]}`);
  const readers: Readonly<Record<typeof as, () => Plain>> = {
    int: () => Number(proto.i ?? 0n),
    ints: () => proto.ints.map(Number),
    float: () => proto.f ?? 0,
    floats: () => proto.floats,
    string: () => text(proto.s),
    type: () => dtypeOfCode(Number(proto.i ?? 0n), 'a Cast'),
  };
  return readers[as]();
}

/** auto_pad SAME_*: out = ceil(in / stride), the odd pixel at the end (UPPER) or at the start (LOWER). */
function autoPad(
  proto: AttributeProto | undefined,
  inputs: readonly Value[],
  attributes: Record<string, Plain>,
  where: string,
): void {
  const mode = proto ? text(proto.s) : 'NOTSET';
  if (mode === 'NOTSET' || mode === 'VALID') return;
  if (!attributes.strides || !inputs[0]) return;
  const sizes = inputs[0].shape.slice(2) as readonly number[];
  const kernel = (attributes.kernel_shape ?? inputs[1]?.shape.slice(2) ?? []) as readonly number[];
  const strides = attributes.strides as readonly number[];
  const dilations = (attributes.dilations ?? sizes.map(() => 1)) as readonly number[];
  if ('output_padding' in attributes)
    throw new UserError(`${where}: auto_pad ${mode} of a transposed convolution is not supported`);
  const totals = sizes.map((size, i) =>
    Math.max((Math.ceil(size / strides[i]!) - 1) * strides[i]! + dilations[i]! * (kernel[i]! - 1) + 1 - size, 0),
  );
  const small = totals.map((t) => Math.floor(t / 2));
  const large = totals.map((t) => Math.ceil(t / 2));
  attributes.pads = mode === 'SAME_UPPER' ? [...small, ...large] : [...large, ...small];
}

/** A node without inputs that change: what it computes. */
function calculated(proto: NodeProto, given: Attributes, values: Values): Known | undefined {
  if (!Object.hasOwn(arithmetic, proto.opType) || proto.input.length === 0) return undefined;
  const inputs = proto.input.map((name) => (name ? values.ifKnown(name) : undefined));
  if (inputs[0] === undefined || proto.input.some((name, i) => name && !inputs[i])) return undefined;
  // float tensors are data, which the engine computes
  if (inputs.some((x) => x?.dtype === 'float32' && x.data.length > 1)) return undefined;
  return arithmetic[proto.opType]!(inputs, attributesOf(given));
}

const attributesOf = (given: Attributes): Given => ({
  int: (name, otherwise) => Number(given.get(name)?.i ?? otherwise),
  ints: (name) => given.get(name)?.ints.map(Number),
  dtype: (name) => dtypeOfCode(Number(given.get(name)?.i ?? 0n), 'a Cast'),
  tensor(name) {
    const held = given.get(name)?.t;
    return held && knownOf(tensorOf(held));
  },
});

/** Every number as JavaScript has it. */
export const knownOf = ({ dtype, shape, data }: Stored): Known => ({
  dtype,
  shape,
  data: Array.from(data as ArrayLike<number | bigint>, Number),
});

/** The ways in which a Constant holds its value. */
function constantOf(given: Attributes): Known | Stored {
  const [attribute] = given.values();
  if (!attribute) throw new UserError('Constant: it holds no value');
  const list = (dtype: 'float32' | 'int64', data: readonly number[], shape: readonly number[]): Known => ({
    dtype,
    shape,
    data,
  });
  const readers: Readonly<Record<string, () => Known | Stored>> = {
    value: () => {
      if (!attribute.t) throw new UserError('Constant: its value is no tensor');
      return tensorOf(attribute.t);
    },
    value_float: () => list('float32', [attribute.f ?? 0], []),
    value_floats: () => list('float32', attribute.floats, [attribute.floats.length]),
    value_int: () => list('int64', [Number(attribute.i ?? 0n)], []),
    value_ints: () => list('int64', attribute.ints.map(Number), [attribute.ints.length]),
  };
  const read = Object.hasOwn(readers, attribute.name) ? readers[attribute.name] : undefined;
  if (!read)
    throw new UserError(
      `Constant: only tensor constants are supported, lists of numbers and single ones, not ${attribute.name}`,
    );
  return read();
}

/** The sizes of a value, free ones by their names; from `start` to `end` since opset 15. */
function shapeOf({ input }: NodeProto, given: Attributes, values: Values): Known {
  const { shape } = values.value(input[0] ?? '', 'Shape');
  const from = Number(given.get('start')?.i ?? 0n);
  const to = given.get('end')?.i;
  const data = shape.slice(from, to === undefined ? undefined : Number(to));
  return { dtype: 'int64', shape: [data.length], data };
}
