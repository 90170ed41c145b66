/** Blocks: whole networks as the portable target has them, and what lies in blocks stays there. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { backward } from '../../src/autodiff/index.js';
import * as g from '../../src/graph/index.js';
import { lower } from '../../src/lower/index.js';
import { buildNetwork, resnet, transposeResnet } from '../../src/models/index.js';
import { random } from '../../src/random/index.js';
import { float32, openRuntime, type Tensor } from '../../src/runtime/index.js';
import { Draws } from '../autodiff/draws.js';
import { assertClose } from './reference.js';
import { blockedTarget, everyTarget } from './targets.js';

const runtimes = everyTarget.map((target) => openRuntime({ threads: 1, target }));
after(() => Promise.all(runtimes.map((runtime) => runtime.close())));

type Step = (x: g.Value, d: Draws) => g.Value;
const channels = (x: g.Value) => x.shape[1] as number;

/** What may follow on an image in blocks; some of it must leave them. */
const steps: Readonly<Record<string, Step>> = {
  convolution: (x, d) =>
    g.conv(x, d.normal([d.pick([16, 32]), channels(x), 3, 3]), { pads: 1, strides: d.integer(1, 2) }),
  'with bias': (x, d) => g.conv(x, d.normal([16, channels(x), 1, 1]), { bias: d.normal([16]) }),
  'to few channels and back': (x, d) =>
    g.conv(g.conv(x, d.normal([5, channels(x), 1, 1])), d.normal([16, 5, 3, 3]), { pads: 1 }),
  'transposed to few channels and back': (x, d) =>
    g.conv(
      g.convTranspose(x, d.normal([channels(x), 3, 5, 4]), { strides: 2, pads: [2, 1, 1, 1] }),
      d.normal([16, 3, 3, 3]),
    ),
  transposed: (x, d) => g.convTranspose(x, d.normal([channels(x), 16, 4, 4]), { strides: 2, pads: 1 }),
  norm: (x, d) => g.batchNormTraining(x, { scale: d.normal([channels(x)]), bias: d.normal([channels(x)]) }).y,
  'norm of given statistics': (x, d) => {
    const vector = () => d.normal([channels(x)]);
    return g.batchNormalization(x, {
      scale: vector(),
      bias: vector(),
      mean: vector(),
      variance: d.positive([channels(x)]),
    });
  },
  residual: (x, d) => g.relu(g.add(g.conv(x, d.normal([channels(x), channels(x), 3, 3]), { pads: 1 }), x)),
  'added to itself': (x) => g.add(x, x),
  relu: g.relu,
  scaled: (x) => g.mul(g.tanh(x), 0.5),
  'per channel': (x, d) => g.mul(x, d.normal([channels(x), 1, 1])),
  'weighed by its own means': (x, d) =>
    g.mul(x, g.sigmoid(g.conv(g.globalAveragePool(x), d.normal([channels(x), channels(x), 1, 1])))),
  'weights first': (x, d) => g.mul(d.normal([x.shape[0] as number, channels(x), 1, 1]), x),
  grouped: (x, d) => g.conv(x, d.normal([channels(x), channels(x) / 4, 3, 3]), { pads: 1, group: 4 }),
  'max pool': (x) => g.maxPool(x, { kernel_shape: 3, strides: 2, pads: 1 }),
  'average pool': (x) => g.averagePool(x, { kernel_shape: 2, strides: 1 }),
  'average pool of windows side by side': (x) => g.averagePool(x, { kernel_shape: [1, 2] }),
  enlarged: (x) => g.resize(x, [1, 1, 2, 2]),
  padded: (x) => g.pad(x, [0, 0, 1, 0, 0, 0, 0, 2]),
};

function chain(d: Draws): { readonly y: g.Value; readonly names: readonly string[] } {
  let x = g.conv(d.normal([d.integer(2, 3), 3, 6, 5]), d.normal([16, 3, 3, 3]), { pads: 1 });
  const names: string[] = [];
  for (let i = 0; i < 5; i++) {
    const name = d.pick(Object.keys(steps));
    if (Math.min(...(x.shape.slice(2) as number[])) < 3) break;
    names.push(name);
    // of a size that no step drives to where float32 loses digits
    x = g.mul(steps[name]!(x, d), 0.2);
  }
  return { y: d.chance() ? g.globalAveragePool(x) : x, names };
}

/** A gradient through a norm may cancel to nothing: what is left of it is rounding, in proportion to what cancelled. */
const TOLERANCE = 1e-3;

