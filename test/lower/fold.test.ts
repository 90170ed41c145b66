/** What folding and hoisting leave in a graph. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as g from '../../src/graph/index.js';
import { foldWeights, hoist, lower } from '../../src/lower/index.js';
import { buildNetwork, resnet, transposeResnet } from '../../src/models/index.js';
import { blockedTarget } from './targets.js';

const opsOf = ({ outputs }: g.Graph) => g.nodesOf(Object.values(outputs)).map((node) => node.op);
const vector = (name: string) => g.parameter(name, [4]);
const normed = (x: g.Value) =>
  g.batchNormalization(x, {
    scale: vector('scale'),
    bias: vector('shift'),
    mean: vector('mean'),
    variance: vector('variance'),
  });
const x = g.input('x', [1, 4, 5, 5]);
const convolved = (options = {}) => g.conv(x, g.parameter('w', [4, 4, 1, 1]), options);

test('a norm goes into the convolution before it', () => {
  for (const [name, y] of Object.entries({
    plain: convolved(),
    'with a bias': convolved({ bias: vector('b') }),
    'in groups': g.conv(x, g.parameter('w', [4, 2, 1, 1]), { group: 2 }),
    transposed: g.convTranspose(x, g.parameter('w', [4, 4, 2, 2]), { strides: 2 }),
  }))
    assert.ok(!opsOf(foldWeights({ name, outputs: { y: normed(y) } })).includes('BatchNormalization'), name);
});

test('a norm stays where its convolution is read elsewhere, or is none', () => {
  const y = convolved();
  for (const [name, outputs] of Object.entries({
    'read elsewhere': { z: normed(y), sum: g.reduceSum(y) },
    'an output': { z: normed(y), y },
    'no convolution': { z: normed(g.relu(x)) },
    'transposed in groups': { z: normed(g.convTranspose(x, g.parameter('w', [4, 2, 1, 1]), { group: 2 })) },
  }))
    assert.ok(opsOf(foldWeights({ name, outputs })).includes('BatchNormalization'), name);
});

test('what depends on parameters alone is computed once, and handed over without a copy', () => {
  const [a, b] = [vector('a'), vector('b')];
  const shared = g.mul(a, b);
  const outputs = {
    y: g.add(g.input('x', [4]), shared),
    z: g.mul(g.input('square', [2, 2]), g.reshape(shared, [2, 2])),
    own: g.neg(b),
    leaf: a,
  };
  const { once, rest } = hoist({ name: 'graph', outputs });
  assert.deepEqual(opsOf(once), ['Mul', 'Neg']);
  assert.deepEqual(opsOf(rest), ['Add', 'Reshape', 'Mul']);
  assert.deepEqual(
    g.parametersOf(rest).map(({ source }) => source.name),
    [...Object.keys(once.outputs), 'a'],
  );
});

const left = [
  [resnet('RESNET18', { size: 64 }), { BatchNormalization: 0, Conv: 0 }],
  // a norm follows the dense layer
  [transposeResnet('RESNET18', { size: 64, upsample: 'resize' }), { BatchNormalization: 1, Conv: 0 }],
  [transposeResnet('RESNET18', { size: 64, upsample: 'deconv' }), { BatchNormalization: 1, Conv: 0 }],
] as const;
for (const [i, [network, others]] of left.entries())
  test(`${i + 1}. every run of ${network.name} is left with convolutions`, () => {
    const graph = { name: network.name, outputs: { y: buildNetwork(network, { batch: 2 }).y } };
    const names = new Set(g.parametersOf(graph).map(({ source }) => source.name));
    const { rest } = hoist(lower(foldWeights(graph), blockedTarget, { constants: names }));
    const ops = opsOf(rest);
    const expected = { ...others, Transpose: 0, Pow: 0, Mul: 0 };
    for (const [op, count] of Object.entries(expected))
      assert.equal(ops.filter((each) => each === op).length, count, op);
  });
