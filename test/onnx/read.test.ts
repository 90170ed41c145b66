/** Files of other programs, and files that are none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { UserError } from '../../src/errors.js';
import * as g from '../../src/graph/index.js';
import { writeOnnx } from '../../src/onnx/index.js';
import {
  AttributeProto_AttributeType as Kind,
  ModelProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
} from '../../src/onnx/proto/onnx_pb.js';
import { readOnnx } from '../../src/onnx/read.js';
import { graphOf } from './graphs.js';

type NodeInit = MessageInitShape<typeof NodeProtoSchema>;
type TensorInit = MessageInitShape<typeof TensorProtoSchema>;

interface File {
  readonly nodes: readonly NodeInit[];
  readonly initializers?: readonly TensorInit[];
  /** Of the one input, x. */
  readonly shape?: readonly (number | string | undefined)[];
  readonly opset?: number;
}

/** The bytes of a model with one input x and the output of its last node, as another program might write them. */
function file({ nodes, initializers = [], shape = [1, 1, 5, 5], opset = 13 }: File): Uint8Array {
  const dim = shape.map((d) => ({
    value:
      typeof d === 'number'
        ? { case: 'dimValue' as const, value: BigInt(d) }
        : { case: 'dimParam' as const, value: d ?? '' },
  }));
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: {
      name: 'foreign',
      node: [...nodes],
      initializer: [...initializers],
      input: [{ name: 'x', type: { value: { case: 'tensorType', value: { elemType: 1, shape: { dim } } } } }],
      output: [{ name: nodes.at(-1)?.output?.[0] ?? 'x' }],
    },
  });
  return toBinary(ModelProtoSchema, model);
}

const node = (opType: string, input: readonly string[], attribute: NodeInit['attribute'] = []): NodeInit => ({
  opType,
  name: `${opType}_1`,
  input: [...input],
  output: ['y'],
  attribute,
});
const ints = (name: string, ...values: number[]) => ({ name, type: Kind.INTS, ints: values.map(BigInt) });
const int = (name: string, value: number) => ({ name, type: Kind.INT, i: BigInt(value) });
const string = (name: string, value: string) => ({ name, type: Kind.STRING, s: new TextEncoder().encode(value) });
const whole = (name: string, ...values: number[]): TensorInit => ({
  name,
  dims: [BigInt(values.length)],
  dataType: 7,
  int64Data: values.map(BigInt),
});
const filter = (...shape: number[]): TensorInit => ({
  name: 'w',
  dims: shape.map(BigInt),
  dataType: 1,
  floatData: Array.from({ length: g.elements(shape) }, (_, i) => i),
});

const refuses = (given: File, ...parts: readonly string[]) =>
  assert.throws(
    () => readOnnx(file(given)),
    (error) => {
      assert.ok(error instanceof UserError, String(error));
      for (const part of parts) assert.ok(error.message.includes(part), `'${error.message}' lacks '${part}'`);
      return true;
    },
  );
const shapeOf = (given: File) => readOnnx(file(given)).graph.outputs.y!.shape;
const attributesOf = (given: File) => {
  const { source } = readOnnx(file(given)).graph.outputs.y!;
  return source.kind === 'node' ? source.node.attributes : undefined;
};

test('defaults of the standard stand in for what a file leaves out', () => {
  const conv = { nodes: [node('Conv', ['x', 'w'])], initializers: [filter(2, 1, 3, 3)] };
  assert.deepEqual(attributesOf(conv), { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 });
  assert.deepEqual(attributesOf({ nodes: [node('Transpose', ['x'])] }), { perm: [3, 2, 1, 0] });
  assert.deepEqual(attributesOf({ nodes: [node('ReduceMean', ['x'])] }), { axes: [0, 1, 2, 3], keepdims: 1 });
  const cut = { nodes: [node('Slice', ['x', 'from', 'to'])], initializers: [whole('from', 0), whole('to', 1)] };
  assert.deepEqual(attributesOf(cut), { starts: [0], ends: [1], axes: [0], steps: [1] });
  const along = {
    nodes: [node('Slice', ['x', 'from', 'to', 'axes'])],
    initializers: [whole('from', 1), whole('to', 3), whole('axes', 3)],
  };
  assert.deepEqual(attributesOf(along), { starts: [1], ends: [3], axes: [3], steps: [1] });
});

