/** Shape rules: properties that hold for any sizes, and errors that say operator, place, what was expected and what came. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../src/errors.js';
import * as g from '../../src/graph/index.js';

const dims = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 });
const some = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
const x = (shape: g.Shape, dtype: g.DType = 'float32') => g.input('x', shape, dtype);

test('broadcasting: either order gives the same, and both operands spread to it', () => {
  const pair = dims.chain((full) =>
    fc.tuple(fc.constant(full), fc.nat(full.length), fc.infiniteStream(fc.boolean())).map(([shape, from, flip]) => ({
      full: shape,
      part: shape.slice(from).map((d) => (flip.next().value ? 1 : d)),
    })),
  );
  fc.assert(
    fc.property(pair, ({ full, part }) => {
      assert.deepEqual(g.broadcast(full, part), full);
      assert.deepEqual(g.broadcast(part, full), full);
      assert.deepEqual(g.sumTo(x(full), part).shape, part);
    }),
  );
});

interface Window {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly pads: readonly [number, number];
}
const window: fc.Arbitrary<Window> = fc.record({
  size: fc.integer({ min: 1, max: 20 }),
  kernel: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 4 }),
  dilation: fc.integer({ min: 1, max: 3 }),
  pads: fc.tuple(fc.nat(3), fc.nat(3)),
});

test('a convolution has as many outputs as window positions fit; a transposed one gives the image size back', () => {
  fc.assert(
    fc.property(window, ({ size, kernel, stride, dilation, pads }) => {
      const reach = dilation * (kernel - 1) + 1;
      const padded = size + pads[0] + pads[1];
      let count = 0;
      for (let at = 0; at + reach <= padded; at += stride) count++;
      fc.pre(count > 0);
      const options = { strides: stride, dilations: dilation, pads };
      assert.deepEqual(g.conv(x([2, 3, size]), x([4, 3, kernel]), options).shape, [2, 4, count]);
      const left = padded - reach - stride * (count - 1);
      const back = g.convTranspose(x([2, 4, count]), x([4, 3, kernel]), { ...options, output_padding: left });
      assert.deepEqual(back.shape, [2, 3, size]);
    }),
  );
});

test('a slice takes what ONNX takes', () => {
  const position = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constantFrom(Infinity, -Infinity));
  const step = fc.integer({ min: -3, max: 3 }).filter((s) => s !== 0);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), position, position, step, (size, start, end, by) => {
      const from = (p: number) => (p < 0 ? p + size : p);
      const first = Math.max(by > 0 ? from(start) : Math.min(from(start), size - 1), 0);
      // below -size is "before the first", as None is in Python
      const last = by > 0 ? Math.min(from(end), size) : Math.max(from(end), -1);
      let count = 0;
      for (let at = first; by > 0 ? at < last : at > last; at += by) count++;
      assert.deepEqual(g.slice(x([2, size]), [{ axis: -1, start, end, step: by }]).shape, [2, count]);
    }),
  );
});

test('reshape keeps the number of elements: 0 keeps a size, -1 takes the rest', () => {
  fc.assert(
    fc.property(some, fc.nat(3), (shape, at) => {
      const open = shape.map((d, i) => (i === at ? -1 : d));
      assert.deepEqual(g.reshape(x(shape), open).shape, shape);
      assert.deepEqual(g.reshape(x(shape), [-1]).shape, [g.elements(shape)]);
      assert.deepEqual(g.reshape(x(shape), [...shape.map(() => 0), -1]).shape, [...shape, 1]);
    }),
  );
});

test('rearrangements have inverses', () => {
  fc.assert(
    fc.property(some, fc.infiniteStream(fc.nat(1000)), fc.nat(3), (shape, keys, at) => {
      const order = shape.map((_, i) => ({ i, key: keys.next().value as number }));
      const perm = order.sort((a, b) => a.key - b.key).map(({ i }) => i);
      const turned = g.transpose(x(shape), perm);
      const inverse = perm.map((_, i) => perm.indexOf(i));
      assert.deepEqual(g.transpose(turned, inverse).shape, shape);
      const axis = Math.min(at, shape.length);
      assert.deepEqual(g.squeeze(g.unsqueeze(x(shape), [axis]), [axis]).shape, shape);
    }),
  );
  const image = [2, 12, 4, 6];
  assert.deepEqual(g.spaceToDepth(g.depthToSpace(x(image), 2), 2).shape, image);
});

test('reductions drop or keep the axes they name; concatenation adds sizes up', () => {
  fc.assert(
    fc.property(some, fc.nat(3), fc.integer({ min: 2, max: 4 }), (shape, at, parts) => {
      const axis = Math.min(at, shape.length - 1);
      const other = shape.filter((_, i) => i !== axis);
      assert.deepEqual(g.reduceSum(x(shape), { axes: [axis - shape.length] }).shape, other);
      const kept = shape.map((d, i) => (i === axis ? 1 : d));
      assert.deepEqual(g.reduceMax(x(shape), { axes: [axis], keepdims: true }).shape, kept);
      assert.deepEqual(g.argMax(x(shape), axis).shape, other);
      const whole = g.concat(
        Array.from({ length: parts }, () => x(shape)),
        axis,
      );
      assert.equal(whole.shape[axis], parts * shape[axis]!);
    }),
  );
});

test('types: comparisons are bool, indices int64, casts what they say', () => {
  assert.equal(g.greater(x([2]), 0).dtype, 'bool');
  assert.equal(g.argMax(x([2, 3]), 1).dtype, 'int64');
  assert.equal(g.cast(x([2], 'uint8'), 'float32').dtype, 'float32');
  assert.equal(g.oneHot(x([2], 'int64'), 5).dtype, 'float32');
  assert.deepEqual(g.oneHot(x([2], 'int64'), 5).shape, [2, 5]);
  assert.equal(g.where(x([2], 'bool'), 1, 0).dtype, 'float32');
});

test('the batch stays free through every layer of a network', () => {
  const image = x(['n', 3, 32, 32]);
  const w = (...shape: number[]) => g.parameter('w', shape);
  const norm = { scale: w(8), bias: w(8), mean: w(8), variance: w(8) };
  const layers: readonly (readonly [g.Shape, (v: g.Value) => g.Value])[] = [
    [['n', 8, 16, 16], (v) => g.conv(v, w(8, 3, 7, 7), { strides: 2, pads: 3, bias: w(8) })],
    [['n', 8, 16, 16], (v) => g.batchNormalization(v, norm)],
    [['n', 8, 16, 16], (v) => g.relu(v)],
    [['n', 8, 16, 16], (v) => g.add(v, g.mul(v, w(8, 1, 1)))],
    [['n', 8, 8, 8], (v) => g.maxPool(v, { kernel_shape: 3, strides: 2, pads: 1 })],
    [['n', 8, 4, 4], (v) => g.averagePool(v, { kernel_shape: 2 })],
    [['n', 8, 8, 8], (v) => g.resize(v, [1, 1, 2, 2])],
    [['n', 8, 16, 16], (v) => g.convTranspose(v, w(8, 8, 4, 4), { strides: 2, pads: 1 })],
    [['n', 2, 32, 32], (v) => g.depthToSpace(v, 2)],
    [['n', 8, 16, 16], (v) => g.spaceToDepth(v, 2)],
    [['n', 8, 18, 16], (v) => g.pad(v, [0, 0, 1, 0, 0, 0, 1, 0])],
    [['n', 8, 16, 16], (v) => g.slice(v, [{ axis: 2, start: 1, end: -1 }])],
    [['n', 16, 16, 16], (v) => g.concat([v, v], 1)],
    [['n', 8, 16, 16], (v) => g.gather(v, x([8], 'int64'), 1)],
    [['n', 8, 1, 1], (v) => g.globalAveragePool(v)],
    [['n', 8], (v) => g.flatten(v)],
    [['n', 8, 1], (v) => g.unsqueeze(v, [2])],
    [[8, 'n', 1], (v) => g.transpose(v, [1, 0, 2])],
    [['n', 8, 1], (v) => g.transpose(v, [1, 0, 2])],
    [['n', 8], (v) => g.squeeze(v, [-1])],
    [['n', 2, 2, 2], (v) => g.reshape(v, [0, 2, 2, 2])],
    [['n', 8], (v) => g.reshape(v, [0, -1])],
    [['n', 10], (v) => g.gemm(v, w(10, 8), w(10), { transB: true })],
    [['n', 10], (v) => g.logSoftmax(v)],
    [['n', 5], (v) => g.matmul(v, w(10, 5))],
    [['n', 5], (v) => g.where(g.greater(v, 0), v, g.reduceMean(v, { axes: [1], keepdims: true }))],
    [['n'], (v) => g.argMax(v, 1)],
    [['n', 5], (v) => g.oneHot(v, 5)],
  ];
  let value: g.Value = image;
  for (const [shape, layer] of layers) {
    value = layer(value);
    assert.deepEqual(value.shape, shape);
  }
});

const image = x([2, 3, 8, 8]);
const filter = x([4, 3, 3, 3]);
const pool = { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] };

/** What is wrong -> everything that the message must say. */
const errors: Readonly<Record<string, readonly [() => unknown, ...string[]]>> = {
  'sizes that do not broadcast': [() => g.add(x([2, 3]), x([4])), 'Add: ', '[2, 3] and [4]', '3 against 4 on axis 1'],
  'mixed types': [() => g.add(x([2]), x([2], 'int64')), 'Add: ', 'operands of one type', 'float32, int64'],
  'channels that do not fit': [() => g.conv(x([2, 5, 8, 8]), filter), 'Conv: ', '[4, 3, 3, 3]', 'takes 3', 'has 5'],
  'groups that do not fit': [
    () => g.conv(image, filter, { group: 3 }),
    'Conv: ',
    '3 group(s) takes 9 channels',
    'has 3',
  ],
  'a kernel larger than the image': [
    () => g.conv(x([2, 3, 2, 8]), filter),
    'Conv: ',
    'input [2, 8]',
    'size 0 on spatial axis 0',
    'use a larger image',
  ],
  'a bias of another size': [() => g.conv(image, filter, { bias: x([3]) }), 'Conv: ', 'bias of shape [4]', '[3]'],
  'too few pads': [() => g.conv(image, filter, { pads: [1, 1] }), 'Conv: ', '4 numbers in pads', '[1, 1]'],
  'too few strides': [
    () => g.convTranspose(x([2, 4, 8, 8]), filter, { strides: [2] }),
    'ConvTranspose: ',
    '2 numbers in strides',
    '[2]',
  ],
  'output padding that a stride cannot leave': [
    () => g.convTranspose(x([2, 4, 8, 8]), filter, { output_padding: 1 }),
    'ConvTranspose: ',
    'below the strides [1, 1]',
    '[1, 1]',
  ],
  'transposed channels': [
    () => g.convTranspose(x([2, 5, 8, 8]), filter),
    'ConvTranspose: ',
    'takes 4 channels',
    '[2, 5, 8, 8] has 5',
  ],
  'a group that does not divide': [
    () => g.convTranspose(x([2, 4, 8, 8]), filter, { group: 3 }),
    'ConvTranspose: ',
    'multiples of the 3 groups',
    '4',
  ],
  'a vector where an image belongs': [() => g.conv(x([3]), filter), 'Conv: ', 'rank 3 or 4 or 5', '[3] of rank 1'],
  'inner sizes': [() => g.matmul(x([2, 3]), x([4, 5])), 'MatMul: ', '[2, 3] times [4, 5]'],
  'a vector in a product': [() => g.matmul(x([3]), x([3, 5])), 'MatMul: ', 'expected matrices', 'reshape vectors'],
  'inner sizes of a Gemm': [() => g.gemm(x([2, 3]), x([4, 5])), 'Gemm: ', '[2, 3] times [4, 5]', 'transA 0'],
  'a C that does not spread': [() => g.gemm(x([2, 3]), x([3, 5]), x([2])), 'Gemm: ', '[2]', '[2, 5]'],
  'an axis out of range': [() => g.softmax(x([2, 3]), 2), 'Softmax: ', 'from -2 to 1', 'got 2'],
  'a reduced axis out of range': [() => g.reduceSum(x([2, 3]), { axes: [3] }), 'from -2 to 1', 'got 3'],
  'parts that differ': [() => g.concat([x([2, 3]), x([3, 3])], 1), 'Concat: ', 'but for axis 1', '[2, 3], [3, 3]'],
  'elements lost': [() => g.reshape(x([2, 3]), [4]), 'Reshape: ', '[2, 3] to [4]', '6 elements against 4'],
  'elements that do not divide': [() => g.reshape(x([2, 3]), [-1, 4]), 'Reshape: ', '6 is no multiple of 4'],
  'no size to keep': [() => g.reshape(x([6]), [2, 0, 3]), 'Reshape: ', 'position 1 of [6]'],
  'no permutation': [() => g.transpose(x([2, 3]), [0, 0]), 'Transpose: ', 'permutation of 2 axes', '[0, 0]'],
  'a size that is not 1': [() => g.squeeze(x([2, 3]), [0]), 'Squeeze: ', 'size 1 on axis 0', '[2, 3]'],
  'channels that do not divide': [() => g.depthToSpace(image, 2), 'DepthToSpace: ', 'multiples of 4', 'got 3'],
  'rows that do not divide': [() => g.spaceToDepth(image, 3), 'SpaceToDepth: ', 'multiples of 3', '8 x 8'],
  'statistics of another size': [
    () => g.batchNormTraining(image, { scale: x([8]), bias: x([8]) }),
    'BatchNormTraining: ',
    'shape [3]',
    '[8]',
  ],
  'statistics over axes that are not there': [
    () => g.batchNormTraining(x([4, 3]), { scale: x([3]), bias: x([3]) }),
    'BatchNormTraining: ',
    'from -2 to 1',
    'got 2',
  ],
  'a free size where a known one is needed': [
    () => g.concat([x(['n', 3]), x(['n', 3])], 0),
    'Concat: ',
    "free size 'n'",
    'fixed batch size',
  ],
  'a constant of another size': [() => g.constant([1, 2, 3], [2, 2]), 'shape [2, 2] has 4 elements', 'got 3'],
  'a missing operand': [() => g.one('Add', [image], {}), 'Add: ', 'at least 2 inputs, got 1'],
  'an operand too many': [() => g.one('Max', [image, image, image], {}), 'Max: ', 'expected 2 inputs, got 3'],
  'axes as an input': [
    () => g.one('ReduceMean', [image, x([1], 'int64')], { axes: [1], keepdims: 1 }),
    'ReduceMean: ',
    'expected 1 input, got 2',
  ],
  'a vector where a pool is': [() => g.maxPool(x([3]), pool), 'MaxPool: ', 'rank 3 or 4 or 5', '[3] of rank 1'],
  'a pool of another rank': [() => g.one('MaxPool', [x([2, 3, 8])], pool), 'MaxPool: ', '1 numbers in kernel_shape'],
};

for (const [what, [make, ...parts]] of Object.entries(errors))
  test(`error: ${what}`, () =>
    assert.throws(make, (error) => {
      assert.ok(error instanceof UserError, String(error));
      for (const part of parts) assert.ok(error.message.includes(part), `'${error.message}' lacks '${part}'`);
      return true;
    }));

test('an error says where in the network it arose, and which shapes came in', () => {
  const build = () => g.scoped('layer1', () => g.scoped('block0', () => g.add(x([2, 3]), x([4]))));
  assert.throws(build, /^UserError: Add in layer1\.block0: .* \(inputs \[2, 3\], \[4\]\)$/);
  // and the scope is left again
  assert.throws(() => g.add(x([2, 3]), x([4])), /^UserError: Add: /);
});
