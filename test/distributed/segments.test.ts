/** Graphs that take means over processes, cut where they wait, and run segment by segment. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { backward } from '../../src/autodiff/index.js';
import { type Communicator, oneProcess } from '../../src/communicator/index.js';
import { distributedRuntime } from '../../src/distributed/index.js';
import { segmentsOf } from '../../src/distributed/segments.js';
import * as g from '../../src/graph/index.js';
import { trainingStep } from '../../src/optim/index.js';
import { optimizers } from '../../src/optim/optimizers.js';
import { float32, openRuntime, type Tensors } from '../../src/runtime/index.js';

const runtime = openRuntime({ threads: 1 });
after(() => runtime.close());

const tensor = (...values: number[]) => float32(Float32Array.from(values), [values.length]);
const numbers = (tensors: Tensors, name: string) => [...(tensors[name]!.data as Float32Array)];
const opsIn = (graph: g.Graph) => g.nodesOf(Object.values(graph.outputs)).map(({ op }) => op);

/** A communicator of one that keeps a count of its messages, which are its own. */
function counting() {
  const lengths: number[] = [];
  const communicator: Communicator = {
    ...oneProcess(),
    async allReduce(data) {
      lengths.push(data.length);
    },
  };
  return { communicator, lengths };
}

test('a graph without means is one segment, itself', () => {
  const x = g.input('x', [2]);
  const segments = segmentsOf({ name: 'plain', outputs: { y: g.exp(x) } }, {}, 'p');
  assert.equal(segments.length, 1);
  assert.deepEqual(opsIn(segments[0]!.graph), ['Exp']);
});

test('what stands before a mean, between two and behind them is computed in a segment each', () => {
  const x = g.input('x', [2]);
  const first = g.allReduceMean(g.exp(x), 'statistics');
  const second = g.allReduceMean(g.mul(first, first), 'statistics');
  const outputs = { y: g.add(second, x), early: g.neg(x) };
  const segments = segmentsOf({ name: 'two means', outputs }, {}, 'p');
  assert.deepEqual(
    segments.map(({ graph }) => [...new Set(opsIn(graph))].sort()),
    [['Exp', 'Neg'], ['Mul'], ['Add']],
  );
  assert.deepEqual(
    segments.map(({ results }) => results),
    [['early'], [], ['y']],
  );
});

test('a value that later segments need is kept; one that only they need is computed there, and a cheap one again', () => {
  const x = g.input('x', [2]);
  const shared = g.softmax(x);
  const late = g.log(x);
  const mean = g.allReduceMean(g.neg(shared), 'gradients');
  const segments = segmentsOf({ name: 'kept', outputs: { y: g.add(g.mul(mean, g.neg(shared)), late) } }, {}, 'p');
  assert.deepEqual(opsIn(segments[0]!.graph), ['Softmax', 'Neg']);
  assert.deepEqual(Object.keys(segments[0]!.updates).length, 2); // the value, and what the mean is taken of
  assert.deepEqual([...new Set(opsIn(segments[1]!.graph))].sort(), ['Add', 'Log', 'Mul', 'Neg']);
});

test('variables change in the last segment alone, so that all read what they were', async () => {
  const { communicator } = counting();
  const joined = distributedRuntime(runtime, { communicator });
  const w = g.parameter('w', [2]);
  const next = g.add(w, 1); // could be computed at once
  const mean = g.allReduceMean(g.mul(w, 2), 'statistics');
  const program = await joined.compile(
    { name: 'order', outputs: { next, y: g.add(mean, w) } },
    { updates: { next: 'w' } },
  );
  await joined.write({ w: tensor(1, 2) });
  assert.deepEqual(numbers(await program.run({}), 'y'), [3, 6]);
  assert.deepEqual(numbers(await program.run({}), 'y'), [6, 9]);
  assert.deepEqual(numbers(await joined.read(['w']), 'w'), [3, 4]);
  await program.release();
});

test('means that are read at different times come back at different times', async () => {
  const { communicator } = counting();
  const joined = distributedRuntime(runtime, { communicator });
  const x = g.input('x', [2]);
  const first = g.allReduceMean(g.mul(x, 2), 'statistics');
  const late = g.allReduceMean(g.mul(x, 3), 'gradients');
  const second = g.allReduceMean(g.mul(first, first), 'statistics');
  const program = await joined.compile({ name: 'times', outputs: { y: g.add(second, late) } });
  for (const value of [1, 2])
    assert.deepEqual(numbers(await program.run({ x: tensor(value, 10) }), 'y'), [4 * value ** 2 + 3 * value, 430]);
  await program.release();
});

test('the mean has its own derivative, and of one process changes nothing', async () => {
  const { communicator } = counting();
  const joined = distributedRuntime(runtime, { communicator });
  const graphOf = (mean: (v: g.Value) => g.Value) => {
    const x = g.input('x', [3]);
    const centred = g.sub(x, mean(g.reduceMean(x, { keepdims: true })));
    const loss = g.reduceSum(g.mul(centred, g.exp(centred)));
    return { name: 'loss', outputs: { loss, dx: backward(loss, [x])[0]! } };
  };
  const feeds = { x: tensor(0.1, 0.7, -1) };
  const plain = await (await runtime.compile(graphOf((v) => v))).run(feeds);
  const cut = await (await joined.compile(graphOf((v) => g.allReduceMean(v, 'statistics')))).run(feeds);
  assert.deepEqual(numbers(cut, 'dx'), numbers(plain, 'dx'));
  assert.deepEqual(numbers(cut, 'loss'), numbers(plain, 'loss'));
});

test('gradients go in messages of 25 MB at most, and statistics apart', async () => {
  const { communicator, lengths } = counting();
  const joined = distributedRuntime(runtime, { communicator });
  const shapes = [[3_000_000], [3_000_000], [3_000_000], [5], [7]];
  const loss = shapes.map((shape, i) => g.reduceSum(g.parameter(`w${i}`, shape))).reduce((a, b) => g.add(a, b));
  const tracked = new Map([['mean', g.mul(g.parameter('mean', [4], { trainable: false }), 0.9)]]);
  const step = trainingStep({ loss, optimizer: optimizers.sgd({ momentum: 0 }), tracked, distributed: true });
  const program = await joined.compile(step.graph, step);
  const zeros = step.parameters.map(({ source, shape }) => [
    source.name,
    float32(new Float32Array(g.elements(shape)), shape as number[]),
  ]);
  await joined.write(Object.fromEntries(zeros));
  await program.run(
    Object.fromEntries(
      Object.entries(step.feeds({ step: 1, learningRate: 0.1, parts: 1 })).map(([name, value]) => [
        name,
        float32(Float32Array.of(value), []),
      ]),
    ),
  );
  assert.deepEqual(
    lengths.sort((a, b) => a - b),
    [4, 3_000_016 + 7, 6_000_000], // five numbers take a cache line
  );
  await program.release();
});
