/** What `backward` does around the rules: accumulation, reach, ties, names, refusals. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { backward } from '../../src/autodiff/index.js';
import { UserError } from '../../src/errors.js';
import * as g from '../../src/graph/index.js';
import { float32, openRuntime, type Tensors } from '../../src/runtime/index.js';

const runtime = openRuntime({ threads: 1 });
after(() => runtime.close());

const vector = (...values: number[]) => float32(Float32Array.from(values), [values.length]);

async function gradientsOf(loss: g.Value, wrt: readonly g.Value[], feeds: Tensors): Promise<number[][]> {
  const outputs = Object.fromEntries(backward(loss, wrt).map((gradient, i) => [`d${i}`, gradient]));
  const program = await runtime.compile({ name: 'gradients', outputs });
  const used = g.inputsOf({ name: '', outputs }).map(({ source: { name } }) => [name, feeds[name]!] as const);
  const found = await program.run(Object.fromEntries(used));
  return Object.keys(outputs).map((name) => Array.from(found[name]!.data as Float32Array));
}

const says =
  (...parts: readonly string[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof UserError, String(error));
    for (const part of parts) assert.ok(error.message.includes(part), `'${error.message}' lacks '${part}'`);
    return true;
  };

test('a value used several times collects all its gradients', async () => {
  const x = g.input('x', [2]);
  const loss = g.reduceSum(g.add(g.mul(x, x), g.add(x, x)));
  assert.deepEqual(await gradientsOf(loss, [x], { x: vector(1, -3) }), [[4, -4]]);
});

test('gradients for intermediate values, for the loss itself and for parameters', async () => {
  const x = g.input('x', [2]);
  const w = g.parameter('w', [2]);
  await runtime.write({ w: vector(2, 3) });
  const hidden = g.mul(x, w);
  const loss = g.reduceSum(g.mul(hidden, 5));
  const found = await gradientsOf(loss, [hidden, loss, w], { x: vector(1, -1) });
  assert.deepEqual(found, [[5, 5], [1], [5, -5]]);
});

test('only what depends on the wanted values is differentiated', async () => {
  const x = g.input('x', [3]);
  const rounded = g.sign(g.input('t', [3]));
  assert.deepEqual(await gradientsOf(g.reduceSum(g.mul(x, rounded)), [x], { t: vector(-2, 0, 5) }), [[-1, 0, 1]]);
});

test('equal maxima share a gradient: halves for Max, equal parts for ReduceMax', async () => {
  const [a, b] = [g.input('a', [3]), g.input('b', [3])];
  const feeds = { a: vector(1, 2, 2), b: vector(1, 1, 3) };
  assert.deepEqual(await gradientsOf(g.reduceSum(g.max(a, b)), [a, b], feeds), [
    [0.5, 1, 0],
    [0.5, 0, 1],
  ]);
  assert.deepEqual(await gradientsOf(g.reduceSum(g.min(a, b)), [a, b], feeds), [
    [0.5, 0, 1],
    [0.5, 1, 0],
  ]);
  assert.deepEqual(await gradientsOf(g.reduceMax(a), [a], feeds), [[0, 0.5, 0.5]]);
});

test('at its kink a Relu passes nothing, as in PyTorch', async () => {
  const x = g.input('x', [3]);
  assert.deepEqual(await gradientsOf(g.reduceSum(g.relu(x)), [x], { x: vector(-1, 0, 1e-20) }), [[0, 0, 1]]);
});

test('a power of a negative base, and of 0, has a finite gradient for its base', async () => {
  const x = g.input('x', [3]);
  assert.deepEqual(await gradientsOf(g.reduceSum(g.pow(x, 2)), [x], { x: vector(-3, 0, 2) }), [[-6, 0, 4]]);
});

test('gradient nodes stand in the scope of what they differentiate', () => {
  const x = g.input('x', [2]);
  const loss = g.scoped('layer1', () => g.reduceSum(g.mul(x, x)));
  const own = new Set(g.nodesOf([loss]));
  const made = g.nodesOf(backward(loss, [x])).filter((node) => !own.has(node));
  assert.ok(made.length > 0);
  assert.deepEqual([...new Set(made.map((node) => node.scope))], ['layer1.grad']);
});

test('a chain of 5,000 operators is differentiated without overflow', () => {
  const x = g.input('x', [1]);
  let y: g.Value = x;
  for (let i = 0; i < 5000; i++) y = g.tanh(y);
  const [dx] = backward(y, [x]) as [g.Value];
  assert.equal(g.nodesOf([dx]).filter((node) => node.op === 'Tanh').length, 5000);
});

test('a loss that is no scalar', () => {
  const x = g.input('x', [2, 3]);
  assert.throws(() => backward(g.tanh(x), [x]), says('scalar loss', '[2, 3]', 'mean or sum'));
});

test('a loss of free batch size asks for a fixed one', () => {
  const x = g.input('x', ['n', 3]);
  assert.throws(() => backward(g.reduceMean(g.tanh(x)), [x]), says("free size 'n'", 'fixed batch size'));
});

test('a value that the loss does not depend on is named', () => {
  const [x, w] = [g.input('x', [2]), g.parameter('layer1.weight', [2])];
  assert.throws(() => backward(g.reduceSum(x), [w]), says('does not depend on layer1.weight', 'leave it out'));
});

test('an operator without derivative is named with its place and its reason', () => {
  const w = g.parameter('w', [2]);
  const loss = g.scoped('head', () => g.reduceSum(g.sign(w)));
  assert.throws(() => backward(loss, [w]), says('Sign in head has no derivative', 'piecewise constant'));
});

test('statistics of a training batch normalisation and fractional scales say what to do', () => {
  const x = g.input('x', [4, 2, 3, 3]);
  const { mean } = g.batchNormTraining(x, { scale: g.parameter('s', [2]), bias: g.parameter('b', [2]) });
  assert.throws(() => backward(g.reduceSum(mean), [x]), says('mean or variance', 'reduceMean'));
  assert.throws(() => backward(g.reduceSum(g.resize(x, [1, 1, 1.5, 2])), [x]), says('whole spatial scales', '1.5'));
});
