/** ModelProto bytes -> graph and weights. */
import { fromBinary } from '@bufbuild/protobuf';
import { UserError } from '../errors.js';
import {
  type Arrays,
  apply,
  constant,
  type DType,
  type Graph,
  input,
  type OnnxOp,
  parameter,
  parametersOf,
  type Shape,
  scopedAs,
  show,
  type Value,
} from '../graph/index.js';
import {
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
} from './proto/onnx_pb.js';
import { type Carrier, dtypeOf, implied, type Plain, schema, silent } from './schema.js';

export interface OnnxModel {
  readonly graph: Graph;
  /** Values of the graph's parameters by name. */
  readonly weights: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads an ONNX file as a graph that can be run, differentiated and exported again. Float initialisers become parameters;
 * scalars, whole numbers and Constant nodes become constants and attributes.
 * @throws UserError that lists every operator which is not supported, with its node, or names the node whose attributes are not.
 */
export function readOnnx(bytes: Uint8Array): OnnxModel {
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw new UserError(`not an ONNX file: ${(error as Error).message}`);
  }
  const proto = model.graph;
  if (!proto) throw new UserError('not an ONNX file: it holds no graph');
  refuseUnknown(proto);
  refuseOldSoftmax(model, proto);
  const values = new Map<string, Value>();
  const weights = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const initializer of proto.initializer) {
    const { dtype, shape, data } = tensorOf(initializer);
    if (data instanceof Float32Array && shape.length > 0) weights.set(initializer.name, { shape, data });
    values.set(
      initializer.name,
      weights.has(initializer.name) ? parameter(initializer.name, shape) : constant(data, shape, dtype),
    );
  }
  for (const { name, type } of proto.input) {
    if (values.has(name)) continue;
    values.set(name, input(name, shapeOf(name, type), dtype(type?.value.value?.elemType ?? 0, `input ${name}`)));
  }
  for (const node of proto.node)
    try {
      readNode(node, values, weights);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(`node ${node.name || 'without name'}: ${error.message}`);
    }
  const outputs = Object.fromEntries(proto.output.map(({ name }) => [name, known(values, name, 'the graph')]));
  const metadata = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
  const graph = { name: proto.name, outputs };
  const used = parametersOf(graph).map(({ source: { name } }) => [name, weights.get(name)!] as const);
  return { graph, weights: new Map(used), metadata };
}

/** Before opset 13 a softmax ran over all axes from `axis` on. */
function refuseOldSoftmax({ opsetImport }: ModelProto, { node }: GraphProto): void {
  const opset = opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0n;
  const found = node.find(({ opType }) => opType === 'Softmax' || opType === 'LogSoftmax');
  if (found && opset < 13n)
    throw new UserError(
      `${found.opType} (${found.name || 'unnamed'}) of opset ${opset} differs from today's: convert the file to opset 13 to 17 first`,
    );
}

function refuseUnknown(proto: GraphProto): void {
  const unknown = proto.node.filter(
    ({ opType, domain }) => opType !== 'Constant' && ((domain !== '' && domain !== 'ai.onnx') || !(opType in schema)),
  );
  if (unknown.length === 0) return;
  const list = unknown
    .slice(0, 10)
    .map(({ opType, domain, name }) => `${domain ? `${domain}.` : ''}${opType} (${name || 'unnamed'})`);
  throw new UserError(
    `${unknown.length} node(s) use operators that this program does not know: ${list.join(', ')}${unknown.length > 10 ? ', …' : ''}. Supported: ${Object.keys(schema).join(', ')}`,
  );
}

const known = (values: ReadonlyMap<string, Value>, name: string, by: string): Value => {
  const value = values.get(name);
  if (!value) throw new UserError(`damaged ONNX file: ${by} uses '${name}', which nothing produces`);
  return value;
};

type Weights = ReadonlyMap<string, { readonly data: Float32Array }>;

function readNode(proto: NodeProto, values: Map<string, Value>, weights: Weights): void {
  const where = proto.opType;
  const given = new Map(proto.attribute.map((a) => [a.name, a]));
  if (proto.opType === 'Constant') {
    const held = given.get('value')?.t;
    if (!held) throw new UserError(`${where}: only tensor constants are supported`);
    const { dtype, shape, data } = tensorOf(held);
    values.set(proto.output[0]!, constant(data, shape, dtype));
    return;
  }
  const op = proto.opType as OnnxOp;
  for (const [name, value] of Object.entries(implied[op] ?? {})) {
    const came = given.get(name) ? text(given.get(name)!.s) : value;
    if (came !== value) throw new UserError(`${where}: expected ${name} '${value}', got '${came}'`);
  }
  const carriers = schema[op] as Readonly<Record<string, Carrier>>;
  for (const attribute of proto.attribute) refuseUnread(attribute, op, where);
  const constants = new Set(Object.values(carriers).flatMap((c) => (c.as === 'input' ? [c.index] : [])));
  if (op === 'OneHot') constants.add(2);
  const inputs = proto.input.flatMap((name, i) =>
    constants.has(i) || name === '' ? [] : [known(values, name, where)],
  );
  const attributes: Record<string, Plain> = {};
  for (const [name, carrier] of Object.entries(carriers)) {
    const plain =
      carrier.as === 'input'
        ? constantInput(proto.input[carrier.index], carrier, values, weights, where)
        : plainAttribute(given.get(name), carrier.as);
    const { otherwise } = carrier;
    const value = plain ?? (typeof otherwise === 'function' ? otherwise(inputs, attributes) : otherwise);
    if (value === undefined) throw new UserError(`${where}: attribute ${name} is missing`);
    attributes[name] = value;
  }
  autoPad(given.get('auto_pad'), inputs, attributes, where);
  const outputs = scopedAs(scopeOf(proto), () => apply(op, inputs, attributes as never));
  proto.output.forEach((name, i) => {
    const output = outputs[i];
    if (name && !output) throw new UserError(`${where}: output ${i} ('${name}') is not supported`);
    if (name && output) values.set(name, output);
  });
}

