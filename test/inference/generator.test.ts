/** Points and ways in the space of vectors, and the images that lie there. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { Generator } from '../../src/inference/generator.js';
import { randomPoints, randomVector, spherical } from '../../src/inference/points.js';
import { buildNetwork, resnet, transposeResnet } from '../../src/models/index.js';
import { imagenetNormalisation, initialise } from '../../src/nn/index.js';
import type { Model } from '../../src/weights/index.js';
import { userError } from '../data/fixtures.js';

const preprocessing = {
  size: [8, 8],
  channels: 3,
  cropRatio: 1,
  interpolation: 'bilinear',
  ...imagenetNormalisation,
} as const;
const setting = { bottleneck: false, repeats: [1], width: 4 };

function modelOf(
  network: Model['network'],
  classes: readonly string[],
  task: Model['card']['task'] = 'generate',
): Model {
  const weights = initialise(buildNetwork(network).build.parameters.values(), 3);
  return { card: { format: 1, task, network: network.config, preprocessing, classes, metrics: {} }, network, weights };
}
const decoder = transposeResnet(setting, { of: 'cifar', size: 8, latent: 5, output: 'sigmoid' });

describe('vectors', () => {
  it('of a seed are the same however many there are, and normal', () => {
    const space = { latent: 6, classes: ['a', 'b'] };
    const [few, many] = [3, 12].map((count) => randomPoints(space, { count, seed: 4 }));
    assert.deepEqual(many!.slice(0, 3), few);
    assert.deepEqual(
      few!.map((point) => point.class),
      [0, 1, 0],
    );
    assert.notDeepEqual(randomPoints(space, { count: 3, seed: 5 }), few);
    assert.deepEqual(
      randomPoints(space, { count: 2, seed: 4, class: 1 }).map((point) => point.class),
      [1, 1],
    );
    assert.equal(randomPoints({ latent: 6, classes: [] }, { count: 1, seed: 4 })[0]!.class, undefined);
    const long = randomVector(5000, 1, 2);
    const mean = long.reduce((sum, value) => sum + value, 0) / 5000;
    const square = long.reduce((sum, value) => sum + value * value, 0) / 5000;
    assert.ok(Math.abs(mean) < 0.05 && Math.abs(square - 1) < 0.07);
  });

  it('on the way from one to another keep their length, which a straight line would not', () => {
    const [a, b] = [Float32Array.of(3, 0, 0), Float32Array.of(0, 3, 0)];
    assert.deepEqual(spherical(a, b, 0), a);
    assert.ok(spherical(a, b, 1).every((value, i) => Math.abs(value - b[i]!) < 1e-6));
    const middle = spherical(a, b, 1 / 3);
    assert.ok(Math.abs(middle[0]! - 3 * Math.cos(Math.PI / 6)) < 1e-5 && Math.abs(middle[1]! - 1.5) < 1e-5);
    assert.deepEqual([...spherical(a, a, 0.3)], [3, 0, 0]);
    assert.deepEqual([...spherical(Float32Array.of(2), Float32Array.of(-2), 0.25)], [1]); // no circle is the great one
  });
});

describe('a generator', () => {
  const generator = Generator.open(modelOf(decoder, ['x', 'y']), { threads: 1, batch: 4 });
  after(() => generator.close());

  it('takes what is left behind the classes for its vector', () => {
    assert.equal(generator.latent, 3);
    assert.deepEqual(generator.classes, ['x', 'y']);
  });

  it('gives each point its image, whatever the batch', async () => {
    const points = randomPoints(generator, { count: 6, seed: 1 });
    const images = await generator.decode(points);
    assert.equal(images.length, 6);
    assert.ok(images.every((image) => image.length === 8 * 8 * 3));
    assert.deepEqual((await generator.decode([points[5]!]))[0], images[5]);
    const [other] = await generator.decode([{ ...points[0]!, class: 1 }]);
    assert.notDeepEqual(other, images[0]);
  });

  it('refuses what is no point of its space', async () => {
    const vector = new Float32Array(3);
    await assert.rejects(generator.decode([{ vector }]), userError('one of 0 to 1', 'got undefined'));
    await assert.rejects(generator.decode([{ vector, class: 2 }]), userError('got 2'));
    await assert.rejects(generator.decode([{ vector: new Float32Array(4), class: 0 }]), userError('vectors of 3', '4'));
    const classifier = resnet(setting, { variant: 'cifar', size: 8, classes: 2 });
    assert.throws(() => Generator.open(modelOf(classifier, ['x', 'y'], 'classify')), userError("'train generate'"));
  });
});
