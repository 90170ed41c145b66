/** Graph -> ModelProto bytes. */
import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { UserError } from '../errors.js';
import {
  type Arrays,
  type DType,
  elements,
  type Graph,
  inputsOf,
  type LoweredOp,
  type Node,
  nodesOf,
  type OnnxOp,
  one,
  type ParameterValue,
  parametersOf,
  type Shape,
  show,
  type Value,
} from '../graph/index.js';
import { toHalf } from '../graph/small-floats.js';
import type { ExternalData } from './external.js';
import { attribute, castTo, info, reference, tensor } from './messages.js';
import {
  GraphProtoSchema,
  AttributeProto_AttributeType as Kind,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  TensorProtoSchema,
} from './proto/onnx_pb.js';
import {
  BLOCKED_DOMAIN,
  blockedSchema,
  type Carrier,
  dataTypes,
  IR_VERSION,
  implied,
  OPSET,
  type Plain,
  schema,
} from './schema.js';

/** What a file says besides the graph. */
export interface WriteOptions {
  /** Values of parameters by name: these become initialisers. Parameters without one become inputs of the model. */
  readonly weights?: ReadonlyMap<string, { readonly data: Arrays[DType] }>;
  /** Where values of other parameters lie: these become initialisers whose numbers stay there. In float32 only. */
  readonly external?: ReadonlyMap<string, ExternalData>;
  /**
   * In what floats are stored and computed; default float32. With float16 the graph's inputs and outputs stay float32: casts stand
   * behind the ones and before the others. `mixed` is float16 but for operators that sum many elements or leave its range (`WIDE`).
   */
  readonly floats?: 'float32' | 'float16' | 'mixed';
  /** Written as metadata_props: labels, preprocessing and the like. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The bytes of an ONNX file (opset 17, IR version 8). Inputs and parameters keep their names, outputs theirs.
 * @throws Error for a graph that still has named gradients: `lower` it first.
 * @throws UserError where two of inputs, parameters and outputs share a name, or weights have another size than their parameter; with
 * float16 where weights are missing, in 8-bit numbers already, or beyond the range of halves.
 */
export function writeOnnx(
  graph: Graph,
  { weights = new Map(), external = new Map(), metadata = {}, floats = 'float32' }: WriteOptions = {},
): Uint8Array {
  const half = floats !== 'float32';
  const outputs = distinctOutputs(graph);
  const parameters = parametersOf(graph);
  const leaves = [...inputsOf(graph), ...parameters].map((leaf) => leaf.source.name);
  if (half) refuseHalf(graph, weights);
  const writer = new Writer(outputs, leaves, floats);
  const nodes = nodesOf(Object.values(outputs)).flatMap((node) => writer.nodes(node));
  const elsewhere = parameters.filter((p) => external.has(p.source.name));
  const stored = parameters.filter((p) => weights.has(p.source.name));
  const fed = parameters.filter((p) => !elsewhere.includes(p) && !stored.includes(p));
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: 'resmirror',
    opsetImport: [
      { domain: '', version: BigInt(OPSET) },
      ...(nodes.some(({ domain }) => domain === BLOCKED_DOMAIN) ? [{ domain: BLOCKED_DOMAIN, version: 1n }] : []),
    ],
    graph: {
      name: graph.name,
      // constants as nodes, parameters as initialisers: a reader can tell them apart
      node: [...writer.constants.values(), ...writer.casts.into.values(), ...nodes, ...writer.casts.outOf],
      initializer: elsewhere.map((p) => reference(p, external.get(p.source.name)!)),
      input: [...inputsOf(graph), ...fed].map((value) => info(value.source.name, value)),
      output: Object.entries(outputs).map(([name, value]) => info(name, value)),
    },
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
  return withInitializers(
    toBinary(ModelProtoSchema, model),
    stored.map((p) => {
      const data = weightsOf(p, weights.get(p.source.name)!.data);
      return {
        parameter: p,
        ...(half ? halfBytes(p.source.name, data) : { data: bytesOf(data), type: dataTypes[p.dtype] }),
      };
    }),
  );
}

/** ONNX's data type of halves; no values of this graph have it, as only files do. */
const FLOAT16 = 10;

/** The bytes of numbers as halves. @throws UserError for numbers that would become infinite */
function halfBytes(name: string, data: Arrays[DType]): { readonly data: Uint8Array; readonly type: number } {
  const bits = Uint16Array.from(data as Float32Array, toHalf);
  const lost = bits.findIndex((b, i) => (b & 0x7fff) === 0x7c00 && Number.isFinite(data[i] as number));
  if (lost >= 0)
    throw new UserError(`${name} holds ${data[lost]}, and float16 ends at 65,504; write the model in float32`);
  return { data: bytesOf(bits), type: FLOAT16 };
}

function refuseHalf(graph: Graph, weights: NonNullable<WriteOptions['weights']>): void {
  if (nodesOf(Object.values(graph.outputs)).some(({ op }) => op === 'DequantizeLinear'))
    throw new UserError(`${graph.name} is in 8-bit numbers; write the model in float16 that it was made of`);
  const missing = parametersOf(graph).find(({ source }) => !weights.has(source.name));
  if (missing)
    throw new UserError(`${graph.name} in float16 needs its weights, and has none for ${missing.source.name}`);
}

/** A length-delimited field's key and length; its contents follow. */
const field = (number: number, length: number): Uint8Array =>
  new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(length).finish();

const lengthOf = (parts: readonly Uint8Array[]) => parts.reduce((sum, part) => sum + part.byteLength, 0);

/**
 * Appends the weights to the bytes of a model, each copied once; encoded with the rest they would be copied at every level. A
 * message that occurs twice is merged by every reader (https://protobuf.dev/programming-guides/encoding, "Last One Wins"), so
 * they come as a second graph of initialisers only.
 */
function withInitializers(
  model: Uint8Array,
  initializers: readonly { readonly parameter: ParameterValue; readonly data: Uint8Array; readonly type: number }[],
): Uint8Array {
  if (initializers.length === 0) return model;
  const tensors = initializers.flatMap(({ parameter: { source, shape }, data, type }) => {
    const head = toBinary(TensorProtoSchema, tensor(source.name, { shape, type }));
    const contents = [head, field(TensorProtoSchema.field.rawData.number, data.byteLength), data];
    return [field(GraphProtoSchema.field.initializer.number, lengthOf(contents)), ...contents];
  });
  const parts = [model, field(ModelProtoSchema.field.graph.number, lengthOf(tensors)), ...tensors];
  const bytes = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** Every output needs a node of its own to carry its name: leaves, and values that go out twice, pass through Identity. */
function distinctOutputs(graph: Graph): Readonly<Record<string, Value>> {
  const seen = new Set<Value>();
  return Object.fromEntries(
    Object.entries(graph.outputs).map(([name, value]) => {
      const own = value.source.kind === 'node' && !seen.has(value);
      seen.add(value);
      return [name, own ? value : one('Identity', [value], {})];
    }),
  );
}

/**
 * Operators that stay in float32 where floats are mixed: sums over whole images or rows, whose last digits halves lose, and what quotients, powers
 * and steep slopes make of small and large numbers. Convolutions and products of matrices are not among them: there halves gain most.
 */
const WIDE: ReadonlySet<string> = new Set<OnnxOp>([
  ...(['BatchNormalization', 'Div', 'Exp', 'GlobalAveragePool', 'HardSigmoid', 'Log', 'LogSoftmax'] as const),
  ...(['Pow', 'Reciprocal', 'ReduceMean', 'ReduceSum', 'Softmax', 'Softplus', 'Sqrt'] as const),
]);

const everySchema = { ...blockedSchema, ...schema };

class Writer {
  /** Constant nodes by a key of their contents, so that equal small constants are stored once. */
  readonly constants = new Map<string, NodeProto>();
  /** Where floats become halves, and come back. */
  readonly casts = { into: new Map<string, NodeProto>(), outOf: [] as NodeProto[] };
  private readonly names = new Map<Value, string>();
  private readonly counts = new Map<string, number>();

  /** Values of halves -> what they are called in float32, where floats are mixed. */
  private readonly widened = new Map<string, string>();

  private readonly taken: Set<string>;
  private readonly half: boolean;
  private made = 0;

  constructor(
    outputs: Readonly<Record<string, Value>>,
    leaves: readonly string[],
    private readonly floats: NonNullable<WriteOptions['floats']>,
  ) {
    this.half = floats !== 'float32';
    this.taken = new Set(Object.keys(outputs));
    for (const [name, value] of Object.entries(outputs)) this.names.set(value, this.inside(name, value));
    for (const name of leaves) {
      if (this.taken.has(name)) throw new UserError(`two of the inputs, parameters and outputs are called '${name}'`);
      this.taken.add(name);
    }
  }

  /** What an output is called where it is computed. */
  private inside(name: string, { dtype }: Value): string {
    if (!this.half || dtype !== 'float32') return name;
    const inner = `${name}:half`;
    this.casts.outOf.push(castTo(dataTypes.float32, inner, name));
    return inner;
  }

  /** What an input is called where it is read. */
  private outside(name: string, { dtype }: Value): string {
    if (!this.half || dtype !== 'float32') return name;
    const inner = `${name}:half`;
    this.casts.into.set(name, castTo(FLOAT16, name, inner));
    return inner;
  }

  /** A node, with the casts around it. */
  nodes(node: Node): readonly NodeProto[] {
    const isWide = this.floats === 'mixed' && WIDE.has(node.op);
    if (!isWide) return [this.node(node, (value) => this.nameOf(value))];
    const casts: NodeProto[] = [];
    const proto = this.node(node, (value) => this.wideNameOf(value, casts));
    const back = node.outputs.map((_, i) => {
      const wide = this.fresh('wide_');
      const half = proto.output[i]!;
      proto.output[i] = wide;
      this.widened.set(half, wide);
      return castTo(FLOAT16, wide, half);
    });
    return [...casts, proto, ...back];
  }

  /** What a value is called in float32; every operand of `WIDE` is a float. */
  private wideNameOf(value: Value, casts: NodeProto[]): string {
    const { source } = value;
    if (source.kind === 'constant') return this.stored(source.data, value.shape, value.dtype, true);
    const half = this.nameOf(value);
    const known = this.widened.get(half);
    if (known !== undefined) return known;
    const wide = this.fresh('wide_');
    this.widened.set(half, wide);
    casts.push(castTo(dataTypes.float32, half, wide));
    return wide;
  }

  private node(node: Node, nameOf: (value: Value) => string): NodeProto {
    const own = node.op in blockedSchema;
    const carriers = everySchema[node.op as LoweredOp] as Readonly<Record<string, Carrier>> | undefined;
    if (!carriers) throw new Error(`${node.op} is no ONNX operator: lower the graph before it is written`);
    const inputs = node.inputs.map(nameOf);
    const attributes = Object.entries(implied[node.op as OnnxOp] ?? {}).map(([name, value]) =>
      attribute(name, 'string', value),
    );
    for (const [name, carrier] of Object.entries(carriers)) {
      const value = (node.attributes as Readonly<Record<string, Plain>>)[name];
      if (value === undefined) continue; // one that may be left out
      if (carrier.as === 'type' && this.half && value === 'float32')
        attributes.push({ name, type: Kind.INT, i: BigInt(FLOAT16) });
      else if (carrier.as !== 'input') attributes.push(attribute(name, carrier.as, value));
      else {
        while (inputs.length < carrier.index) inputs.push('');
        // the scales of a Resize are float32 whatever it resizes
        inputs[carrier.index] = this.constant(value, carrier, node.op === 'Resize');
      }
    }
    if (node.op === 'OneHot') inputs[2] = this.stored(new Float32Array([0, 1]), [2], 'float32');
    return create(NodeProtoSchema, {
      opType: own ? node.op.slice('Nchwc'.length) : node.op,
      domain: own ? BLOCKED_DOMAIN : '',
      name: this.unique(node.scope ? `${node.scope}/${node.op}` : node.op),
      input: inputs,
      output: node.outputs.map((value) => this.nameOf(value)),
      attribute: attributes,
    });
  }

  private unique(name: string): string {
    const count = this.counts.get(name) ?? 0;
    this.counts.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  }

  /** A name for a tensor that no input, parameter or output has. */
  private fresh(prefix: string): string {
    const name = `${prefix}${this.made++}`;
    return this.taken.has(name) ? this.fresh(prefix) : name;
  }

  private nameOf(value: Value): string {
    const { source } = value;
    if (source.kind === 'input') return this.outside(source.name, value);
    if (source.kind === 'parameter') return source.name;
    if (source.kind === 'constant') return this.stored(source.data, value.shape, value.dtype);
    const known = this.names.get(value);
    if (known !== undefined) return known;
    const name = this.fresh('%');
    this.names.set(value, name);
    return name;
  }

  private constant(value: Plain, carrier: Extract<Carrier, { as: 'input' }>, whole = false): string {
    const list = (Array.isArray(value) ? value : [value]) as readonly number[];
    const shape = carrier.scalar ? [] : [list.length];
    return carrier.dtype === 'int64'
      ? this.stored(BigInt64Array.from(list, BigInt), shape, 'int64')
      : this.stored(Float32Array.from(list), shape, 'float32', whole);
  }

  /** @param whole whether floats stay float32 in a graph of halves */
  private stored(data: Arrays[DType], shape: Shape, dtype: DType, whole = false): string {
    const type = this.half && dtype === 'float32' && !whole ? FLOAT16 : dataTypes[dtype];
    const key = data.length <= 64 ? `${type}[${shape}]:${data.join()}` : `#${this.constants.size}`;
    const known = this.constants.get(key);
    if (known) return known.output[0]!;
    const name = this.fresh('constant_');
    const t = tensor(name, { shape, type }, type === FLOAT16 ? halfConstant(data) : bytesOf(data));
    const attribute = [{ name: 'value', type: Kind.TENSOR, t }];
    this.constants.set(key, create(NodeProtoSchema, { opType: 'Constant', name, output: [name], attribute }));
    return name;
  }
}

const bytesOf = (data: Arrays[DType] | Uint16Array) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Bounds such as the largest float32 become the largest half. */
const halfConstant = (data: Arrays[DType]): Uint8Array =>
  bytesOf(Uint16Array.from(data as Float32Array, (x) => toHalf(Math.max(-LARGEST_HALF, Math.min(x, LARGEST_HALF)))));
const LARGEST_HALF = 65_504;

function weightsOf({ source, shape }: ParameterValue, data: Arrays[DType]): Arrays[DType] {
  if (data.length === elements(shape)) return data;
  throw new UserError(`expected weights of shape ${show(shape)} for ${source.name}, got ${data.length} numbers`);
}