/** The writer names a node `scope/Op`, numbered where that is not unique; so do most others. */
const scopeOf = ({ name, opType }: NodeProto) => name.replace(new RegExp(`(^|/)${opType}(_\\d+)?$`), '');

/** Attributes that this graph lacks must say nothing: 0 for a switch, dilations of 1. */
function refuseUnread({ name, i, ints, f, s }: AttributeProto, op: OnnxOp, where: string): void {
  const carrier = (schema[op] as Readonly<Record<string, Carrier>>)[name];
  if ((carrier && carrier.as !== 'input') || name in (implied[op] ?? {}) || silent.has(name)) return;
  const neutral = name === 'dilations' ? ints.every((d) => d === 1n) : !i && !f && ints.length === 0 && !s?.length;
  if (neutral) return;
  throw new UserError(
    `${where}: attribute ${name} = ${ints.join(', ') || i || f || text(s)} is not supported; export the model with opset 13 to 17 and without it`,
  );
}

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes ?? new Uint8Array());

function plainAttribute(proto: AttributeProto | undefined, as: Exclude<Carrier['as'], 'input'>): Plain | undefined {
  if (!proto) return undefined;
  const readers: Readonly<Record<typeof as, () => Plain>> = {
    int: () => Number(proto.i ?? 0n),
    ints: () => proto.ints.map(Number),
    float: () => proto.f ?? 0,
    floats: () => proto.floats,
    string: () => text(proto.s),
    type: () => dtype(Number(proto.i ?? 0n), 'a Cast'),
  };
  return readers[as]();
}

function constantInput(
  name: string | undefined,
  { scalar }: Extract<Carrier, { as: 'input' }>,
  values: ReadonlyMap<string, Value>,
  weights: Weights,
  where: string,
): Plain | undefined {
  if (!name) return undefined;
  const { source } = known(values, name, where);
  const data = source.kind === 'constant' ? source.data : weights.get(name)?.data;
  if (!data) throw new UserError(`${where}: input '${name}' must be constant, but it is computed while the model runs`);
  const list = Array.from(data as ArrayLike<number | bigint>, Number);
  return scalar ? list[0] : list;
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
  const sizes = inputs[0]!.shape.slice(2) as readonly number[];
  const kernel = (attributes.kernel_shape ?? inputs[1]!.shape.slice(2)) as readonly number[];
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

const dtype = (code: number, what: string): DType =>
  dtypeOf.get(code) ??
  (() => {
    throw new UserError(`${what} has ONNX data type ${code}; supported are ${[...dtypeOf.values()].join(', ')}`);
  })();

function shapeOf(name: string, type: GraphProto['input'][number]['type']): Shape {
  const dims = type?.value.value?.shape?.dim;
  if (!dims) throw new UserError(`input ${name} has no shape; export the model with shapes`);
  return dims.map(({ value }, i) => (value.case === 'dimValue' ? Number(value.value) : value.value || `${name}_${i}`));
}

const bytesPer: Readonly<Record<DType, number>> = { float32: 4, int8: 1, uint8: 1, int32: 4, int64: 8, bool: 1 };
const views: { readonly [D in DType]: (buffer: ArrayBuffer) => Arrays[D] } = {
  float32: (buffer) => new Float32Array(buffer),
  int8: (buffer) => new Int8Array(buffer),
  uint8: (buffer) => new Uint8Array(buffer),
  int32: (buffer) => new Int32Array(buffer),
  int64: (buffer) => new BigInt64Array(buffer),
  bool: (buffer) => new Uint8Array(buffer),
};

function tensorOf(proto: TensorProto): { dtype: DType; shape: readonly number[]; data: Arrays[DType] } {
  const what = `tensor '${proto.name}'`;
  if (proto.externalData.length > 0) throw new UserError(`${what} lies in another file; save the model as one file`);
  const type = dtype(proto.dataType, what);
  const shape = proto.dims.map(Number);
  const count = shape.reduce((a, b) => a * b, 1);
  const typed: Record<DType, () => Arrays[DType]> = {
    float32: () => Float32Array.from(proto.floatData),
    int64: () => BigInt64Array.from(proto.int64Data),
    int32: () => Int32Array.from(proto.int32Data),
    int8: () => Int8Array.from(proto.int32Data),
    uint8: () => Uint8Array.from(proto.int32Data),
    bool: () => Uint8Array.from(proto.int32Data),
  };
  if (proto.rawData.length > 0 && proto.rawData.length !== count * bytesPer[type])
    throw new UserError(
      `${what} of shape ${show(shape)} needs ${count * bytesPer[type]} bytes, the file has ${proto.rawData.length}`,
    );
  const data = proto.rawData.length > 0 ? views[type](new Uint8Array(proto.rawData).buffer) : typed[type]();
  if (data.length !== count)
    throw new UserError(`${what} of shape ${show(shape)} needs ${count} elements, the file has ${data.length}`);
  return { dtype: type, shape, data };
}
