/** Batch normalisation per channel and per position against plain loops in float64, with running statistics. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { input } from '../../src/graph/index.js';
import { Build, batchNorm, type NormOptions, named, type Weights } from '../../src/nn/index.js';
import { random } from '../../src/random/index.js';
import { float32, openRuntime } from '../../src/runtime/index.js';

const [N, C, H, W] = [4, 3, 2, 5] as const;
const SHAPE = [N, C, H, W];

const x = (() => {
  const { normal } = random('batch norm');
  // channels of different scale, and one far from zero, where sums of squares would cancel
  return Float32Array.from({ length: N * C * H * W }, (_, i) => {
    const channel = Math.floor(i / (H * W)) % C;
    return [0, 2, 100][channel]! + [1, 0.1, 3][channel]! * normal();
  });
})();

/** Number of the statistic that an element belongs to. */
const groupOf: Record<'channel' | 'position', (i: number) => number> = {
  channel: (i) => Math.floor(i / (H * W)) % C,
  position: (i) => i % (C * H * W),
};

/** The definition, one statistic at a time. */
function reference({ epsilon = 1e-5, momentum = 0.1, per = 'channel', unbiased = true }: NormOptions, given: Weights) {
  const values = (name: string) => given[`bn.${name}`]!.data;
  const y = new Float64Array(x.length);
  const [runningMean, runningVar] = [[...values('running_mean')], [...values('running_var')]];
  for (const [group] of runningMean.entries()) {
    const members = [...x.keys()].filter((i) => groupOf[per](i) === group);
    const mean = members.reduce((sum, i) => sum + x[i]!, 0) / members.length;
    const squares = members.reduce((sum, i) => sum + (x[i]! - mean) ** 2, 0);
    for (const i of members)
      y[i] =
        ((x[i]! - mean) / Math.sqrt(squares / members.length + epsilon)) * values('weight')[group]! +
        values('bias')[group]!;
    const kept = squares / (members.length - (unbiased ? 1 : 0));
    runningMean[group] = (1 - momentum) * runningMean[group]! + momentum * mean;
    runningVar[group] = (1 - momentum) * runningVar[group]! + momentum * kept;
  }
  return { y, runningMean, runningVar };
}

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.equal(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!) / (1 + Math.abs(expected[i]!));
    assert.ok(error < 2e-5, `${what}[${i}] is ${actual[i]}, expected ${expected[i]}`);
  }
}

const variants: readonly NormOptions[] = [
  {},
  { momentum: 0.3, epsilon: 1e-2 },
  { unbiased: false },
  { per: 'position' },
  { per: 'position', epsilon: 1e-6, momentum: 0.01, unbiased: false },
];

describe('batch normalisation', () => {
  const runtime = openRuntime({ threads: 1 });
  after(() => runtime.close());

  for (const options of variants) {
    const layer = named('bn', batchNorm(options));
    const { per = 'channel', epsilon = 1e-5 } = options;
    const shape: readonly number[] = per === 'channel' ? [C] : [C, H, W];
    const { normal, uniform } = random('parameters', JSON.stringify(options));
    const values = (draw: () => number) => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, draw);
      return float32(data, shape);
    };
    const given = {
      'bn.weight': values(() => 0.5 + uniform()),
      'bn.bias': values(normal),
      'bn.running_mean': values(normal),
      'bn.running_var': values(() => 0.5 + uniform()),
    };

    it(`in training, ${JSON.stringify(options)}`, async () => {
      const build = new Build({ training: true });
      const y = layer(input('x', SHAPE), build);
      assert.deepEqual(
        [...build.parameters.values()].map(({ source, shape }) => [
          source.name,
          shape,
          source.trainable,
          source.decays,
        ]),
        [
          ['bn.weight', shape, true, false],
          ['bn.bias', shape, true, false],
          ['bn.running_mean', shape, false, false],
          ['bn.running_var', shape, false, false],
        ],
      );
      await runtime.write(given);
      const program = await runtime.compile({
        name: 'batch norm',
        outputs: { y, mean: build.updates.get('bn.running_mean')!, variance: build.updates.get('bn.running_var')! },
      });
      const outputs = await program.run({ x: float32(x, SHAPE) });
      const expected = reference(options, given);
      close(outputs.y!.data as Float32Array, expected.y, 'y');
      close(outputs.mean!.data as Float32Array, expected.runningMean, 'running mean');
      close(outputs.variance!.data as Float32Array, expected.runningVar, 'running variance');
    });

    it(`in inference, ${JSON.stringify(options)}`, async () => {
      const build = new Build();
      const y = layer(input('x', ['n', C, H, W]), build);
      assert.equal(build.updates.size, 0);
      const program = await runtime.compile({ name: 'batch norm', outputs: { y } }, { weights: given });
      const outputs = await program.run({ x: float32(x, SHAPE) });
      const value = (name: keyof typeof given, i: number) => given[name].data[groupOf[per](i)]!;
      const expected = Float64Array.from(
        x,
        (v, i) =>
          ((v - value('bn.running_mean', i)) / Math.sqrt(value('bn.running_var', i) + epsilon)) *
            value('bn.weight', i) +
          value('bn.bias', i),
      );
      close(outputs.y!.data as Float32Array, expected, 'y');
    });
  }
});
