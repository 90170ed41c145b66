/** Features and branches that are left out by chance, by their definitions: Srivastava et al. 2014, Huang et al. 2016. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { input, mul } from '../../src/graph/index.js';
import { networkNamed } from '../../src/models/index.js';
import { Build, dropout, type Layer, preactivated, type Regularisation, residual } from '../../src/nn/index.js';
import { float32, openRuntime } from '../../src/runtime/index.js';
import { drawChances } from '../../src/train/chance.js';
import { noise } from '../goldens/rule.js';

const runtime = openRuntime({ threads: 1 });
after(() => runtime.close());

const SHAPE = [3, 2, 2, 2];
const data = Float32Array.from({ length: 24 }, (_, i) => (i % 5) - 2 + 0.25 * (i % 3));
const training = (regularisation: Regularisation) => new Build({ training: true, ...regularisation });

async function outputOf(layer: Layer, build: Build, chance: Readonly<Record<string, Float32Array>> = {}) {
  const y = layer(input('x', SHAPE), build);
  const program = await runtime.compile({ name: 'layer', outputs: { y } });
  const drawn = [...build.chances].map(([name, { shape }]) => [name, float32(chance[name]!, shape)] as const);
  return (await program.run({ x: float32(data, SHAPE), ...Object.fromEntries(drawn) })).y!.data as Float32Array;
}

const near = (actual: Float32Array, expected: (i: number) => number) => {
  for (const [i, value] of actual.entries()) assert.ok(Math.abs(value - expected(i)) < 1e-5, `${i}: ${value}`);
};

describe('stochastic depth', () => {
  const threefold: Layer = (x) => mul(x, 3);
  const mask = Float32Array.from([0, 1.25, 0]);
  const relu = (value: number) => Math.max(value, 0);
  const maskOf = (i: number) => mask[Math.floor(i / 8)]!;

  it('leaves a branch out for whole images, and makes up for it in the others', async () => {
    const block = residual({ name: 'block', left: [threefold], right: [], depth: 0.5 });
    const build = training({ stochasticDepth: 0.4 });
    const made = await outputOf(block, build, { 'block.kept_branch': mask });
    assert.deepEqual([...build.chances.values()], [{ shape: [3, 1, 1, 1], draw: { kind: 'mask', keep: 0.8 } }]);
    near(made, (i) => relu(data[i]! + 3 * data[i]! * maskOf(i)));
  });

  it('equals torchvision, which divides by the share that stays too', async () => {
    const file = new URL('../../../test/goldens/data/optimizers.json', import.meta.url);
    const { stochasticDepth: golden } = JSON.parse(readFileSync(file, 'utf8')) as {
      stochasticDepth: { p: number; kept: boolean[]; images: number[] };
    };
    const shape = [6, 2, 3, 3];
    const block = preactivated({
      name: 'block',
      first: (x) => x,
      left: [(x) => x],
      right: [(x) => mul(x, 0)],
      depth: 1,
    });
    const build = training({ stochasticDepth: golden.p });
    const y = block(input('x', shape), build);
    // what training draws for an image that stays, and for one that does not
    const drawn = drawChances(build.chances, { seed: 1, step: 0 }, 10).flatMap(({ 'block.kept_branch': mask }) => [
      ...(mask!.data as Float32Array),
    ]);
    const [least, most] = [Math.min(...drawn), Math.max(...drawn)];
    const mask = float32(
      Float32Array.from(golden.kept, (kept) => (kept ? most : least)),
      [6, 1, 1, 1],
    );
    const program = await runtime.compile({ name: 'block', outputs: { y } });
    const feeds = { x: float32(noise('images', shape, 1), shape), 'block.kept_branch': mask };
    near((await program.run(feeds)).y!.data as Float32Array, (i) => golden.images[i]!);
  });

  it('does so before the sum of a ResNet v2 too', async () => {
    const block = preactivated({ name: 'block', first: (x) => x, left: [threefold], right: [], depth: 1 });
    const made = await outputOf(block, training({ stochasticDepth: 0.2 }), { 'block.kept_branch': mask });
    near(made, (i) => data[i]! + 3 * data[i]! * maskOf(i));
  });

  it('grows in a line from nothing in the first block to its share in the last', () => {
    const network = networkNamed('cifar-resnet20', { classes: 10 });
    const build = training({ stochasticDepth: 0.4 });
    network.forward(input('x', [2, ...network.input]), build);
    const kept = [...build.chances.values()].map(({ draw }) => (draw.kind === 'mask' ? draw.keep : Number.NaN));
    assert.equal(kept.length, 8); // the first of nine stays
    for (const [i, keep] of kept.entries()) assert.ok(Math.abs(keep - (1 - (0.4 * (i + 1)) / 8)) < 1e-12, `${kept}`);
  });

  it('is for training alone', async () => {
    const block = residual({ name: 'block', left: [threefold], right: [], depth: 1 });
    const build = new Build({ stochasticDepth: 0.4 });
    near(await outputOf(block, build), (i) => relu(4 * data[i]!));
    assert.equal(build.chances.size, 0);
  });
});

describe('dropout', () => {
  it('leaves out features, each by itself, and makes up for it in the others', async () => {
    const build = training({ dropout: 0.25 });
    const mask = Float32Array.from({ length: 24 }, (_, i) => (i % 4 === 0 ? 0 : 4 / 3));
    const made = await outputOf(dropout, build, { kept_features: mask });
    assert.deepEqual([...build.chances.values()], [{ shape: SHAPE, draw: { kind: 'mask', keep: 0.75 } }]);
    near(made, (i) => data[i]! * mask[i]!);
  });

  it('stands before the last layer', () => {
    const network = networkNamed('cifar-resnet20', { classes: 10 });
    const build = training({ dropout: 0.5 });
    network.forward(input('x', [2, ...network.input]), build);
    assert.deepEqual([...build.chances.values()], [{ shape: [2, 64], draw: { kind: 'mask', keep: 0.5 } }]);
  });
});
