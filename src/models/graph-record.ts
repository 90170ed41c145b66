/** A graph as plain JSON, so that a model file and a run's configuration say what their network is without another file. */
import * as v from 'valibot';
import { UserError } from '../errors.js';
import {
  type Arrays,
  apply,
  constant,
  type DType,
  type Graph,
  input,
  inputsOf,
  leavesOf,
  nodesOf,
  parameter,
  type Shape,
  scopedAs,
  shapes,
  type Value,
} from '../graph/index.js';
import { whole } from '../schema.js';

const DTYPES = ['float32', 'int8', 'uint8', 'int32', 'int64', 'bool'] as const satisfies readonly DType[];
const Sizes = v.pipe(v.array(whole(0, 2 ** 31)), v.maxLength(16), v.readonly());

/** What nodes read that no node makes: numbered from 0 in this order; 0 itself is the input. */
const Leaf = v.variant('kind', [
  v.strictObject({
    kind: v.literal('parameter'),
    name: v.string(),
    shape: Sizes,
    /** Whether it is learned; running statistics are not. */
    trainable: v.exactOptional(v.boolean()),
    /** Bound of the uniform distribution that a new one is drawn from; 0 by default. */
    bound: v.exactOptional(v.number()),
  }),
  v.strictObject({
    kind: v.literal('constant'),
    dtype: v.picklist(DTYPES),
    shape: Sizes,
    /** Its bytes, base64. */
    data: v.string(),
  }),
]);

/** Nodes stand behind what they read; their outputs are numbered on from the leaves. */
const RecordedNode = v.strictObject({
  op: v.string(),
  inputs: v.pipe(v.array(whole(0)), v.readonly()),
  attributes: v.exactOptional(v.record(v.string(), v.union([v.number(), v.string(), v.array(v.number())]))),
  scope: v.exactOptional(v.string()),
});

const MOST = 100_000;

/** The network of an ONNX file: images [n, ...input] to one output. */
export const GraphConfig = v.strictObject({
  kind: v.optional(v.literal('graph'), 'graph'),
  name: v.string(),
  /** Shape of one sample. */
  input: v.pipe(v.array(whole(1, 65_536)), v.minLength(1), v.maxLength(8), v.readonly()),
  leaves: v.pipe(v.array(Leaf), v.maxLength(MOST), v.readonly()),
  nodes: v.pipe(v.array(RecordedNode), v.maxLength(MOST), v.readonly()),
  /** Number of the output. */
  output: whole(0),
});
export type GraphConfig = v.InferOutput<typeof GraphConfig>;

type LeafRecord = GraphConfig['leaves'][number];

/** @param graph of one input [n, …] of known sizes, and one output */
export function recordOf(graph: Graph): GraphConfig {
  const [y] = Object.values(graph.outputs) as [Value];
  const [x] = inputsOf(graph) as [Value];
  const numbers = new Map<Value, number>([[x, 0]]);
  const number = (value: Value) => {
    numbers.set(value, numbers.size);
    return value;
  };
  const leaves = leavesOf([y])
    .filter(({ source }) => source.kind !== 'input')
    .map((value) => leafOf(number(value)));
  const nodes = nodesOf([y]).map(({ op, inputs, outputs, attributes, scope }) => {
    const read = inputs.map((value) => numbers.get(value)!);
    outputs.forEach(number);
    return {
      op,
      inputs: read,
      ...(Object.keys(attributes).length > 0 && {
        attributes: attributes as Record<string, number | string | number[]>,
      }),
      ...(scope && { scope }),
    };
  });
  return {
    kind: 'graph',
    name: graph.name,
    input: x.shape.slice(1) as readonly number[],
    leaves,
    nodes,
    output: numbers.get(y)!,
  };
}

function leafOf({ source, dtype, shape }: Value): LeafRecord {
  const sizes = shape as readonly number[];
  if (source.kind === 'constant') {
    const { buffer, byteOffset, byteLength } = source.data;
    return { kind: 'constant', dtype, shape: sizes, data: base64(new Uint8Array(buffer, byteOffset, byteLength)) };
  }
  if (source.kind !== 'parameter') throw new Error(`expected a parameter or a constant, got an ${source.kind}`);
  const { name, trainable, initial } = source;
  return {
    kind: 'parameter',
    name,
    shape: sizes,
    ...(!trainable && { trainable }),
    ...(initial.kind === 'uniform' && { bound: initial.bound }),
  };
}

/**
 * The graph of a record, with images [n, …] as `input`.
 * @throws UserError for what is no graph: values that do not exist, operators, attributes or shapes that do not fit
 */
export function graphOf(
  { name, input: sample, leaves, nodes, output }: GraphConfig,
  batch: number | string = 'n',
): Graph {
  const fail = (reason: string) => new UserError(`${name}: its graph is damaged: ${reason}`);
  const values: Value[] = [input('input', [batch, ...sample]), ...leaves.map((leaf) => leafValue(leaf, fail))];
  for (const { op, inputs, attributes = {}, scope = '' } of nodes) {
    const read = inputs.map((i) => values[i]);
    if (!read.every((value) => value !== undefined))
      throw fail(`${op} reads value ${inputs.find((i) => !values[i])}, of ${values.length}`);
    if (!isOnnxOp(op)) throw fail(`no operator is called ${op}`);
    values.push(...scopedAs(scope, () => applied(op, read, attributes, fail)));
  }
  const y = values[output];
  if (!y) throw fail(`its output is value ${output}, of ${values.length}`);
  return { name, outputs: { output: y } };
}

const isOnnxOp = (op: string): op is keyof typeof shapes =>
  Object.hasOwn(shapes, op) && !/^Nchwc|Grad$|Training$/.test(op);

function applied(
  op: keyof typeof shapes,
  read: readonly Value[],
  attributes: object,
  fail: (reason: string) => UserError,
) {
  try {
    return apply(op, read, attributes as never);
  } catch (error) {
    // attributes of another kind than the operator's are met by its shape rule
    if (error instanceof UserError) throw error;
    throw fail(`${op} has attributes that are not its own`);
  }
}

const makers: { readonly [D in DType]: (buffer: ArrayBuffer) => Arrays[D] } = {
  float32: (buffer) => new Float32Array(buffer),
  int8: (buffer) => new Int8Array(buffer),
  uint8: (buffer) => new Uint8Array(buffer),
  int32: (buffer) => new Int32Array(buffer),
  int64: (buffer) => new BigInt64Array(buffer),
  bool: (buffer) => new Uint8Array(buffer),
};

function leafValue(leaf: LeafRecord, fail: (reason: string) => UserError): Value {
  const shape: Shape = leaf.shape;
  if (leaf.kind === 'parameter')
    return parameter(leaf.name, shape, {
      trainable: leaf.trainable ?? true,
      ...(leaf.bound !== undefined && { initial: { kind: 'uniform', bound: leaf.bound } }),
    });
  const bytes = fromBase64(leaf.data);
  const width = makers[leaf.dtype](new ArrayBuffer(0)).BYTES_PER_ELEMENT;
  if (bytes.length % width !== 0) throw fail(`a constant of ${leaf.dtype} has ${bytes.length} bytes`);
  return constant(makers[leaf.dtype](bytes.slice().buffer), shape, leaf.dtype);
}

/** Bytes that `String.fromCharCode` takes at once. */
const PIECE = 2 ** 13;

const base64 = (bytes: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
};

function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    throw new UserError('a constant of a graph is no base64');
  }
}