test('float initialisers are parameters, those that say something else are not', () => {
  const scales: TensorInit = { name: 'scales', dims: [4n], dataType: 1, floatData: [1, 1, 2, 2] };
  const nodes = [
    { ...node('Conv', ['x', 'w']), output: ['h'] },
    node('Resize', ['h', '', 'scales'], [string('coordinate_transformation_mode', 'asymmetric')]),
  ];
  const { graph, weights } = readOnnx(file({ nodes, initializers: [filter(2, 1, 3, 3), scales] }));
  assert.deepEqual([...weights.keys()], ['w']);
  assert.deepEqual(weights.get('w')!.shape, [2, 1, 3, 3]);
  assert.deepEqual(graph.outputs.y!.shape, [1, 2, 6, 6]);
});

test('auto_pad becomes pads: the odd pixel at the end, or at the start', () => {
  const padded = (mode: string) =>
    attributesOf({
      shape: [1, 1, 6, 5],
      nodes: [node('MaxPool', ['x'], [ints('kernel_shape', 3, 2), ints('strides', 2, 2), string('auto_pad', mode)])],
    });
  assert.deepEqual(padded('SAME_UPPER'), { kernel_shape: [3, 2], strides: [2, 2], pads: [0, 0, 1, 1] });
  assert.deepEqual(padded('SAME_LOWER'), { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 1, 0, 0] });
  assert.deepEqual(padded('VALID'), { kernel_shape: [3, 2], strides: [2, 2], pads: [0, 0, 0, 0] });
});

test('free sizes keep their names; nameless ones get one', () => {
  const { graph } = readOnnx(file({ shape: ['batch', 1, 5, 5], nodes: [node('Relu', ['x'])] }));
  assert.deepEqual(graph.outputs.y!.shape, ['batch', 1, 5, 5]);
  assert.deepEqual(shapeOf({ shape: [undefined, 3], nodes: [node('Relu', ['x'])] }), ['x_0', 3]);
});

test('scopes come from node names, whoever wrote them', () => {
  const scoped = (name: string) => {
    const { source } = readOnnx(file({ nodes: [{ ...node('Relu', ['x']), name }] })).graph.outputs.y!;
    return source.kind === 'node' ? source.node.scope : undefined;
  };
  assert.equal(scoped('/layer1/layer1.0/Relu'), '/layer1/layer1.0');
  assert.equal(scoped('layer1/Relu_3'), 'layer1');
  assert.equal(scoped('Relu_3'), '');
  assert.equal(scoped('stage1_activation'), 'stage1_activation');
});

test('attributes that change the result are refused, those that say nothing are not', () => {
  const pool = (...attributes: NonNullable<NodeInit['attribute']>) => ({
    nodes: [node('MaxPool', ['x'], [ints('kernel_shape', 2, 2), ...attributes])],
  });
  assert.deepEqual(shapeOf(pool(int('ceil_mode', 0), ints('dilations', 1, 1), int('storage_order', 0))), [1, 1, 4, 4]);
  refuses(pool(int('ceil_mode', 1)), 'node MaxPool_1: MaxPool: ', 'ceil_mode = 1');
  refuses(pool(ints('dilations', 2, 2)), 'node MaxPool_1: MaxPool: ', 'dilations = 2, 2');
  const pads = whole('pads', 0, 0, 1, 1, 0, 0, 1, 1);
  const padded = (mode: string) => ({
    nodes: [node('Pad', ['x', 'pads'], [string('mode', mode)])],
    initializers: [pads],
  });
  assert.deepEqual(shapeOf(padded('constant')), [1, 1, 7, 7]);
  refuses(padded('reflect'), 'node Pad_1: Pad: ', "expected mode 'constant', got 'reflect'");
});