test('chains of everything that follows on an image in blocks', async () => {
  const met = new Set<string>();
  for (let draw = 0; draw < 60; draw++) {
    const d = new Draws(random('blocked', draw));
    const { y, names } = chain(d);
    for (const name of names) met.add(name);
    const gradients = backward(y, [...d.smooth], d.normal(y.shape));
    const outputs = { y, ...Object.fromEntries(gradients.map((value, i) => [`d${i}`, value])) };
    const found: Record<string, Tensor>[] = [];
    for (const runtime of runtimes) {
      const program = await runtime.compile({ name: 'chain', outputs });
      found.push({ ...(await program.run(d.feeds)) });
      await program.release();
    }
    const [expected, ...others] = found as [Record<string, Tensor>, ...Record<string, Tensor>[]];
    for (const other of others)
      for (const [name, tensor] of Object.entries(expected))
        assertClose(other[name], tensor.data as Float32Array, `draw ${draw} (${names.join(', ')}), ${name}`, TOLERANCE);
  }
  assert.deepEqual([...met].sort(), Object.keys(steps).sort());
});

const opsOf = (values: Readonly<Record<string, g.Value>>) =>
  g.nodesOf(Object.values(lower({ name: 'network', outputs: values }, blockedTarget).outputs)).map((node) => node.op);
const count = (ops: readonly g.Op[], op: g.Op) => ops.filter((each) => each === op).length;

test('a ResNet enters blocks with its first convolution and leaves them as a vector, training or not', () => {
  for (const training of [true, false]) {
    const ops = opsOf({ y: buildNetwork(resnet('RESNET18', { size: 64 }), { batch: 2, training }).y });
    assert.equal(count(ops, 'NchwcReorderInput') + count(ops, 'NchwcReorderOutput'), 0);
    assert.equal(count(ops, 'Relu') + count(ops, 'Conv') + count(ops, 'MaxPool'), 0);
  }
});

test('attention, deep stems and means stay in blocks, and so do their gradients', () => {
  const setting = { bottleneck: false, repeats: [1, 1], attention: 'se', stem: 'deep', downsample: 'average' } as const;
  const { y, build } = buildNetwork(resnet(setting, { size: 64 }), { batch: 3, training: true });
  const learned = [...build.parameters.values()].filter((p) => p.source.trainable && p.shape.length !== 4);
  const gradients = backward(g.reduceSum(y), learned);
  const outputs = Object.fromEntries(gradients.map((value, i) => [`${i}`, value]));
  const { outputs: lowered } = lower({ name: 'network', outputs }, blockedTarget);
  const isImage = ({ shape }: g.Value) => shape[0] === 3 && (shape[2] as number) > 1;
  const crossing = g
    .nodesOf(Object.values(lowered))
    .filter(({ op, inputs }) => /^NchwcReorder/.test(op) && isImage(inputs[0]!));
  assert.deepEqual(
    crossing.map(({ op, scope }) => `${op} in ${scope}`),
    [],
  );
});

test('a mirror enters blocks once', () => {
  const batch = 3; // as no view of a filter has
  const { y } = buildNetwork(transposeResnet('RESNET18', { size: 64 }), { batch, training: true });
  const entering = g
    .nodesOf(Object.values(lower({ name: 'network', outputs: { y } }, blockedTarget).outputs))
    .filter(({ op, inputs }) => op === 'NchwcReorderInput' && inputs[0]!.shape[0] === batch);
  assert.equal(entering.length, 1);
});

test('variables are plain to whoever writes, reads or fetches them, however they are kept', async () => {
  const shape = [32, 16, 2, 1];
  const numbers = Float32Array.from({ length: g.elements(shape) }, (_, i) => i);
  const w = g.parameter('w', shape);
  for (const runtime of runtimes) {
    await runtime.write({ w: float32(numbers, shape), v: float32(numbers.slice(0, 3), [3]) });
    const outputs = {
      next: g.mul(w, 2),
      'next v': g.add(g.parameter('v', [3]), 1),
      y: g.slice(w, [{ axis: 0, start: 0, end: 1 }]),
    };
    const program = await runtime.compile({ name: 'double', outputs }, { updates: { next: 'w', 'next v': 'v' } });
    const { y } = await program.run({});
    assert.deepEqual(y!.data, numbers.slice(0, 32));
    const fetched = await program.run({}, ['next', 'y']);
    assert.deepEqual(
      fetched.next!.data,
      numbers.map((v) => 4 * v),
    );
    assert.deepEqual(
      fetched.y!.data,
      numbers.slice(0, 32).map((v) => 2 * v),
    );
    const { w: read, v } = await runtime.read(['w', 'v']);
    assert.deepEqual(read!.shape, shape);
    assert.deepEqual(
      read!.data,
      numbers.map((value) => 4 * value),
    );
    assert.deepEqual(v!.data, Float32Array.of(2, 3, 4));
    await program.release();
  }
});
