/** The article's networks, stage by stage and name by name, against what its text says rather than what the code does. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildNetwork, type Network, resnet, summarise, transposeResnet } from '../../src/models/index.js';

const depths = [
  { name: 'RESNET18', bottleneck: false, repeats: [2, 2, 2, 2] },
  { name: 'RESNET34', bottleneck: false, repeats: [3, 4, 6, 3] },
  { name: 'RESNET50', bottleneck: true, repeats: [3, 4, 6, 3] },
  { name: 'RESNET101', bottleneck: true, repeats: [3, 4, 23, 3] },
  { name: 'RESNET152', bottleneck: true, repeats: [3, 8, 36, 3] },
] as const;
const sizes = [
  [32, 32],
  [64, 64],
  [224, 224],
  [96, 160],
] as const;
const CLASSES = 10;
const LATENT = 16;

type Depth = (typeof depths)[number];
type Shapes = Readonly<Record<string, readonly number[]>>;

/** Every layer's output shape by its name. */
const shapesOf = (network: Network): Shapes =>
  Object.fromEntries(summarise(network).layers.map(({ layer, output }) => [layer, output]));
const namesOf = (network: Network) => [...buildNetwork(network).build.parameters.keys()];

const biased = (layer: string) => ['weight', 'bias'].map((name) => `${layer}.${name}`);
const normed = (layer: string) => ['weight', 'bias', 'running_mean', 'running_var'].map((name) => `${layer}.${name}`);
const unit = (scope: string, conv: 'conv' | 'deconv') => [...biased(`${scope}.${conv}`), ...normed(`${scope}.bn`)];

/** Blocks of a network of four stages, first to last. */
const blocksOf = ({ repeats }: Depth) =>
  repeats.flatMap((count, i) => Array.from({ length: count }, (_, j) => ({ i, j, name: `res_${i}_${j}` })));

for (const depth of depths)
  describe(`article ${depth.name}`, () => {
    for (const [h, w] of sizes)
      it(`${h} x ${w}: image -> logits`, () => {
        const shapes = shapesOf(resnet(depth.name, { variant: 'article', size: [h, w], classes: CLASSES }));
        const expected: Record<string, readonly number[]> = {
          'conv1.conv': [64, h / 2, w / 2],
          'conv1.bn': [64, h / 2, w / 2],
          maxpool: [64, h / 4, w / 4],
          fc: [CLASSES],
        };
        for (const { i, j, name } of blocksOf(depth)) {
          const [filters, shrunk] = [64 * 2 ** i, [h / 2 ** (i + 2), w / 2 ** (i + 2)]];
          const out = [depth.bottleneck ? 4 * filters : filters, ...shrunk];
          expected[name] = out;
          expected[`${name}_left_myconv1.conv`] = [filters, ...shrunk]; // the stride stands on the first convolution
          expected[`${name}_left_myconv2.conv`] = [filters, ...shrunk];
          if (depth.bottleneck) expected[`${name}_left_myconv3.conv`] = out;
          if (j === 0) expected[`${name}_right_myconv.conv`] = out;
        }
        expected.avgpool = [(depth.bottleneck ? 4 : 1) * 512];
        const convolutions = Object.entries(shapes).filter(([layer]) => !/^res.*bn$/.test(layer));
        assert.deepEqual(Object.fromEntries(convolutions), expected);
      });

    for (const [h, w] of sizes)
      it(`${h} x ${w}: vector -> image`, () => {
        const shapes = shapesOf(transposeResnet(depth.name, { variant: 'article', size: [h, w], latent: LATENT }));
        const [kh, kw] = [h / 32, w / 32];
        const channels = depth.bottleneck ? [64, 128, 256, 512] : [256, 512, 1024, 2048];
        const grown = [
          [8 * kh, 8 * kw],
          [8 * kh, 8 * kw],
          [4 * kh, 4 * kw],
          [2 * kh, 2 * kw],
        ];
        assert.deepEqual(shapes.fc, [2048]);
        assert.deepEqual(shapes.deconv1, [2048, kh, kw]);
        for (const { i, j, name } of blocksOf(depth)) {
          // the last block of a stage (j = 0) doubles, but for stage 0
          const side = j === 0 ? grown[i]! : grown[i]!.map((size) => (i > 0 ? size / 2 : size));
          assert.deepEqual(shapes[name], [channels[i], ...side], name);
        }
        assert.deepEqual(shapes.deconv2, [64, 16 * kh, 16 * kw]);
        assert.deepEqual(shapes.deconv3, [3, h, w]);
      });

    it('names every parameter', () => {
      const forward = blocksOf(depth).flatMap(({ j, name }) => [
        ...unit(`${name}_left_myconv1`, 'conv'),
        ...unit(`${name}_left_myconv2`, 'conv'),
        ...(depth.bottleneck ? unit(`${name}_left_myconv3`, 'conv') : []),
        ...(j === 0 ? unit(`${name}_right_myconv`, 'conv') : []),
      ]);
      assert.deepEqual(namesOf(resnet(depth.name, { variant: 'article', size: 32 })), [
        ...unit('conv1', 'conv'),
        ...forward,
        ...biased('fc'),
      ]);

      const back = blocksOf(depth)
        .reverse()
        .flatMap(({ i, j, name }) => {
          const first = j === depth.repeats[i]! - 1; // the first that is met narrows the channels
          const narrows = depth.bottleneck ? first : first && i < 3;
          return [
            ...(depth.bottleneck
              ? [1, 2, 3].flatMap((n) => unit(`${name}_deconv${n}`, 'deconv'))
              : [1, 2].flatMap((n) => unit(`${name}_left_mydeconv${n}`, 'deconv'))),
            ...(narrows || (i > 0 && j === 0) ? unit(`${name}_right_deconv`, 'deconv') : []),
          ];
        });
      assert.deepEqual(namesOf(transposeResnet(depth.name, { variant: 'article', size: 32, latent: LATENT })), [
        ...biased('fc'),
        ...biased('deconv1'),
        ...back,
        ...biased('deconv2'),
        ...biased('deconv3'),
      ]);
    });
  });

