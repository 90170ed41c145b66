/** What a step comes to where several processes have taken it together. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Communicator, oneProcess, type Reducible } from '../../src/communicator/index.js';
import { Crew } from '../../src/train/crew.js';

/** One of two, the other of which says this. */
const beside = (other: readonly number[]): Communicator => ({
  ...oneProcess(),
  size: 2,
  allReduce: async (data: Reducible) => data.set(data.map((value, i) => value + other[i]!)),
});

it('losses are means over the processes, images and what came out right are sums', async () => {
  const own = { loss: 1, learningRate: 0.1, correct: 3, figures: { generatorLoss: 5, gradientNorm: 2 } };
  const crew = await Crew.of(beside([3, 4, 8, 1, 7]));
  const { stop, ...both } = await crew.step(own, { count: 6 }, () => false);
  // gradients are those of all processes already when their norm is taken
  const figures = { generatorLoss: 6, gradientNorm: 2 };
  assert.deepEqual(both, { loss: 2, learningRate: 0.1, correct: 7, images: 14, figures });
  assert.equal(stop(), true);
});

it('of one process, a step is what it was', async () => {
  const own = { loss: 1, learningRate: 0.1, correct: undefined, figures: { generatorLoss: 5 } };
  const { stop, ...same } = await (await Crew.of(oneProcess())).step(own, { count: 6 }, () => false);
  assert.deepEqual(same, { ...own, images: 6 });
  assert.equal(stop(), false);
});
