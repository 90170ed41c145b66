/** The naming schemes that are known. A new program is a new row. */
import type { NamingScheme } from './scheme.js';

/** What torchvision and its heirs share with this project. */
const body = [
  ['conv1.{p}', 'conv1.{p}'],
  ['bn1.{p}', 'bn1.{p}'],
  ['layer{s}.{b}.conv{i}.{p}', 'layer{s}.{b}.conv{i}.{p}'],
  ['layer{s}.{b}.bn{i}.{p}', 'layer{s}.{b}.bn{i}.{p}'],
] as const;

/** A block of Hugging Face's, which counts stages and layers from 0. */
const HF_BLOCK = 'resnet.encoder.stages.{s-1}.layers.{b}';

export const schemes = {
  // https://github.com/pytorch/vision/blob/v0.14.1/torchvision/models/resnet.py; timm's are the same:
  // https://github.com/huggingface/pytorch-image-models/blob/v1.0.9/timm/models/resnet.py
  torchvision: {
    title: 'torchvision',
    rows: [...body, ['layer{s}.{b}.downsample.{i}.{p}', 'layer{s}.{b}.downsample.{i}.{p}'], ['fc.{p}', 'fc.{p}']],
  },
  // https://github.com/akamaster/pytorch_resnet_cifar10 and https://github.com/kuangliu/pytorch-cifar
  cifar: {
    title: 'CIFAR scripts in PyTorch',
    rows: [...body, ['layer{s}.{b}.downsample.{i}.{p}', 'layer{s}.{b}.shortcut.{i}.{p}'], ['fc.{p}', 'linear.{p}']],
  },
  // https://github.com/huggingface/transformers/blob/v4.44.0/src/transformers/models/resnet/modeling_resnet.py
  huggingface: {
    title: 'Hugging Face',
    rows: [
      ['conv1.{p}', 'resnet.embedder.embedder.convolution.{p}'],
      ['bn1.{p}', 'resnet.embedder.embedder.normalization.{p}'],
      ['layer{s}.{b}.conv{i}.{p}', `${HF_BLOCK}.layer.{i-1}.convolution.{p}`],
      ['layer{s}.{b}.bn{i}.{p}', `${HF_BLOCK}.layer.{i-1}.normalization.{p}`],
      ['layer{s}.{b}.downsample.0.{p}', `${HF_BLOCK}.shortcut.convolution.{p}`],
      ['layer{s}.{b}.downsample.1.{p}', `${HF_BLOCK}.shortcut.normalization.{p}`],
      ['fc.{p}', 'classifier.1.{p}'], // behind a Flatten
    ],
  },
} as const satisfies Record<string, NamingScheme>;
export type SchemeName = keyof typeof schemes;
