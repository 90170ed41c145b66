/** Colours, maps and filters as pictures. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { balance, heat, oklab } from '../../src/inference/colours.js';
import { enlarged } from '../../src/inference/enlarge.js';
import { filterPictures } from '../../src/inference/filters.js';
import { liveliest, mapPicture, principalPictures } from '../../src/inference/map-pictures.js';
import { principalComponents, principalScores } from '../../src/inference/principal.js';
import { buildNetwork, type Network, resnet, transposeResnet } from '../../src/models/index.js';
import { imagenetNormalisation, initialise } from '../../src/nn/index.js';
import { random } from '../../src/random/index.js';
import type { Model } from '../../src/weights/index.js';
import { userError } from '../data/fixtures.js';

/** Relative luminance of an sRGB colour: WCAG 2.2. */
const luminance = (colour: readonly number[]) => {
  const [r, g, b] = colour.map((value) =>
    value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
};

describe('colours', () => {
  it('of OKLab are those of its author', () => {
    // https://bottosson.github.io/posts/oklab: white, and sRGB red, green and blue
    assert.deepEqual(oklab(1, 0, 0), [255, 255, 255]);
    assert.deepEqual(oklab(0.62796, 0.22486, 0.12585), [255, 0, 0]);
    assert.deepEqual(oklab(0.86644, -0.23389, 0.1795), [0, 255, 0]);
    assert.deepEqual(oklab(0.45201, -0.03246, -0.31153), [0, 0, 255]);
  });

  it('grow lighter with every amount, and are balanced about zero', () => {
    for (let i = 1; i < 256; i++) assert.ok(luminance(heat(i / 255)) > luminance(heat((i - 1) / 255)), `${i}`);
    for (const amount of [0.3, 0.7, 1]) {
      const [above, below] = [balance(amount), balance(-amount)];
      assert.ok(Math.abs(luminance(above) - luminance(below)) < 0.06, `${amount}`);
      assert.ok(above[0] > above[2] && below[2] > below[0]);
    }
    assert.deepEqual(heat(7), heat(1));
    assert.deepEqual(balance(-7), balance(-1));
  });
});

describe('maps as pictures', () => {
  const { normal } = random(1, 'maps');
  /** Eight channels that mix three patterns; channel 5 the most of them. */
  const maps = Array.from({ length: 2 }, () => {
    const patterns = Array.from({ length: 3 }, () => Float32Array.from({ length: 20 }, normal));
    const data = new Float32Array(8 * 20);
    for (let c = 0; c < 8; c++)
      for (let p = 0; p < 20; p++)
        data[c * 20 + p] =
          (c === 5 ? 9 : 1) * patterns[0]![p]! + 0.3 * (c % 2) * patterns[1]![p]! + 0.1 * c * patterns[2]![p]!;
    return { shape: [8, 4, 5], data };
  });

  it('show a channel from its least to its largest value', () => {
    const { data, height, width } = mapPicture(maps[0]!, 2);
    assert.deepEqual([height, width], [4, 5]);
    const values = maps[0]!.data.subarray(40, 60);
    const at = (value: number) => [...data.subarray(3 * values.indexOf(value), 3 * values.indexOf(value) + 3)];
    assert.deepEqual(at(Math.min(...values)), [...heat(0)]);
    assert.deepEqual(at(Math.max(...values)), [...heat(1)]);
    assert.deepEqual(new Set(mapPicture({ shape: [1, 2, 2], data: new Float32Array(4) }, 0).data), new Set(heat(0)));
  });

  it('find the channels that vary most', () => {
    assert.ok(liveliest(maps[0]!, 3).includes(5));
    assert.deepEqual(liveliest(maps[0]!, 99), [0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('are light where the strongest pattern of all channels is', () => {
    const pictures = principalPictures(maps);
    for (const [i, { data, height, width }] of pictures.entries()) {
      assert.deepEqual([height, width], [4, 5]);
      const strongest = maps[i]!.data.subarray(100, 120);
      const light = Array.from({ length: 20 }, (_, p) => luminance([...data.subarray(3 * p, 3 * p + 3)]));
      const [most, least] = [strongest.indexOf(Math.max(...strongest)), strongest.indexOf(Math.min(...strongest))];
      assert.ok(light[most]! > light[least]! + 0.2);
    }
    const moved = principalPictures(maps.map(({ shape, data }) => ({ shape, data: data.map((value) => value + 3) })));
    for (const [i, { data }] of moved.entries())
      for (const [at, value] of data.entries()) assert.ok(Math.abs(value - pictures[i]!.data[at]!) <= 1); // a mean tells nothing
  });

  it('are light where the images are, if these are known', () => {
    const shape = [2, 4, 5];
    const ramp = Float32Array.from({ length: 40 }, (_, i) => i % 20);
    const image = (sign: number) => ({
      data: Uint8Array.from({ length: 80 }, (_, i) => 128 + sign * 10 * Math.floor(i / 10)),
      height: 8,
      width: 10,
      channels: 1 as const,
    });
    for (const sign of [1, -1]) {
      const { data } = principalPictures([{ shape, data: ramp }], [image(sign)])[0]!;
      assert.ok(sign * (luminance([...data.subarray(57)]) - luminance([...data.subarray(0, 3)])) > 0.2);
    }
  });

  it('by the components that a full decomposition finds, dead channels or not', () => {
    const dead = maps.map(({ data }) => ({
      shape: [9, 4, 5],
      data: Float32Array.of(...new Float32Array(20), ...data),
    }));
    for (const given of [maps, dead]) {
      const [channels] = given[0]!.shape as [number];
      const rows = given.flatMap(({ data }) =>
        Array.from({ length: 20 }, (_, p) => Array.from({ length: channels }, (_, c) => data[c * 20 + p]!)),
      );
      const centred = new Matrix(rows).center('column');
      const { diagonal, leftSingularVectors: u } = new SingularValueDecomposition(centred);
      for (const [n, scores] of principalScores(given, 3).entries())
        for (let p = 0; p < 40; p++) {
          const expected = Math.abs(diagonal[n]! * u.get(p, n));
          assert.ok(Math.abs(Math.abs(scores[p]!) - expected) < 1e-4 * diagonal[0]!, `component ${n} at ${p}`);
        }
    }
  });

  it('and so are those of vectors, with their parts of the variance', () => {
    const { normal } = random(3, 'vectors');
    const vectors = Array.from({ length: 12 }, () => Float32Array.from({ length: 5 }, (_, i) => normal() * (5 - i)));
    const { diagonal, rightSingularVectors: v } = new SingularValueDecomposition(
      new Matrix(vectors.map((vector) => [...vector])).center('column'),
    );
    const whole = diagonal.reduce((sum, value) => sum + value ** 2, 0);
    for (const [n, { direction, deviation, share }] of principalComponents(vectors, 3).entries()) {
      const along = direction.reduce((sum, value, i) => sum + value * v.get(i, n), 0);
      assert.ok(Math.abs(Math.abs(along) - 1) < 1e-4, `component ${n}: ${along}`);
      assert.ok(Math.abs(deviation - diagonal[n]! / Math.sqrt(12)) < 1e-3 * deviation);
      assert.ok(Math.abs(share - diagonal[n]! ** 2 / whole) < 1e-3);
    }
    const [first, second] = principalComponents(
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      2,
    );
    assert.ok(Math.abs(first!.share - 1) < 1e-9 && second!.share < 1e-9);
    assert.deepEqual(principalComponents([[4], [4]], 1)[0]!.share, 0);
  });

  it('of nothing, or of one channel, are gray', () => {
    for (const shape of [
      [4, 3, 3],
      [1, 3, 3],
      [4, 1, 1],
    ]) {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).map((_, i) => (shape[0] === 1 ? i : 0));
      const pixels = principalPictures([{ shape, data }])[0]!.data;
      for (let i = 0; i < pixels.length; i += 3) assert.ok(Math.abs(pixels[i]! - pixels[i + 2]!) < 3);
    }
  });

  it('of their own size stay as they are when enlarged', () => {
    const map = { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    assert.deepEqual(enlarged(map, [2, 3]), map.data);
    assert.deepEqual(enlarged({ shape: [1, 1], data: Float32Array.of(7) }, [2, 2]), new Float32Array(4).fill(7));
  });
});

describe('filters', () => {
  const modelOf = (network: Network): Model => ({
    network,
    weights: initialise(buildNetwork(network).build.parameters.values(), 1),
    card: {
      format: 1,
      task: 'generate',
      network: network.config,
      preprocessing: { size: [16, 16], channels: 3, cropRatio: 1, interpolation: 'bilinear', ...imagenetNormalisation },
      classes: [],
      metrics: {},
    },
  });
  const setting = { bottleneck: false, repeats: [1, 1], width: 4 };

  it('of the layer at the pixels, each with the middle for 0 and its own full range', () => {
    const model = modelOf(resnet(setting, { variant: 'cifar', size: 16, classes: 2 }));
    const { name, pictures } = filterPictures(model);
    assert.equal(name, 'conv1.weight');
    assert.equal(pictures.length, 4);
    const { data } = model.weights['conv1.weight']!; // [4, 3, 3, 3]
    for (const [i, { data: pixels, height, width }] of pictures.entries()) {
      assert.deepEqual([height, width], [3, 3]);
      const own = data.subarray(i * 27, (i + 1) * 27);
      const most = own.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
      for (let c = 0; c < 3; c++)
        for (let p = 0; p < 9; p++)
          assert.ok(Math.abs(pixels[p * 3 + c]! - (127.5 + (127.5 * own[c * 9 + p]!) / most)) <= 0.51);
    }
  });

  it('of a transposed network are those that write the pixels', () => {
    const last = (options: object) =>
      filterPictures(modelOf(transposeResnet(setting, { size: 16, latent: 4, ...options })));
    for (const [options, count, side] of [
      [{ of: 'cifar' }, 4, 3], // a convolution, [3, 4, 3, 3]
      [{ of: 'imagenet' }, 4, 8], // a transposed one, [4, 3, 8, 8]
    ] as const) {
      const { name, pictures } = last(options);
      assert.equal(name, 'conv1.weight');
      assert.deepEqual([pictures.length, pictures[0]!.height], [count, side]);
    }
    assert.throws(() => last({ upsample: 'pixel-shuffle' }), userError('12 channels', 'an image has 3'));
  });
});
