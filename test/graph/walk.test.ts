/** Reading a graph: order, leaves, names, text. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../src/errors.js';
import * as g from '../../src/graph/index.js';

test('5,000 layers are walked without overflow, each after what it needs', () => {
  let value: g.Value = g.input('x', [1]);
  for (let i = 0; i < 5000; i++) value = g.add(value, value);
  const order = g.nodesOf([value]);
  assert.equal(order.length, 5000);
  assert.equal(order.at(-1)!.outputs[0], value);
});

test('any graph: every node once, after its inputs, in an order that is the same each time', () => {
  const links = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(links, (pairs) => {
      const values: g.Value[] = [g.input('x', [1])];
      for (const [a, b] of pairs) values.push(g.add(values[a % values.length]!, values[b % values.length]!));
      const order = g.nodesOf(values);
      assert.equal(order.length, pairs.length);
      const seen = new Set<g.Node>();
      for (const node of order) {
        for (const { source } of node.inputs) assert.ok(source.kind !== 'node' || seen.has(source.node));
        assert.ok(!seen.has(node));
        seen.add(node);
      }
      assert.deepEqual(g.nodesOf(values), order);
    }),
    { numRuns: 50 },
  );
});

test('leaves come in order of first use, each once', () => {
  const [a, b, w] = [g.input('a', [1]), g.input('b', [1]), g.parameter('w', [1])];
  const graph = { name: 'leaves', outputs: { y: g.add(g.mul(b, w), g.mul(a, w)), same: a } };
  assert.deepEqual(g.leavesOf(Object.values(graph.outputs)), [b, w, a]);
  assert.deepEqual(g.inputsOf(graph), [b, a]);
  assert.deepEqual(g.parametersOf(graph), [w]);
});

test('leaves of one name are one leaf, and must be of one type', () => {
  const twice = g.add(g.parameter('w', [2]), g.parameter('w', [2]));
  assert.equal(g.parametersOf({ name: 'shared', outputs: { twice } }).length, 1);
  const clash = g.add(g.parameter('w', [2]), g.parameter('w', [1]));
  assert.throws(
    () => g.parametersOf({ name: 'clash', outputs: { clash } }),
    (error) =>
      error instanceof UserError &&
      error.message === 'parameter w is used as float32[2] and as float32[1]: give one of them another name',
  );
});

test('printing: a line per node, with shapes, attributes and scopes', () => {
  const x = g.input('x', ['n', 3, 8, 8]);
  const y = g.scoped('stem', () => g.relu(g.conv(x, g.parameter('w', [4, 3, 3, 3]), { pads: 1 })));
  const text = g.print({ name: 'net', outputs: { y, top: g.argMax(g.flatten(g.mul(y, 2)), 1), x } });
  assert.equal(
    text,
    [
      'graph net (x float32[n, 3, 8, 8])',
      '  %0 [n, 4, 8, 8] = Conv(x, w) {strides: 1,1, pads: 1,1,1,1, dilations: 1,1, group: 1}  # stem',
      '  %1 [n, 4, 8, 8] = Relu(%0)  # stem',
      '  %2 [n, 4, 8, 8] = Mul(%1, constant[])',
      '  %3 [n, 256] = Flatten(%2) {axis: 1}',
      '  %4 [n] = ArgMax(%3) {axis: 1, keepdims: 0}',
      '  return y: %1, top: %4, x: x',
    ].join('\n'),
  );
});

test('operators with several outputs print all of them', () => {
  const { y } = g.batchNormTraining(g.input('x', [4, 2]), {
    scale: g.parameter('s', [2]),
    bias: g.parameter('b', [2]),
    axes: [0],
  });
  const [line] = g.print({ name: 'norm', outputs: { y } }).split('\n').slice(1);
  assert.equal(line, '  %0 [4, 2], %1 [2], %2 [2] = BatchNormTraining(x, s, b) {epsilon: 0.00001, axes: 0}');
});

test('scopes nest, or stand for themselves, and are left on errors', () => {
  const scopeOf = (value: g.Value) => (value.source.kind === 'node' ? value.source.node.scope : undefined);
  const x = g.input('x', [1]);
  g.scoped('encoder', () => {
    assert.equal(scopeOf(g.scoped('layer1', () => g.relu(x))), 'encoder.layer1');
    assert.equal(scopeOf(g.scoped('', () => g.relu(x))), 'encoder');
    assert.equal(scopeOf(g.scopedAs('elsewhere', () => g.relu(x))), 'elsewhere');
    assert.throws(() => g.scoped('broken', () => g.softmax(x, 7)));
    assert.equal(scopeOf(g.relu(x)), 'encoder');
  });
  assert.equal(scopeOf(g.relu(x)), '');
});

test('constants keep their type; whole numbers become bigints for int64', () => {
  const { source, dtype } = g.constant([1, -2], [2], 'int64');
  assert.equal(dtype, 'int64');
  assert.deepEqual(source, { kind: 'constant', data: BigInt64Array.of(1n, -2n) });
});
