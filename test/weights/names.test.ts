/** Names of other programs, both ways, and networks recognised by what their weights look like. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildNetwork, type ResNetOptions, resnet, settings } from '../../src/models/index.js';
import { recognise } from '../../src/weights/names/recognise.js';
import { renamed } from '../../src/weights/names/renamed.js';
import { toOurs, toTheirs } from '../../src/weights/names/scheme.js';
import { type SchemeName, schemes } from '../../src/weights/names/schemes.js';
import { userError } from '../data/fixtures.js';

const shapesOf = (net: Parameters<typeof resnet>[0], options: ResNetOptions = {}) =>
  new Map(
    [...buildNetwork(resnet(net, options), { batch: 1 }).build.parameters].map(([name, { shape }]) => [
      name,
      shape as readonly number[],
    ]),
  );

describe('a naming scheme', () => {
  for (const scheme of Object.keys(schemes) as SchemeName[])
    it(`of ${schemes[scheme].title} has a name for every weight, and leads back from it`, () => {
      const [there, back] = [toTheirs(schemes[scheme]), toOurs(schemes[scheme])];
      for (const [net, options] of [
        ['RESNET50', {}],
        ['CIFAR_RESNET110', { shortcut: 'C' }],
        ['RESNET18', { norm: 'none' }],
      ] as const) {
        const names = [...shapesOf(net, options).keys()];
        const theirs = names.map(there);
        assert.equal(new Set(theirs).size, names.length);
        assert.deepEqual(
          theirs.map((name) => back(name!)),
          names,
        );
      }
    });

  it('has no name for what it does not know', () => {
    for (const name of ['layer1.0.se.fc1.weight', 'fc.weights', 'layer1.conv1.weight', 'xfc.weight', 'fc_weight'])
      assert.equal(toOurs(schemes.torchvision)(name), undefined, name);
    assert.equal(toOurs(schemes.cifar)('fc.weight'), undefined);
  });

  it('counts from 0 where the other program does, and has no number below', () => {
    const [there, back] = [toTheirs(schemes.huggingface), toOurs(schemes.huggingface)];
    const theirs = 'resnet.encoder.stages.0.layers.1.layer.2.convolution.weight';
    assert.equal(there('layer1.1.conv3.weight'), theirs);
    assert.equal(back(theirs), 'layer1.1.conv3.weight');
    assert.equal(there('layer0.1.conv3.weight'), undefined);
    assert.equal(there('layer1.1.conv0.weight'), undefined);
    assert.equal(back(theirs.replace('stages.0', 'stages.00')), undefined);
  });

  it("is found where a wrapper's prefix is a part of its names", () => {
    const name = toTheirs(schemes.huggingface);
    for (const prefix of ['', 'module.']) {
      const given = [...shapesOf('RESNET50')].map(([ours, shape]) => [`${prefix}${name(ours)}`, shape] as const);
      const found = renamed(new Map(given), 'x.pth');
      assert.deepEqual([found.scheme, found.prefix, found.leftover], ['huggingface', prefix, []]);
      assert.equal(found.tensors.size, given.length);
    }
  });

  it('is found by the names that it knows, behind prefixes', () => {
    const name = toTheirs(schemes.cifar);
    const given = [...shapesOf('CIFAR_RESNET20')].map(
      ([ours, shape]) => [`module.model.${name(ours)}`, shape] as const,
    );
    const extra = [
      ['criterion.weight', [1]],
      ['module.model.bn1.num_batches_tracked', []],
      ['n_averaged', []],
    ] as const;
    const found = renamed(new Map<string, readonly number[]>([...given, ...extra]), 'x.pth');
    assert.deepEqual([found.scheme, found.prefix, found.leftover], ['cifar', 'module.model.', ['criterion.weight']]);
    assert.deepEqual(found.dropped, ['module.model.bn1.num_batches_tracked', 'n_averaged']);
    assert.equal(found.tensors.get('fc.weight')?.theirs, 'module.model.linear.weight');
  });

  it('gives no name twice', () =>
    assert.throws(
      () =>
        renamed(new Map(['module.fc.weight', 'module.conv1.weight', 'fc.weight'].map((name) => [name, 0])), 'x.pth'),
      userError('x.pth', 'both module.fc.weight and fc.weight'),
    ));
});

describe('a network is recognised', () => {
  const cases: readonly (readonly [net: Parameters<typeof resnet>[0], options?: ResNetOptions])[] = [
    ...Object.keys(settings).map((name) => [name] as const),
    ['CIFAR_RESNET20', { shortcut: 'A', classes: 100, channels: 1 }],
    ['CIFAR_RESNET20', { shortcut: 'C' }],
    ['RESNET18', { variant: 'cifar', size: 32 }],
    ['RESNET50', { shortcut: 'A' }],
    ['RESNET50', { shortcut: 'C', norm: 'none', channels: 1, classes: 7 }],
    [{ bottleneck: true, repeats: [1, 2], width: 24 }, { classes: 2 }],
    [{ bottleneck: false, repeats: [1] }, {}],
  ];
  for (const [net, options = {}] of cases)
    it(`by its shapes: ${JSON.stringify(net)} ${JSON.stringify(options)}`, () => {
      const { config } = resnet(net, options);
      const { setting, options: found } = recognise(shapesOf(net, options), 'x.pth');
      const { variant, channels, classes, shortcut, norm } = config;
      assert.deepEqual({ ...setting }, { ...config.setting });
      assert.deepEqual(found, { variant, channels, classes, shortcut, norm });
    });

  const refused: readonly (readonly [
    what: string,
    changes: Record<string, readonly number[] | undefined>,
    ...parts: string[],
  ])[] = [
    ['without a head', { 'fc.weight': undefined }, 'no fc.weight'],
    ['without blocks', { 'layer1.0.conv1.weight': undefined }, 'no layer1.0.conv1.weight'],
    ['with another stem', { 'conv1.weight': [64, 3, 5, 5] }, '5 wide', 'known are 3, 7'],
    ['with a stem of another width', { 'conv1.weight': [32, 3, 7, 7] }, '32 channels', '64'],
    ['with a head of other axes', { 'fc.weight': [10, 64, 1, 1] }, 'expected 2 axes'],
  ];
  for (const [what, changes, ...parts] of refused)
    it(`but not ${what}`, () => {
      const shapes = shapesOf('RESNET18');
      for (const [name, shape] of Object.entries(changes))
        if (shape) shapes.set(name, shape);
        else shapes.delete(name);
      assert.throws(() => recognise(shapes, 'x.pth'), userError('x.pth', 'not recognised', '--net', ...parts));
    });
});
