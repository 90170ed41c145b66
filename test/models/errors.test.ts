/** Every refusal says what was expected, what came and what to do. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  autoencoder,
  buildNetwork,
  networkNamed,
  networkOf,
  resnet,
  settingOf,
  transposeResnet,
} from '../../src/models/index.js';
import { userError } from '../data/fixtures.js';

const refused: readonly (readonly [what: string, make: () => unknown, parts: readonly string[]])[] = [
  [
    'a size that is not halved evenly',
    () => resnet('RESNET18', { size: [100, 64] }),
    ['multiples of 32', 'got 100 x 64', 'the nearest is 96 x 64'],
  ],
  ['a size below the smallest', () => resnet('RESNET18', { size: 8 }), ['multiples of 32', 'got 8 x 8', '32 x 32']],
  [
    'a size of the article',
    () => resnet('RESNET50', { variant: 'article', size: 48 }),
    ['multiples of 32', 'got 48 x 48'],
  ],
  ['a size of the mirror', () => transposeResnet('RESNET18', { size: [64, 65] }), ['multiples of 32', 'got 64 x 65']],
  ['a size of the CIFAR family', () => resnet('CIFAR_RESNET20', { size: 30 }), ['multiples of 4', '32 x 32']],
  ['no size', () => resnet('RESNET18', { size: 0 }), ['ResNet options', 'size', 'got 0']],
  [
    'an unknown name',
    () => resnet('RESNET19'),
    ["'RESNET19'", 'resnet18', 'cifar-resnet20', '{ bottleneck, repeats }'],
  ],
  ['an unknown name of the command line', () => networkNamed('transpose-vgg'), ["'vgg'", 'resnet18', 'transpose-']],
  ['inherited names', () => resnet('constructor'), ["'constructor'", 'known are']],
  [
    'an unknown option',
    () => resnet('RESNET18', { clases: 10 } as object),
    ['ResNet options', "'clases'", 'known are', 'classes'],
  ],
  [
    'an option of the other network',
    () => transposeResnet('RESNET18', { classes: 10 } as object),
    ['transposed ResNet options', "'classes'", 'latent'],
  ],
  [
    'a variant that there is not',
    () => resnet('RESNET18', { variant: 'torch' as 'cifar' }),
    ['variant', '"imagenet"', 'got "torch"'],
  ],
  ['no classes', () => resnet('RESNET18', { classes: 0 }), ['classes', '>=1', 'got 0']],
  ['a setting without repeats', () => settingOf({ bottleneck: true } as never), ['{ bottleneck, repeats }', 'repeats']],
  [
    'a setting of wrong types',
    () => settingOf({ bottleneck: 'no', repeats: [1.5] } as never),
    ['bottleneck', 'expected boolean', 'got "no"', 'repeats.0', 'got 1.5'],
  ],
  ['an empty setting', () => settingOf({ bottleneck: true, repeats: [] }), ['repeats', 'length >=1', 'got []']],
  ['a stage without blocks', () => settingOf({ bottleneck: true, repeats: [1, 0] }), ['repeats.1', 'got 0']],
  [
    'groups of blocks without a bottleneck',
    () => resnet({ bottleneck: false, repeats: [1], groups: 4 }),
    ['groups 1', 'got 4', 'set bottleneck'],
  ],
  [
    'groups of less than a channel',
    () => resnet({ bottleneck: true, repeats: [1], width: 8, groups: 2, widthPerGroup: 4 }),
    ['a channel at least', '4 / 64 of 8', 'raise widthPerGroup'],
  ],
  [
    'an option of the setting that there is not',
    () => networkNamed('{"bottleneck":true,"repeats":[1],"atention":"se"}'),
    ["'atention'", 'known are', 'attention', 'preactivation'],
  ],
  [
    'a kind of attention that there is not',
    () => settingOf({ bottleneck: true, repeats: [1], attention: 'cbam' as 'se' }),
    ['attention', '"se"', 'got "cbam"'],
  ],
  [
    'a deep stem of the CIFAR family',
    () => resnet('resnet50d', { variant: 'cifar', size: 32 }),
    ['stem plain', 'cifar'],
  ],
  [
    'a deep stem of the CIFAR family, mirrored',
    () => transposeResnet('resnet50d', { of: 'cifar', size: 32 }),
    ['stem plain', 'cifar', 'got deep'],
  ],
  [
    "options of the article's networks",
    () => resnet('resnext50-32x4d', { variant: 'article' }),
    ['groups 1', 'article', 'got 32'],
  ],
  [
    "options of the article's transposed networks",
    () => transposeResnet('resnetv2-50', { variant: 'article' }),
    ['preactivation false', 'article'],
  ],
  ['a setting that is no JSON', () => networkNamed('{"bottleneck":'), ['{"bottleneck":false', 'got {"bottleneck":']],
  ['a configuration of another kind', () => networkOf({ kind: 'vgg' }), ['"resnet"', 'got "vgg"']],
  ['no configuration', () => networkOf(undefined), ['network configuration', 'got nothing']],
  [
    'an autoencoder whose halves do not meet',
    () => {
      const { config } = autoencoder('RESNET18', { latent: 16 });
      return networkOf({ ...config, decoder: { ...config.decoder, latent: 8 } });
    },
    ['vectors of 16', 'got one for 8', 'set latent'],
  ],
  [
    'training statistics of single values',
    () => buildNetwork(resnet('RESNET18', { size: 32 }), { batch: 1, training: true }),
    ['one value per statistic', 'layer4.0.bn1', 'larger batch'],
  ],
  [
    'training with a free batch',
    () => buildNetwork(resnet('RESNET18', { size: 32 }), { training: true }),
    ["free size 'n'", 'fixed batch'],
  ],
];

describe('refused with reasons', () => {
  for (const [what, make, parts] of refused) it(what, () => assert.throws(make, userError(...parts)));
});
