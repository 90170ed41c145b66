/** Files that are damaged, or made to do damage: refused in a sentence that names the file, at little cost. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { UserError } from '../../src/errors.js';
import {
  AttributeProto_AttributeType as Kind,
  ModelProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
} from '../../src/onnx/proto/onnx_pb.js';
import { schema } from '../../src/onnx/schema.js';
import { decodeOnnxModel } from '../../src/weights/onnx-model.js';

type NodeInit = MessageInitShape<typeof NodeProtoSchema>;
type TensorInit = MessageInitShape<typeof TensorProtoSchema>;

const FILE = 'photos.onnx';
const whole = readFileSync(join(import.meta.dirname, '../../../test/onnx/fixtures/tiny.onnx'));

/** What is said of a file that is refused; nothing of one that is read. */
function said(bytes: Uint8Array): string | undefined {
  try {
    decodeOnnxModel(bytes, FILE);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof UserError, (error as Error).stack);
    assert.ok(error.message.includes(FILE), error.message);
    return error.message;
  }
}

const refuses = (bytes: Uint8Array, ...parts: readonly string[]) => {
  const message = said(bytes);
  for (const part of parts) assert.ok(message?.includes(part), `'${message}' lacks '${part}'`);
};

interface Parts {
  readonly nodes?: readonly NodeInit[];
  readonly tensors?: readonly TensorInit[];
  readonly dims?: readonly bigint[];
}

const model = ({ nodes = [], tensors = [], dims = [1n, 3n, 8n, 8n] }: Parts): Uint8Array =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 13n }],
      graph: {
        name: 'hostile',
        node: [...nodes],
        initializer: [...tensors],
        input: [
          {
            name: 'x',
            type: {
              value: {
                case: 'tensorType' as const,
                value: {
                  elemType: 1,
                  shape: { dim: dims.map((d) => ({ value: { case: 'dimValue' as const, value: d } })) },
                },
              },
            },
          },
        ],
        output: [{ name: nodes.at(-1)?.output?.[0] ?? 'x' }],
      },
    }),
  );
const node = (
  opType: string,
  input: readonly string[],
  attribute: NodeInit['attribute'] = [],
  output = 'y',
): NodeInit => ({
  opType,
  name: `${opType}_1`,
  input: [...input],
  output: [output],
  attribute,
});
const tensor = (name: string, dims: readonly bigint[], rest: Partial<TensorInit> = {}): TensorInit =>
  ({ name, dims: [...dims], dataType: 1, ...rest }) as TensorInit;
const ints = (name: string, ...values: bigint[]) => ({ name, type: Kind.INTS, ints: values });

test('a file that ends early is refused, wherever it ends', () => {
  for (let percent = 0; percent < 100; percent++) refuses(whole.subarray(0, (whole.length * percent) / 100), '');
});

test('a file with other bytes in it is read or refused', () => {
  const change = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(change, (changes) => {
      const damaged = Uint8Array.from(whole);
      for (const [at, value] of changes) damaged[at] = value;
      said(damaged);
    }),
    { numRuns: 100 },
  );
});

test('garbage is refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => void said(bytes)),
    { numRuns: 300 },
  );
});

test('any operator with any attributes on any operands is read or refused', () => {
  const size = fc.oneof(fc.constantFrom(0n, 1n, 2n, 3n, -1n, 2n ** 31n, 2n ** 62n, -(2n ** 63n)), fc.bigInt(-9n, 9n));
  const attributeOf = (name: string) =>
    fc.oneof(
      fc.array(size, { maxLength: 9 }).map((list) => ({ name, type: Kind.INTS, ints: list })),
      size.map((i) => ({ name, type: Kind.INT, i })),
      fc.float().map((f) => ({ name, type: Kind.FLOAT, f })),
      fc.array(fc.float(), { maxLength: 5 }).map((floats) => ({ name, type: Kind.FLOATS, floats })),
      fc.string({ maxLength: 9 }).map((text) => ({ name, type: Kind.STRING, s: new TextEncoder().encode(text) })),
    );
  const hostile = fc
    .constantFrom(...Object.keys(schema), 'Shape', 'Constant', 'ConstantOfShape', 'Sum', 'Dropout')
    .chain((op) => {
      const names = [...Object.keys((schema as Record<string, object>)[op] ?? {}), 'axes', 'auto_pad', 'value_ints'];
      return fc.record({
        op: fc.constant(op),
        operands: fc.array(fc.constantFrom('x', 'w', 'v', 'n', 'n2', ''), { maxLength: 6 }),
        attributes: fc.array(fc.constantFrom(...names).chain(attributeOf), { maxLength: 4 }),
        sizes: fc.array(size, { maxLength: 8 }),
      });
    });
  fc.assert(
    fc.property(hostile, ({ op, operands, attributes, sizes }) => {
      const tensors = [
        tensor('w', [2n, 3n, 1n, 1n], { floatData: [1, 2, 3, 4, 5, 6] }),
        tensor('v', [3n], { floatData: [1, 2, 3] }),
        tensor('n', [BigInt(sizes.length)], { dataType: 7, int64Data: sizes }),
        tensor('n2', [], { dataType: 7, int64Data: [sizes[0] ?? 1n] }),
      ];
      said(model({ nodes: [node(op, operands, attributes)], tensors }));
    }),
    { numRuns: Number(process.env.HOSTILE_RUNS ?? 500) },
  );
});

