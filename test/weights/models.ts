/** Models with weights by the rule of the goldens, for tests of what files hold. */
import { buildNetwork, type GivenSetting, type Network, type ResNetOptions, resnet } from '../../src/models/index.js';
import type { Model, ModelCard, Weights } from '../../src/weights/index.js';
import { parameterValue } from '../goldens/rule.js';

export function weightsOf(network: Network): Weights {
  const { build } = buildNetwork(network, { batch: 1 });
  return Object.fromEntries(
    [...build.parameters].map(([name, { shape }]) => {
      const sizes = shape as readonly number[];
      return [name, { dtype: 'float32' as const, shape: sizes, data: parameterValue(name, sizes) }];
    }),
  );
}

/** A classifier with a card in which no value is the usual one. */
export function classifier(net: string | GivenSetting, options: ResNetOptions = {}): Model {
  const network = resnet(net, options);
  const { size, channels, classes } = network.config;
  const card: ModelCard = {
    format: 1,
    task: 'classify',
    network: network.config,
    preprocessing: {
      size,
      channels: channels as 1 | 3,
      cropRatio: 0.95,
      interpolation: 'bicubic',
      mean: [0.5, 0.4, 0.3].slice(0, channels),
      std: [0.2, 0.25, 0.3].slice(0, channels),
    },
    classes: Array.from({ length: classes }, (_, i) => `class "${i}"`),
    metrics: {},
  };
  return { card, network, weights: weightsOf(network) };
}

/** The five of the paper at an eighth of their width, those of CIFAR, and every kind of shortcut. */
export const networks: readonly (readonly [what: string, net: string | GivenSetting, options: ResNetOptions])[] = [
  ['resnet18', { bottleneck: false, repeats: [2, 2, 2, 2], width: 8 }, { classes: 5 }],
  ['resnet34', { bottleneck: false, repeats: [3, 4, 6, 3], width: 8 }, { classes: 5, channels: 1 }],
  ['resnet50', { bottleneck: true, repeats: [3, 4, 6, 3], width: 8 }, { classes: 5, stride: 'first' }],
  ['resnet101', { bottleneck: true, repeats: [3, 4, 23, 3], width: 4 }, { classes: 5, size: [384, 416] }],
  ['resnet152', { bottleneck: true, repeats: [3, 8, 36, 3], width: 4 }, { classes: 5, size: 96 }],
  ['cifar-resnet20', 'cifar-resnet20', {}],
  ['cifar-resnet20 A', 'cifar-resnet20', { shortcut: 'A' }],
  ['cifar-resnet20 C', 'cifar-resnet20', { shortcut: 'C' }],
  ['without norms', { bottleneck: false, repeats: [1, 1], width: 4 }, { norm: 'none', classes: 3 }],
];
