/** What a setting may say beside its blocks: the networks that come of it, their mirrors, and how they start. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { input, nodesOf } from '../../src/graph/index.js';
import {
  autoencoder,
  buildNetwork,
  describeSetting,
  type GivenSetting,
  type Network,
  networkNamed,
  networkOf,
  resnet,
  settings,
  summarise,
  transposeResnet,
} from '../../src/models/index.js';
import { Build, initialise } from '../../src/nn/index.js';

const small = { bottleneck: true, repeats: [2, 1], width: 16 } as const;
const options: Readonly<Record<string, Partial<GivenSetting>>> = {
  groups: { groups: 4, widthPerGroup: 32 },
  'twice the width inside': { widthPerGroup: 128 },
  'a deep stem': { stem: 'deep' },
  'a tiered stem': { stem: 'deep-tiered' },
  'averaged shortcuts': { downsample: 'average' },
  attention: { attention: 'se' },
  'norms first': { preactivation: true },
  'all of them': {
    groups: 2,
    widthPerGroup: 48,
    stem: 'deep',
    downsample: 'average',
    attention: 'se',
    reduction: 2,
    preactivation: true,
  },
};

const shapesOf = (network: Network) =>
  Object.fromEntries(summarise(network).layers.map(({ layer, output }) => [layer, output]));
const parametersOf = (network: Network) =>
  [...buildNetwork(network).build.parameters.values()].map(({ source, shape }) => ({ ...source, shape }));

for (const [what, option] of Object.entries(options))
  for (const bottleneck of [true, false]) {
    if (!bottleneck && 'widthPerGroup' in option) continue;
    const setting = { ...small, ...option, bottleneck };
    describe(`${what}, ${bottleneck ? 'bottleneck' : 'basic'}`, () => {
      it('the mirror goes back through the maps of its ResNet, in each of its ways', () => {
        const size = [32, 48] as const;
        const there = shapesOf(resnet(setting, { size }));
        for (const upsample of ['deconv', 'resize', 'pixel-shuffle'] as const) {
          const back = shapesOf(transposeResnet(setting, { size, upsample }));
          assert.deepEqual(back['layer2.0'], there['layer1.1']);
          assert.deepEqual(back['layer1.1'], there['layer1.0']);
          assert.deepEqual(back['layer1.0'], there.maxpool);
          assert.deepEqual(back.conv1 ?? back['conv1.0'], [3, ...size]);
        }
      });

      it('every shortcut makes what the branch beside it makes', () => {
        for (const shortcut of ['A', 'B', 'C', 'none'] as const)
          for (const norm of ['batch', 'none'] as const)
            for (const stride of ['middle', 'first'] as const) {
              const network = resnet(setting, { size: 32, shortcut, norm, stride, classes: 5 });
              assert.deepEqual(buildNetwork(network).y.shape, ['n', 5]);
            }
      });

      it('is the same network again from its configuration, by way of JSON', () => {
        const pair = autoencoder(setting, { size: 32, latent: 4 });
        for (const network of [resnet(setting), transposeResnet(setting), pair]) {
          const again = networkOf(JSON.parse(JSON.stringify(network.config)));
          assert.deepEqual([again.name, again.config], [network.name, network.config]);
          assert.deepEqual(parametersOf(again), parametersOf(network));
        }
      });

      it('has branches that begin as nothing where asked to', () => {
        for (const network of [resnet(setting, { size: 32 }), transposeResnet(setting, { size: 32 })]) {
          const build = new Build({ training: true, zeroGamma: true });
          network.forward(input('input', [2, ...network.input]), build);
          const weights = initialise(build.parameters.values(), 1);
          const nothing = Object.keys(weights).filter(
            (name) => name.endsWith('.weight') && weights[name]!.data.every((number) => number === 0),
          );
          assert.deepEqual(
            [...new Set(nothing.map((name) => name.replace(/\.[^.]+\.weight$/, '')))].sort(),
            ['layer1.0', 'layer1.1', 'layer2.0'],
            `${nothing}`,
          );
          assert.equal(nothing.length, 3);
        }
      });
    });
  }

describe('options', () => {
  it('that a file does not have are as usual', () => {
    const { config } = resnet('RESNET18');
    const { bottleneck, repeats, width } = config.setting;
    const old = networkOf({ ...config, setting: { bottleneck, repeats, width } });
    assert.deepEqual([old.name, old.config], ['resnet18', config]);
  });

  it('show in the names of settings that have none', () => {
    const names: readonly (readonly [setting: GivenSetting, name: string])[] = [
      [{ ...small, groups: 4, widthPerGroup: 32 }, 'bottleneck-resnet-2-1-4x32d'],
      [{ ...small, bottleneck: false, stem: 'deep', downsample: 'average' }, 'basic-resnet-2-1-deep-average'],
      [{ ...small, attention: 'se', preactivation: true }, 'bottleneck-resnetv2-2-1-se'],
    ];
    for (const [setting, name] of names) assert.equal(describeSetting(setting), name);
    for (const name of ['resnext50_32x4d', 'wide-resnet101-2', 'ResNet50d', 'transpose-resnetv2-50'])
      assert.equal(networkNamed(name, { size: 64 }).name, name.toLowerCase().replaceAll('_', '-'));
  });

  it("are named as torchvision's and timm's are", () => {
    const names = parametersOf(resnet({ ...settings.RESNET50D, attention: 'se' })).map(({ name }) => name);
    const bn = (name: string) => ['weight', 'bias', 'running_mean', 'running_var'].map((kind) => `${name}.${kind}`);
    const stem = [
      'conv1.0.weight',
      ...bn('conv1.1'),
      'conv1.3.weight',
      ...bn('conv1.4'),
      'conv1.6.weight',
      ...bn('bn1'),
    ];
    const gate = ['fc1', 'fc2'].flatMap((name) => [`layer1.0.se.${name}.weight`, `layer1.0.se.${name}.bias`]);
    assert.deepEqual(names.slice(0, stem.length), stem);
    assert.deepEqual(
      names.filter((name) => name.startsWith('layer1.0.') && !/\.(?:conv|bn)\d\./.test(name)),
      [...gate, 'layer1.0.downsample.1.weight', ...bn('layer1.0.downsample.2')],
    );
  });

  it('start filters of groups by the connections that they have', () => {
    const initial = Object.fromEntries(
      parametersOf(resnet('RESNEXT50_32X4D')).map(({ name, initial: drawn }) => [name, drawn]),
    );
    assert.deepEqual(initial['layer1.0.conv2.weight'], { kind: 'normal', deviation: Math.sqrt(2 / (4 * 9)) });
  });

  it('put the last norm of ResNet v2 before its maps are averaged', () => {
    const ops = nodesOf([buildNetwork(resnet('RESNETV2_50', { size: 64 })).y]).map(({ op, scope }) => `${scope} ${op}`);
    assert.deepEqual(ops.slice(-5), [
      'bn BatchNormalization',
      'bn Relu',
      'avgpool GlobalAveragePool',
      'avgpool Flatten',
      'fc Gemm',
    ]);
    assert.equal(ops.filter((op) => op === 'layer4.2 Add').length, 1);
    assert.ok(!ops.includes('layer4.2 Relu'));
  });
});
