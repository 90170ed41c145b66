/** The gradient of max pooling: first maximum in scan order, nothing lost, nothing twice. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { backward } from '../../src/autodiff/index.js';
import * as g from '../../src/graph/index.js';
import { random } from '../../src/random/index.js';
import { float32, openRuntime, type Runtime } from '../../src/runtime/index.js';
import { Draws } from '../autodiff/draws.js';
import { pooling } from '../autodiff/geometry.js';
import { assertClose, maxPoolGradient } from './reference.js';
import { everyTarget } from './targets.js';

const runtimes = everyTarget.map((target) => openRuntime({ threads: 1, target }));
after(() => Promise.all(runtimes.map((runtime) => runtime.close())));

interface Question {
  readonly shape: readonly number[];
  readonly attributes: g.PoolAttributes;
  readonly x: Float32Array;
  readonly dy: (shape: readonly number[]) => Float32Array;
}

async function gradient(runtime: Runtime, { shape, attributes, x, dy }: Question) {
  const image = g.input('x', shape);
  const y = g.maxPool(image, attributes);
  const sizes = y.shape as readonly number[];
  const [dx] = backward(y, [image], g.input('dy', sizes)) as [g.Value];
  const program = await runtime.compile({ name: 'pool', outputs: { dx } });
  const fed = dy(sizes);
  const { dx: found } = await program.run({ x: float32(x, shape), dy: float32(fed, sizes) });
  await program.release();
  return { found: found!, expected: maxPoolGradient({ x: shape, y: sizes }, { x, dy: fed }, attributes) };
}

/** Values out of a few, so that most windows hold their maximum more than once. */
const values: Readonly<Record<string, (d: Draws) => number>> = {
  'few values': (d) => d.integer(0, 2),
  'a flat image': () => 0,
  'a flat negative image': () => -3,
  'distinct values': (d) => d.random.normal(),
};

for (const [name, value] of Object.entries(values))
  test(`the first maximum of a window takes its gradient: ${name}`, async () => {
    for (let draw = 0; draw < 25; draw++) {
      const d = new Draws(random('max pool', name, draw));
      const blocks = draw % 3 === 0;
      const { sizes, ...attributes } = pooling(d, blocks ? 2 : undefined);
      const shape = [d.integer(1, 2), blocks ? 16 : d.integer(1, 3), ...sizes];
      const x = Float32Array.from({ length: g.elements(shape) }, () => value(d));
      const dy = (of: readonly number[]) => Float32Array.from({ length: g.elements(of) }, () => d.integer(-9, 9));
      const weights = dy(g.maxPool(g.input('x', shape), attributes).shape as readonly number[]);
      for (const runtime of runtimes) {
        const question = { shape, attributes, x, dy: () => weights };
        const { found, expected } = await gradient(runtime, question);
        const what = `draw ${draw}, x [${shape}], ${JSON.stringify(attributes)}, ${await runtime.target()}`;
        assertClose(found, expected, what, 0);
        // whole numbers add up exactly
        const total = (of: Float32Array) => of.reduce((a, b) => a + b, 0);
        assert.equal(total(found.data as Float32Array), total(weights), `${what}: sum of the gradient`);
      }
    }
  });

test('on a flat image windows that do not overlap have exactly one winner each, the first', async () => {
  const attributes = { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] };
  const x = new Float32Array(16).fill(7);
  const { found } = await gradient(runtimes[0]!, {
    shape: [1, 1, 4, 4],
    attributes,
    x,
    dy: () => Float32Array.of(1, 2, 3, 4),
  });
  assert.deepEqual(Array.from(found.data as Float32Array), [1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0]);
});
