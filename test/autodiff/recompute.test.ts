/** Gradients by computing the forward pass of each segment a second time are the same gradients. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { backward, backwardRecomputing } from '../../src/autodiff/index.js';
import {
  add,
  fixedShape,
  input,
  mul,
  nodesOf,
  parametersOf,
  reduceSum,
  sigmoid,
  type Value,
} from '../../src/graph/index.js';
import { networkNamed } from '../../src/models/index.js';
import { Build, initialise } from '../../src/nn/index.js';
import { crossEntropy } from '../../src/optim/index.js';
import { float32, openRuntime, type Tensors } from '../../src/runtime/index.js';
import { userError } from '../data/fixtures.js';
import { noise } from '../goldens/rule.js';

function networkLoss(name: string) {
  const network = networkNamed(name, { size: 32, classes: 5 });
  const build = new Build({ training: true });
  const y = network.forward(input('x', [4, ...network.input]), build);
  const loss = crossEntropy(y, input('target', fixedShape(y.shape)));
  const parameters = parametersOf({ name: 'loss', outputs: { loss } });
  return {
    network,
    loss,
    parameters,
    trainable: parameters.filter((p) => p.source.trainable),
    boundaries: build.boundaries,
  };
}

const named = (gradients: readonly Value[]) => Object.fromEntries(gradients.map((g, i) => [`g${i}`, g]));

for (const target of ['portable', undefined] as const)
  describe(`a residual network's gradients, ${target ?? 'as this machine lowers them'}`, () => {
    const runtime = openRuntime({ threads: 1, ...(target && { target }) });
    after(() => runtime.close());

    it('are the same, with the inside of every stage computed twice', async () => {
      const { network, loss, parameters, trainable, boundaries } = networkLoss(
        '{"bottleneck":false,"repeats":[2,1,1],"width":8}',
      );
      assert.equal(boundaries.length, 3);
      const [kept, again] = [backward(loss, trainable), backwardRecomputing(loss, trainable, boundaries)];
      const convolutions = (values: readonly Value[]) => nodesOf(values).filter(({ op }) => op === 'Conv').length;
      assert.ok(convolutions([loss, ...again]) > convolutions([loss, ...kept]));
      await runtime.write(initialise(parameters, 3));
      const feeds: Tensors = {
        x: float32(noise('x', [4, ...network.input], 1), [4, ...network.input]),
        target: float32(
          Float32Array.from({ length: 20 }, (_, i) => (i % 5 === 2 ? 1 : 0)),
          [4, 5],
        ),
      };
      const [first, second] = await Promise.all(
        [kept, again].map(async (gradients) =>
          (await runtime.compile({ name: 'gradients', outputs: named(gradients) })).run(feeds),
        ),
      );
      for (const [name, { data }] of Object.entries(first!)) {
        const largest = (data as Float32Array).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        (data as Float32Array).forEach((value, i) => {
          const other = second![name]!.data[i] as number;
          assert.ok(Math.abs(value - other) <= 1e-4 * largest + 1e-7, `${name}[${i}]: ${value} and ${other}`);
        });
      }
    });
  });

it('a parameter used in two segments gets both gradients; a way around a checkpoint is refused', async () => {
  const { parameters } = networkLoss('{"bottleneck":false,"repeats":[1],"width":4}');
  const w = parameters.find(({ source }) => source.name === 'fc.bias')!;
  const middle = sigmoid(mul(w, w));
  const runtime = openRuntime({ threads: 1, target: 'portable' });
  const loss = reduceSum(mul(middle, w));
  const gradients = { kept: backward(loss, [w])[0]!, again: backwardRecomputing(loss, [w], [middle])[0]! };
  await runtime.write({ 'fc.bias': float32(Float32Array.from([1, -2, 0.5, 3, 0]), [5]) });
  const { kept, again } = await (await runtime.compile({ name: 'shared', outputs: gradients })).run({});
  await runtime.close();
  for (const [i, value] of (kept!.data as Float32Array).entries())
    assert.ok(Math.abs(value - (again!.data[i] as number)) < 1e-6);
  const first = mul(w, 2);
  const checkpoint = sigmoid(first);
  const around = reduceSum(add(checkpoint, first));
  assert.throws(() => backwardRecomputing(around, [w], [checkpoint]), userError('set checkpoints where all ways meet'));
});