test('versions of an operator that mean something else are refused', () => {
  const softmax = [node('Softmax', ['x'], [int('axis', 1)])];
  refuses({ nodes: softmax, opset: 12 }, 'Softmax (Softmax_1) of opset 12', 'opset 13 to 17');
  assert.deepEqual(shapeOf({ nodes: softmax, opset: 13 }), [1, 1, 5, 5]);
  refuses({ nodes: [node('ReduceMean', ['x'], [int('noop_with_empty_axes', 1)])], opset: 18 }, 'noop_with_empty_axes');
});

test('unknown operators are listed with their nodes and their number', () => {
  const many = Array.from({ length: 12 }, (_, i) => ({ ...node('Lrn', ['x']), name: `lrn${i}` }));
  refuses({ nodes: many }, '12 node(s)', 'Lrn (lrn0), Lrn (lrn1)', 'Lrn (lrn9), …', 'Supported: Abs, Add');
  refuses({ nodes: [{ ...node('Conv', ['x']), domain: 'com.microsoft' }] }, 'com.microsoft.Conv (Conv_1)');
  refuses({ nodes: [node('ReluGrad', ['x', 'x'])] }, '1 node(s)', 'ReluGrad (ReluGrad_1)');
});

test('damage is named', () => {
  refuses({ nodes: [node('Relu', ['nothing'])] }, 'node Relu_1: ', "'nothing', which nothing produces");
  refuses({ nodes: [node('Relu', [])] }, 'Relu', 'at least 1 inputs, got 0');
  refuses({ nodes: [node('Conv', [])] }, 'Conv', 'at least 1 inputs, got 0');
  refuses({ nodes: [node('Reshape', ['x', 'x'])] }, 'node Reshape_1: ', "'x' must be constant");
  refuses({ nodes: [node('MaxPool', ['x'])] }, 'node MaxPool_1: ', 'kernel_shape is missing');
  refuses({ nodes: [{ ...node('Relu', ['x']), output: ['y', 'z'] }] }, "output 1 ('z') is not supported");
  refuses({ nodes: [], initializers: [{ ...filter(2, 2), floatData: [1] }] }, "'w'", '4 elements, the file has 1');
  refuses({ nodes: [], initializers: [{ ...filter(2, 2), dataType: 14 }] }, "'w'", 'data type 14', 'float32');
  const elsewhere: TensorInit = {
    name: 'w',
    dims: [2n],
    dataType: 1,
    externalData: [{ key: 'location', value: 'w.bin' }],
  };
  refuses({ nodes: [], initializers: [elsewhere] }, "'w' lies in another file");
  assert.throws(() => readOnnx(new Uint8Array()), /UserError: not an ONNX file: it holds no graph/);
});

const readsOrRefuses = (bytes: Uint8Array) => {
  try {
    readOnnx(bytes);
  } catch (error) {
    assert.ok(error instanceof UserError, (error as Error).stack);
  }
};

test('garbage is refused by a UserError', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), readsOrRefuses), { numRuns: 300 });
  assert.throws(() => readOnnx(new TextEncoder().encode('<!doctype html><p>404')), UserError);
});

test('a damaged file is read or refused, never a crash', () => {
  const files = (['Conv', 'MaxPool', 'Slice', 'Gemm', 'OneHot', 'Resize', 'ConvTranspose', 'Pad'] as const).map((op) =>
    writeOnnx(graphOf(op).graph),
  );
  const damage = fc.record({
    bytes: fc.constantFrom(...files),
    changes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
    cut: fc.option(fc.nat(), { freq: 3 }),
  });
  fc.assert(
    fc.property(damage, ({ bytes, changes, cut }) => {
      const damaged = bytes.slice(0, cut === null ? undefined : cut % bytes.length);
      for (const [at, value] of changes) damaged[at % damaged.length] = value;
      readsOrRefuses(damaged);
    }),
    { numRuns: 500 },
  );
});
