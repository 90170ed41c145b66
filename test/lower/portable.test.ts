/** Lowering as such: nothing of this project's own is left, and nothing else is touched. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { backward, hasDerivative } from '../../src/autodiff/index.js';
import * as g from '../../src/graph/index.js';
import { lower } from '../../src/lower/index.js';
import { random } from '../../src/random/index.js';
import { float32, openRuntime } from '../../src/runtime/index.js';
import { cases } from '../autodiff/cases.js';
import { Draws } from '../autodiff/draws.js';

const runtime = openRuntime({ threads: 1 });
after(() => runtime.close());

const named: ReadonlySet<g.Op> = new Set<g.NamedGradient>([
  'AllReduceMean',
  'BatchNormTraining',
  'BatchNormTrainingGrad',
  'ConvFilterGrad',
  'MaxPoolGrad',
  'ReluGrad',
]);
const opsOf = (graph: g.Graph) => g.nodesOf(Object.values(graph.outputs)).map((node) => node.op);

test('no named gradient is left, of any operator or its derivative', () => {
  for (const op of Object.keys(cases) as g.Op[]) {
    const d = new Draws(random('lower', op));
    const y = cases[op](d);
    const gradients = hasDerivative(op) ? backward(y, [...d.smooth], d.normal(y.shape)) : [];
    const outputs = Object.fromEntries([y, ...gradients].map((value, i) => [`${i}`, value]));
    const lowered = lower({ name: op, outputs });
    assert.deepEqual(
      opsOf(lowered).filter((kind) => named.has(kind)),
      [],
      op,
    );
    for (const [name, value] of Object.entries(outputs)) assert.deepEqual(lowered.outputs[name]!.shape, value.shape);
  }
});

test('leaves and untouched nodes keep their identity, names and scopes stay', () => {
  const x = g.input('x', [2, 3]);
  const before = g.tanh(x);
  const graph = {
    name: 'mixed',
    outputs: { before, after: g.scoped('block', () => g.one('ReluGrad', [before, before], {})) },
  };
  const lowered = lower(graph);
  assert.equal(lowered.name, 'mixed');
  assert.equal(lowered.outputs.before, before);
  assert.deepEqual(g.leavesOf(Object.values(lowered.outputs)).includes(x), true);
  const made = g.nodesOf(Object.values(lowered.outputs)).filter((node) => !g.nodesOf([before]).includes(node));
  assert.deepEqual([...new Set(made.map((node) => node.scope))], ['block']);
});

test('ReluGrad is a step at 0 for activations of any size', async () => {
  const shape = [6];
  const y = Float32Array.of(0, 1e-20, 1, 1e9, 3e38, 0);
  const dy = Float32Array.of(5, -4, 3, 2, -1, -7);
  const outputs = { dx: g.one('ReluGrad', [g.input('dy', shape), g.input('y', shape)], {}) };
  const program = await runtime.compile({ name: 'step', outputs });
  const { dx } = await program.run({ dy: float32(dy, shape), y: float32(y, shape) });
  assert.deepEqual(
    Array.from(dx!.data as Float32Array, (v) => v + 0),
    [0, -4, 3, 2, -1, 0],
  );
});
