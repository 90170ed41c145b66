/** Derivatives of derivatives: a gradient penalty, as WGAN-GP has it (https://arxiv.org/abs/1704.00028, section 4). */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { backward } from '../../src/autodiff/index.js';
import { UserError } from '../../src/errors.js';
import * as g from '../../src/graph/index.js';
import { random } from '../../src/random/index.js';
import { openRuntime } from '../../src/runtime/index.js';
import { cases } from './cases.js';
import { Draws } from './draws.js';
import { checkGradients } from './finite-differences.js';

const runtime = openRuntime({ threads: 1 });
after(() => runtime.close());

/** x w keeps the sign of x, so that finite differences of what follows do not cross its kink. */
const product = (d: Draws): g.Value => {
  const shape = d.shape();
  return g.mul(d.away(shape), d.positive(shape));
};

const networks: Readonly<Record<string, (d: Draws) => g.Value>> = {
  ...Object.fromEntries(
    (
      [
        ...['Conv', 'ConvFilterGrad', 'ConvTranspose', 'Gemm', 'MatMul'],
        ...['Div', 'Mul', 'Pow', 'BatchNormalization'],
        ...['Erf', 'Exp', 'Log', 'LogSoftmax', 'Reciprocal', 'Sigmoid', 'Softmax', 'Softplus', 'Sqrt', 'Tanh'],
      ] as g.Op[]
    ).map((op) => [op, cases[op]]),
  ),
  'LeakyRelu of a product': (d) => g.leakyRelu(product(d), 0.1),
  'Relu of a product': (d) => g.relu(product(d)),
  'Tanh, mean': (d) => g.reduceMean(g.tanh(d.normal()), { axes: [0] }),
  'Conv, Tanh, AveragePool': (d) =>
    g.averagePool(g.tanh(g.conv(d.normal([2, 2, 5, 5]), d.normal([3, 2, 3, 3]), { strides: 2, pads: 1 })), {
      kernel_shape: 2,
      strides: 1,
    }),
  'Conv, Sigmoid, SpaceToDepth, Conv': (d) => {
    const hidden = g.sigmoid(g.conv(d.normal([2, 1, 4, 6]), d.normal([2, 1, 3, 3]), { pads: 1 }));
    return g.conv(g.spaceToDepth(hidden, 2), d.normal([2, 4, 2, 2]), { group: 2 });
  },
};

for (const [name, network] of Object.entries(networks))
  test(`gradient penalty through ${name}`, async () => {
    for (let draw = 0; draw < 4; draw++) {
      const d = new Draws(random('gradient penalty', name, draw));
      const y = network(d);
      const inputs = [...d.smooth];
      const gradients = backward(y, inputs, d.normal(y.shape));
      const squares = gradients.map((gradient) => g.reshape(g.mul(gradient, gradient), [-1]));
      const penalty = g.concat(squares, 0);
      const reached = new Set(g.leavesOf([penalty]));
      const feeds = Object.fromEntries(Object.entries(d.feeds).filter(([key]) => named(reached).has(key)));
      const wrt = d.smooth.filter((value) => reached.has(value));
      await checkGradients(runtime, { y: penalty, feeds, wrt, random: d.random }).catch((error: Error) => {
        throw new Error(`${name}, draw ${draw}: ${error.message}`, { cause: error });
      });
    }
  });

const named = (values: Iterable<g.Value>) =>
  new Set(Array.from(values, ({ source }) => (source.kind === 'input' ? source.name : '')));

for (const op of ['BatchNormTraining', 'MaxPool'] as const)
  test(`a gradient penalty through ${op} is refused`, () => {
    const d = new Draws(random('refusal', op));
    const y = cases[op](d);
    const [dx] = backward(y, [d.smooth[0]!], d.normal(y.shape)) as [g.Value];
    assert.throws(
      () => backward(g.reduceSum(g.mul(dx, dx)), d.smooth),
      (error) => error instanceof UserError && error.message.startsWith(`${op}Grad in grad has no derivative (second `),
    );
  });
