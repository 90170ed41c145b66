/** First values of parameters: their moments and bounds, and that a value depends on seed and name alone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Initial, parameter } from '../../src/graph/index.js';
import { buildNetwork, resnet, transposeResnet } from '../../src/models/index.js';
import { glorot, heFanIn, heFanOut, initialise, torchLinear } from '../../src/nn/index.js';

const COUNT = 200_000;
const fans = { in: 64 * 9, out: 128 * 9 };

const drawn = (initial: Initial) => initialise([parameter('w', [COUNT], { initial })], 1).w!.data;

function moments(values: Float32Array) {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  const fourth = values.reduce((sum, v) => sum + (v - mean) ** 4, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance), kurtosis: fourth / variance ** 2 };
}
const near = (actual: number, expected: number, share = 0.02) =>
  assert.ok(Math.abs(actual - expected) < share * expected, `${actual} is not within ${share} of ${expected}`);

const normals = [
  ['He by fan out', heFanOut, Math.sqrt(2 / fans.out), fans],
  ['He by fan in', heFanIn, Math.sqrt(2 / fans.in), fans],
  ['He by the connections that a stride leaves', heFanIn, Math.sqrt(8 / fans.in), { ...fans, heard: fans.in / 4 }],
] as const;
const uniforms = [
  ['Glorot', glorot, Math.sqrt(6 / (fans.in + fans.out)), fans],
  ["Glorot, whatever the stride, as TensorFlow's", glorot, Math.sqrt(6 / (fans.in + fans.out)), { ...fans, heard: 1 }],
  ["PyTorch's dense layer", torchLinear, 1 / Math.sqrt(fans.in), fans],
] as const;

describe('moments', () => {
  for (const [name, { weight, bias }, deviation, given] of normals)
    it(`${name}: normal of deviation ${deviation.toFixed(4)}`, () => {
      const { mean, deviation: actual, kurtosis } = moments(drawn(weight(given)));
      near(actual, deviation);
      near(kurtosis, 3, 0.05);
      assert.ok(Math.abs(mean) < 0.01 * deviation);
      assert.deepEqual(bias(given), { kind: 'constant', value: 0 });
    });

  for (const [name, { weight }, bound, given] of uniforms)
    it(`${name}: uniform within ${bound.toFixed(4)}`, () => {
      const values = drawn(weight(given));
      const { mean, deviation, kurtosis } = moments(values);
      near(deviation, bound / Math.sqrt(3));
      near(kurtosis, 9 / 5);
      assert.ok(Math.abs(mean) < 0.01 * bound);
      const largest = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
      assert.ok(largest <= bound * (1 + 2 ** -23) && largest > 0.999 * bound);
    });

  it("PyTorch's dense layer draws its bias from the same range", () =>
    assert.deepEqual(torchLinear.bias(fans), torchLinear.weight(fans)));
});

describe('a first value', () => {
  const parameters = [...buildNetwork(resnet('CIFAR_RESNET20')).build.parameters.values()];

  it('is the same for the same seed and another for another', () => {
    assert.deepEqual(initialise(parameters, 5), initialise(parameters, 5));
    assert.notDeepEqual(initialise(parameters, 5)['conv1.weight'], initialise(parameters, 6)['conv1.weight']);
  });

  it('depends neither on the order nor on what stands beside it', () => {
    const all = initialise(parameters, 5);
    assert.deepEqual({ ...initialise([...parameters].reverse(), 5) }, { ...all });
    const [one] = parameters.filter(({ source }) => source.name === 'layer2.0.conv1.weight');
    assert.deepEqual(initialise([one!], 5)['layer2.0.conv1.weight'], all['layer2.0.conv1.weight']);
  });

  it('differs between parameters of one shape', () => {
    const all = initialise(parameters, 5);
    assert.notDeepEqual(all['layer1.0.conv1.weight']!.data, all['layer1.0.conv2.weight']!.data);
  });

  it('of a ResNet is as torchvision states it', () => {
    const initial = Object.fromEntries(
      [...buildNetwork(resnet('RESNET18')).build.parameters.values()].map(({ source }) => [
        source.name,
        source.initial,
      ]),
    );
    assert.deepEqual(initial['conv1.weight'], { kind: 'normal', deviation: Math.sqrt(2 / (64 * 49)) });
    assert.deepEqual(initial['layer2.0.conv1.weight'], { kind: 'normal', deviation: Math.sqrt(2 / (128 * 9)) });
    assert.deepEqual(initial['fc.weight'], { kind: 'uniform', bound: 1 / Math.sqrt(512) });
    assert.deepEqual(initial['bn1.weight'], { kind: 'constant', value: 1 });
    assert.deepEqual(initial['bn1.running_mean'], { kind: 'constant', value: 0 });
    assert.deepEqual(initial['bn1.running_var'], { kind: 'constant', value: 1 });
  });

  it('of a doubling counts a quarter of the kernel, which is what each pixel hears', () => {
    const { parameters: back } = buildNetwork(transposeResnet('RESNET18', { size: 32 })).build;
    assert.deepEqual(back.get('layer2.0.conv1.weight')?.source.initial, {
      kind: 'normal',
      deviation: Math.sqrt(2 / ((128 * 16) / 4)),
    });
  });
});