describe('article details', () => {
  it('kernels of the stem and of the last layers grow with the image', () => {
    const forward = buildNetwork(resnet('RESNET18', { variant: 'article', size: [96, 160] })).build.parameters;
    assert.deepEqual(forward.get('conv1.conv.weight')?.shape, [64, 3, 3, 5]);
    const back = buildNetwork(
      transposeResnet('RESNET18', { variant: 'article', size: [96, 160], latent: LATENT }),
    ).build;
    assert.deepEqual(back.parameters.get('deconv1.weight')?.shape, [2048, 2048, 3, 5]);
    assert.deepEqual(back.parameters.get('deconv2.weight')?.shape, [256, 64, 3, 3]);
    assert.deepEqual(back.parameters.get('deconv3.weight')?.shape, [64, 3, 3, 5]);
  });

  it('normalises per position and channel', () => {
    const { parameters } = buildNetwork(resnet('RESNET18', { variant: 'article', size: [64, 96] })).build;
    for (const name of ['weight', 'bias', 'running_mean', 'running_var'])
      assert.deepEqual(parameters.get(`res_3_0_right_myconv.bn.${name}`)?.shape, [512, 2, 3]);
  });

  it("starts as TensorFlow does: Glorot uniform by the filter's own fans, biases 0, gamma 1, beta 0", () => {
    const bound = (from: number, to: number, area: number) => ({
      kind: 'uniform',
      bound: Math.sqrt(6 / ((from + to) * area)),
    });
    const initials = (network: Network) => {
      const { parameters } = buildNetwork(network).build;
      return (name: string) => parameters.get(name)?.source.initial;
    };
    const forward = initials(resnet('RESNET50', { variant: 'article', size: 64, classes: CLASSES }));
    assert.deepEqual(forward('conv1.conv.weight'), bound(3, 64, 4));
    assert.deepEqual(forward('res_1_0_left_myconv2.conv.weight'), bound(128, 128, 9));
    assert.deepEqual(forward('fc.weight'), bound(2048, CLASSES, 1));
    const back = initials(transposeResnet('RESNET50', { variant: 'article', size: 64, latent: LATENT }));
    assert.deepEqual(back('fc.weight'), bound(LATENT, 2048, 1));
    assert.deepEqual(back('deconv1.weight'), bound(2048, 2048, 4));
    assert.deepEqual(back('res_3_0_deconv3.deconv.weight'), bound(512, 512, 1)); // strides by 2
    assert.deepEqual(back('deconv3.weight'), bound(64, 3, 4));
    for (const [of, name] of [
      [forward, 'conv1.conv.bias'],
      [forward, 'fc.bias'],
      [forward, 'conv1.bn.bias'],
      [back, 'deconv2.bias'],
    ] as const)
      assert.deepEqual(of(name), { kind: 'constant', value: 0 });
    assert.deepEqual(forward('conv1.bn.weight'), { kind: 'constant', value: 1 });
  });
});
