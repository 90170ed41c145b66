/** Tiny models of every task, with weights drawn. */
import {
  autoencoder,
  buildNetwork,
  type Network,
  resnet,
  transposeResnet,
  variationalAutoencoder,
} from '../../src/models/index.js';
import { initialise } from '../../src/nn/index.js';
import type { Model } from '../../src/weights/index.js';

const SETTING = { bottleneck: false, repeats: [1, 1], width: 8 };
export const CLASSES = ['ant', 'bee', 'cat', 'dog & <b>wolf</b>', 'eel', 'fox', 'gnu'];
export const size = [16, 24] as const;
const shape = { variant: 'cifar', size } as const;

interface Given {
  readonly task: Model['card']['task'];
  readonly classes?: readonly string[];
  readonly metrics?: Readonly<Record<string, number>>;
  readonly interpolation?: 'bilinear' | 'bicubic';
  readonly cropRatio?: number;
}

function modelOf(network: Network, given: Given): Model {
  const { task, classes = [], metrics = {}, interpolation = 'bilinear', cropRatio = 1 } = given;
  const channels = network.config.kind === 'resnet' ? (network.config.channels as 1 | 3) : 3;
  const statistics = { mean: new Array(channels).fill(0.5), std: new Array(channels).fill(0.25) };
  const preprocessing = { size, channels, cropRatio, interpolation, ...statistics } as const;
  const { parameters } =
    network.decode && network.config.kind === 'transposeResnet'
      ? buildNetwork({ ...network, forward: network.decode }).build
      : buildNetwork(network).build;
  const weights = initialise(parameters.values(), 2);
  return { card: { format: 1, task, network: network.config, preprocessing, classes, metrics }, network, weights };
}

const metrics = { accuracy: 0.934 };
const options = { ...shape, classes: CLASSES.length };
export const models = {
  classifier: modelOf(resnet(SETTING, options), {
    ...{ task: 'classify', classes: CLASSES, metrics, interpolation: 'bicubic', cropRatio: 0.875 },
  }),
  gray: modelOf(resnet(SETTING, { ...options, channels: 1 }), { task: 'classify', classes: CLASSES }),
  coder: modelOf(autoencoder(SETTING, { ...shape, latent: 6 }), { task: 'reconstruct', metrics: { psnr: 18.6 } }),
  maker: modelOf(transposeResnet(SETTING, { of: 'cifar', size, latent: 6, output: 'sigmoid' }), { task: 'generate' }),
  variational: modelOf(variationalAutoencoder(SETTING, { ...shape, latent: 6, classes: 3, output: 'sigmoid' }), {
    ...{ task: 'generate', classes: CLASSES.slice(0, 3) },
  }),
};
