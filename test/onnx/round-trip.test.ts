/** Graph -> bytes -> graph -> bytes: nothing is lost, renamed or added. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as g from '../../src/graph/index.js';
import { writeOnnx } from '../../src/onnx/index.js';
import { readOnnx } from '../../src/onnx/read.js';
import { float32, openRuntime } from '../../src/runtime/index.js';
import { everyOp, graphOf } from './graphs.js';

const runtime = openRuntime({ threads: 1 });
after(() => runtime.close());

const net = (): g.Graph => {
  const x = g.input('x', ['n', 1, 4, 4]);
  const hidden = g.scoped('layer1', () =>
    g.scoped('conv', () => g.conv(x, g.parameter('layer1.weight', [2, 1, 3, 3]), { pads: 1 })),
  );
  const pooled = g.scoped('pool', () => g.flatten(g.globalAveragePool(g.relu(g.relu(hidden)))));
  return { name: 'net', outputs: { pooled, doubled: g.mul(pooled, g.constant([2, 3], [2])) } };
};
const weights = new Map([
  ['layer1.weight', { shape: [2, 1, 3, 3], data: Float32Array.from({ length: 18 }, Math.sin) }],
]);

for (const op of everyOp)
  test(`${op} and its derivative, written, read and written again`, async () => {
    for (let draw = 0; draw < 3; draw++) {
      const { graph, feeds } = graphOf(op, draw);
      const bytes = writeOnnx(graph);
      const again = readOnnx(bytes);
      assert.deepEqual(writeOnnx(again.graph), bytes, `draw ${draw}`);
      assert.equal(again.graph.name, op);
      const [before, after] = [await runtime.compile(graph), await runtime.compile(again.graph)];
      const found = await before.run(feeds);
      assert.deepEqual(await after.run(feeds), found, `draw ${draw}`);
      for (const [name, { shape, dtype }] of Object.entries(graph.outputs)) {
        assert.deepEqual(
          { shape: found[name]!.shape, dtype: found[name]!.dtype },
          { shape, dtype },
          `shape of ${name}`,
        );
        const read = again.graph.outputs[name]!;
        assert.deepEqual({ shape: read.shape, dtype: read.dtype }, { shape, dtype });
      }
      await Promise.all([before.release(), after.release()]);
    }
  });

test('the batch stays free, weights are initialisers, scopes are node names, metadata travels', () => {
  const metadata = { labels: '["cat","dog"]', note: 'naïve — 猫' };
  const bytes = writeOnnx(net(), { weights, metadata });
  const read = readOnnx(bytes);
  assert.deepEqual(read.metadata, metadata);
  assert.deepEqual(read.weights, weights);
  assert.equal(g.print(read.graph), g.print(net()));
  assert.deepEqual(
    g.inputsOf(read.graph).map(({ shape }) => shape),
    [['n', 1, 4, 4]],
  );
  assert.deepEqual(writeOnnx(read.graph, { weights: read.weights, metadata }), bytes);
});

test('parameters without values become inputs', () => {
  const read = readOnnx(writeOnnx(net()));
  assert.equal(read.weights.size, 0);
  assert.deepEqual(
    g.inputsOf(read.graph).map(({ source: { name } }) => name),
    ['x', 'layer1.weight'],
  );
});

test('constants come back as constants, not as parameters', () => {
  const { graph } = readOnnx(writeOnnx(net(), { weights }));
  assert.deepEqual(
    g.parametersOf(graph).map(({ source: { name } }) => name),
    ['layer1.weight'],
  );
});

test('a file may be read from any part of a buffer', () => {
  const bytes = writeOnnx(net(), { weights });
  for (const offset of [0, 1, 3]) {
    const pool = Buffer.alloc(bytes.length + 64, 0xff);
    pool.set(bytes, offset);
    assert.deepEqual(readOnnx(pool.subarray(offset, offset + bytes.length)).weights, weights);
  }
});

test('outputs that are inputs, parameters, constants or each other', async () => {
  const x = g.input('x', [2]);
  const y = g.neg(x);
  const graph = { name: 'outputs', outputs: { y, same: y, x2: x, w2: g.parameter('w', [1]), c: g.constant([7], [1]) } };
  const program = await runtime.compile(graph, { weights: { w: float32(Float32Array.of(5), [1]) } });
  const found = await program.run({ x: float32(Float32Array.of(1, 2), [2]) });
  const plain = Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, Array.from(data, Number)]));
  assert.deepEqual(plain, { y: [-1, -2], same: [-1, -2], x2: [1, 2], w2: [5], c: [7] });
});

test('names that the writer would choose itself may be taken', async () => {
  const [a, b] = [g.input('%0', [1]), g.input('constant_1', [1])];
  const graph = { name: 'names', outputs: { '%2': g.relu(g.add(g.mul(g.add(a, b), 3), 4)) } };
  const program = await runtime.compile(graph);
  const one = float32(Float32Array.of(1), [1]);
  assert.equal((await program.run({ '%0': one, constant_1: one }))['%2']!.data[0], 10);
});

test('equal small constants are stored once', () => {
  const x = g.input('x', [2]);
  const shared = writeOnnx({ name: 'c', outputs: { y: g.add(g.add(x, 0.5), 0.5) } });
  const distinct = writeOnnx({ name: 'c', outputs: { y: g.add(g.add(x, 0.5), 0.25) } });
  assert.ok(shared.length < distinct.length);
});

test('what cannot be written says why', () => {
  const x = g.input('x', [2]);
  const w = g.parameter('w', [2]);
  const refused = (outputs: g.Graph['outputs'], message: RegExp) =>
    assert.throws(
      () => writeOnnx({ name: 'bad', outputs }, { weights: new Map([['w', { data: new Float32Array(3) }]]) }),
      message,
    );
  refused({ w: g.add(w, 1) }, /UserError: .* called 'w'/);
  refused({ y: g.add(x, g.parameter('x', [2])) }, /UserError: .* called 'x'/);
  refused({ y: g.add(x, w) }, /UserError: expected weights of shape \[2\] for w, got 3 numbers/);
  refused({ y: g.one('ReluGrad', [x, x], {}) }, /ReluGrad is no ONNX operator: lower the graph/);
});