test('tensors of impossible shapes and bytes are named', () => {
  refuses(model({ tensors: [tensor('w', [2n ** 60n], { floatData: [1] })] }), "'w'", 'impossible shape');
  refuses(model({ tensors: [tensor('w', [2n ** 40n], { floatData: [1] })] }), "'w'", 'the file has 1');
  refuses(model({ tensors: [tensor('w', [-2n, -3n], { floatData: [1, 2, 3, 4, 5, 6] })] }), "'w'", '[-2, -3]');
  refuses(model({ tensors: [tensor('w', [3n], { rawData: new Uint8Array(11) })] }), "'w'", '12 bytes', 'has 11');
  refuses(model({ tensors: [tensor('w', Array(500).fill(1n), { floatData: [1] })] }), "'w' has 500 axes");
  refuses(model({ nodes: [node('Relu', ['x'])], dims: [1n, 3n, 2n ** 40n, 2n ** 40n] }), 'impossible shape');
});

test('values that nobody makes, that need themselves, or are made twice', () => {
  refuses(model({ nodes: [node('Add', ['x', 'y'])] }), "uses 'y', which nothing produces");
  const circle = [node('Relu', ['b'], [], 'a'), node('Relu', ['a'], [], 'b')];
  refuses(model({ nodes: circle }), "'b', which nothing produces");
  refuses(model({ nodes: [node('Relu', ['x']), node('Neg', ['x'])] }), "'y' is made twice");
});

test('attributes of another kind are named', () => {
  refuses(
    model({
      nodes: [node('Conv', ['x', 'w'], [{ name: 'strides', type: Kind.FLOAT, f: 2 }])],
      tensors: [tensor('w', [1n, 3n, 1n, 1n], { floatData: [1, 2, 3] })],
    }),
    'attribute strides is FLOAT; expected INTS',
  );
  refuses(
    model({ nodes: [node('MaxPool', ['x'], [ints('kernel_shape', 0n, 0n), ints('strides', 0n, 0n)])] }),
    'MaxPool',
  );
});

test('a small file that would become a large graph is refused before it does', () => {
  // a node in two bytes: 2 MB would be a million objects of hundreds of bytes each
  const nodes = new Uint8Array(2 ** 21);
  for (let i = 0; i < nodes.length; i += 2) nodes[i] = 0x0a;
  const bytes = new BinaryWriter().uint32(0x3a).bytes(nodes).finish();
  const before = process.memoryUsage();
  refuses(bytes, 'holds more than');
  const now = process.memoryUsage();
  assert.ok(now.heapUsed + now.arrayBuffers - before.heapUsed - before.arrayBuffers < 64e6, 'memory was taken');
  const numbers = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(new Uint8Array(10)).finish();
  assert.ok(said(numbers));
  // a list of whole numbers, a byte each
  const list = new BinaryWriter()
    .tag(8, WireType.LengthDelimited)
    .bytes(new Uint8Array(2 ** 20))
    .finish();
  const wrapped = [1, 5, 7].reduce(
    (inner, field) => new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(inner).finish(),
    new BinaryWriter().tag(5, WireType.LengthDelimited).bytes(list).finish(),
  );
  assert.ok(said(wrapped));
});

test('levels without end are refused', () => {
  // attribute -> graph -> node -> attribute …
  let inner = new Uint8Array();
  for (let i = 0; i < 3000; i++)
    for (const field of [6, 5, 1])
      inner = new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(inner).finish();
  refuses(new BinaryWriter().tag(7, WireType.LengthDelimited).bytes(inner).finish(), 'nests deeper');
});
