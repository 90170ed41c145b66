/** The naming schemes that are known. A new program is a new row. */
import type { NamingScheme } from './scheme.js';

/** What torchvision and its heirs share with this project. */
const body = [
  ['conv1.{p}', 'conv1.{p}'],
  ['bn1.{p}', 'bn1.{p}'],
  ['layer{s}.{b}.conv{i}.{p}', 'layer{s}.{b}.conv{i}.{p}'],
  ['layer{s}.{b}.bn{i}.{p}', 'layer{s}.{b}.bn{i}.{p}'],
] as const;

export const schemes = {
  // https://github.com/pytorch/vision/blob/v0.14.1/torchvision/models/resnet.py
  torchvision: {
    title: 'torchvision',
    rows: [...body, ['layer{s}.{b}.downsample.{i}.{p}', 'layer{s}.{b}.downsample.{i}.{p}'], ['fc.{p}', 'fc.{p}']],
  },
  // https://github.com/akamaster/pytorch_resnet_cifar10 and https://github.com/kuangliu/pytorch-cifar
  cifar: {
    title: 'CIFAR scripts in PyTorch',
    rows: [...body, ['layer{s}.{b}.downsample.{i}.{p}', 'layer{s}.{b}.shortcut.{i}.{p}'], ['fc.{p}', 'linear.{p}']],
  },
} as const satisfies Record<string, NamingScheme>;
export type SchemeName = keyof typeof schemes;
