/** What the variants have in common: any setting, size and channels; the same network again from its configuration. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nodesOf } from '../../src/graph/index.js';
import {
  autoencoder,
  buildNetwork,
  type GivenSetting,
  type Network,
  networkNamed,
  networkOf,
  resnet,
  settings,
  summarise,
  transposeResnet,
} from '../../src/models/index.js';

const UPSAMPLES = ['deconv', 'resize', 'pixel-shuffle'] as const;
const DEPTHS = ['RESNET18', 'RESNET34', 'RESNET50', 'RESNET101', 'RESNET152'] as const;
const LATENT = 16;

const parametersOf = (network: Network) =>
  [...buildNetwork(network).build.parameters.values()].map(({ source, shape }) => ({ ...source, shape }));
const shapesOf = (network: Network) =>
  Object.fromEntries(summarise(network).layers.map(({ layer, output }) => [layer, output]));
const outputOf = (network: Network, result: 'forward' | 'embed' = 'forward') =>
  buildNetwork(network, { result }).y.shape;

describe('imagenet', () => {
  it("has torchvision's names", () => {
    const names = parametersOf(resnet('RESNET50', { size: 64 })).map(({ name }) => name);
    const bn = (name: string) => ['weight', 'bias', 'running_mean', 'running_var'].map((kind) => `${name}.${kind}`);
    const block = [1, 2, 3].flatMap((n) => [`layer1.0.conv${n}.weight`, ...bn(`layer1.0.bn${n}`)]);
    const start = [
      'conv1.weight',
      ...bn('bn1'),
      ...block,
      'layer1.0.downsample.0.weight',
      ...bn('layer1.0.downsample.1'),
    ];
    assert.deepEqual(names.slice(0, start.length), start);
    assert.deepEqual(names.slice(-2), ['fc.weight', 'fc.bias']);
    assert.equal(names.length, 5 + 4 * 5 + 16 * 15 + 2); // as many as torchvision's state_dict without its batch counters
  });

  it('strides on the 3x3 by default, on the first 1x1 in version 1', () => {
    const height = (stride: 'middle' | 'first') => {
      const shapes = shapesOf(resnet('RESNET50', { size: 64, stride }));
      return [1, 2, 3].map((n) => shapes[`layer2.0.conv${n}`]?.[1]);
    };
    assert.deepEqual(height('middle'), [16, 8, 8]);
    assert.deepEqual(height('first'), [8, 8, 8]);
  });
});

describe('mirror', () => {
  for (const name of DEPTHS)
    it(`${name} goes back through the maps of its ResNet`, () => {
      const size = [96, 160] as const;
      const [there, back] = [shapesOf(resnet(name, { size })), shapesOf(transposeResnet(name, { size }))];
      const blocks = settings[name].repeats.flatMap((count, i) =>
        Array.from({ length: count }, (_, j) => `layer${i + 1}.${j}`),
      );
      // a block of the mirror makes what the ResNet's block of that name takes: the block before, or the pool
      for (const [k, block] of blocks.entries())
        assert.deepEqual(back[block], there[blocks[k - 1] ?? 'maxpool'], block);
      assert.deepEqual(back.bn, there[blocks.at(-1)!]);
      assert.deepEqual(back['unpool.1'], there.conv1);
      assert.deepEqual(back.conv1, [3, ...size]);
    });

  for (const upsample of UPSAMPLES)
    for (const of of ['imagenet', 'cifar'] as const)
      for (const channels of [1, 3])
        it(`${upsample} of ${of} with ${channels} channels doubles into any size`, () => {
          for (const setting of [
            { bottleneck: false, repeats: [1, 2] },
            { bottleneck: true, repeats: [2, 1, 1], width: 8 },
          ]) {
            const network = transposeResnet(setting, { upsample, of, channels, size: [32, 48], latent: LATENT });
            assert.deepEqual(outputOf(network), ['n', channels, 32, 48]);
          }
        });

  it('bounds its pixels where asked to', () => {
    const last = (output: 'none' | 'sigmoid' | 'tanh') =>
      nodesOf([buildNetwork(transposeResnet('RESNET18', { size: 32, output })).y]).at(-1)?.op;
    assert.equal(last('none'), 'ConvTranspose');
    assert.deepEqual([last('sigmoid'), last('tanh')], ['Sigmoid', 'Tanh']);
  });
});

describe('an autoencoder', () => {
  it('keeps the positions of what it sees, unless told to pool; those of the article pool', () => {
    const head = (network: Network) => shapesOf(network)['encoder.flatten'] ?? shapesOf(network)['encoder.avgpool'];
    assert.deepEqual(head(autoencoder('RESNET18', { size: [64, 96] })), [512 * 2 * 3]);
    assert.deepEqual(head(autoencoder('RESNET18', { size: 64, pooling: 'average' })), [512]);
    assert.deepEqual(head(autoencoder('RESNET50', { size: 64, variant: 'article' })), [2048]);
  });
});

describe('custom settings', () => {
  for (const repeats of [[1], [2, 1], [1, 1, 1], [1, 2, 1, 2, 1], [1, 1, 1, 1, 1, 1]])
    for (const bottleneck of [false, true])
      it(`${bottleneck ? 'bottleneck' : 'basic'} ${repeats}`, () => {
        const setting: GivenSetting = { bottleneck, repeats, width: 4 };
        const deepest = 4 * 2 ** (repeats.length - 1) * (bottleneck ? 4 : 1);
        const reduction = 4 * 2 ** (repeats.length - 1);
        const size = [reduction, 2 * reduction] as const;
        for (const variant of ['imagenet', 'cifar', 'article'] as const) {
          const network = resnet(setting, { variant, size, channels: 1, classes: 5 });
          assert.deepEqual(outputOf(network), ['n', 5]);
          assert.deepEqual(outputOf(network, 'embed'), ['n', deepest]);
        }
        for (const variant of ['mirror', 'article'] as const)
          assert.deepEqual(outputOf(transposeResnet(setting, { variant, size, channels: 1, latent: 3 })), [
            'n',
            1,
            ...size,
          ]);
        const both = autoencoder(setting, { size, channels: 1, latent: 3 });
        assert.deepEqual(
          [outputOf(both), outputOf(both, 'embed')],
          [
            ['n', 1, ...size],
            ['n', 3],
          ],
        );
      });

  it('64 channels wide unless told otherwise, and named by their blocks', () => {
    const network = resnet({ bottleneck: false, repeats: [1, 3] }, { size: 32 });
    const { bottleneck, repeats, width } = network.config.setting;
    assert.deepEqual({ bottleneck, repeats, width }, { bottleneck: false, repeats: [1, 3], width: 64 });
    assert.equal(network.name, 'basic-resnet-1-3');
    assert.equal(resnet({ bottleneck: true, repeats: [3, 4, 6, 3] }).name, 'resnet50');
  });
});

describe('networkOf', () => {
  const networks: readonly Network[] = [
    ...Object.keys(settings).flatMap((name) => {
      const size = name.startsWith('CIFAR') ? 32 : 64;
      return [resnet(name, { size, classes: 10 }), transposeResnet(name, { size, latent: LATENT }), autoencoder(name)];
    }),
    ...(['A', 'B', 'C', 'none'] as const).map((shortcut) => resnet('CIFAR_RESNET20', { shortcut })),
    resnet('RESNET50', { stride: 'first', size: [64, 96] }),
    resnet('RESNET18', { variant: 'article', size: [64, 96] }),
    transposeResnet('RESNET50', { variant: 'article', size: [64, 96] }),
    ...UPSAMPLES.map((upsample) => transposeResnet('RESNET18', { upsample, of: 'cifar', size: 16, output: 'tanh' })),
    autoencoder('RESNET18', { variant: 'article', size: 32, channels: 1, latent: 5 }),
    autoencoder({ bottleneck: true, repeats: [1, 1] }, { size: [16, 24], upsample: 'resize', shortcut: 'C' }),
  ];
  for (const [i, network] of networks.entries())
    it(`${network.name} ${i} again from its configuration, by way of JSON`, () => {
      const again = networkOf(JSON.parse(JSON.stringify(network.config)));
      assert.deepEqual(again.config, network.config);
      assert.deepEqual([again.name, again.input], [network.name, network.input]);
      assert.deepEqual(parametersOf(again), parametersOf(network));
      assert.deepEqual(summarise(again), summarise(network));
    });
});

describe('names', () => {
  it('are read in any case, with dashes or underscores, before JSON settings too', () => {
    assert.equal(resnet('resnet18').name, resnet('RESNET18').name);
    assert.equal(networkNamed('CIFAR-ResNet20').name, 'cifar-resnet20');
    assert.equal(networkNamed('transpose-resnet50').name, 'transpose-resnet50');
    assert.equal(networkNamed('Autoencoder-cifar_resnet20').name, 'autoencoder-cifar-resnet20');
    const custom = networkNamed('autoencoder-{"bottleneck":false,"repeats":[1,1]}', { size: 32 });
    assert.equal(custom.name, 'autoencoder-basic-resnet-1-1');
  });

  it('of the CIFAR family bring their stem, size and classes', () => {
    const { config } = resnet('cifar-resnet20');
    assert.deepEqual([config.variant, config.size, config.classes], ['cifar', [32, 32], 10]);
    assert.deepEqual(transposeResnet('cifar-resnet20').input, [128]);
    assert.deepEqual(outputOf(transposeResnet('cifar-resnet20')), ['n', 3, 32, 32]);
  });
});

describe('the batch', () => {
  const small = { size: 32, channels: 3 } as const;
  const all: readonly Network[] = [
    resnet('RESNET50', small),
    resnet('RESNET18', { ...small, variant: 'article' }),
    resnet('CIFAR_RESNET20', { shortcut: 'A' }),
    transposeResnet('RESNET18', { ...small, variant: 'article' }),
    ...UPSAMPLES.map((upsample) => transposeResnet('RESNET18', { ...small, upsample })),
    autoencoder('RESNET18', small),
  ];
  for (const [i, network] of all.entries())
    it(`stays free through ${network.name} ${i}`, () => {
      const free = nodesOf([buildNetwork(network).y]);
      const fixed = nodesOf([buildNetwork(network, { batch: 5 }).y]);
      assert.equal(free.length, fixed.length);
      for (const [k, node] of free.entries()) {
        const [dim, ...rest] = node.outputs[0]!.shape;
        const where = `${node.op} in ${node.scope}`;
        if (dim !== 'n')
          assert.match(node.op, /Add|Pow|Mul/, where); // of statistics alone
        else assert.deepEqual([5, ...rest], fixed[k]?.outputs[0]?.shape, where);
      }
      assert.equal(buildNetwork(network).y.shape[0], 'n');
    });
});
