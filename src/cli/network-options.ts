/** Options that shape a network, shared by the commands that make one. */
import { option } from './command.js';
import { count, size } from './values.js';

export const NETWORKS = `Networks: resnet18, 34, 50, 101, 152; resnext50-32x4d, resnext101-32x8d,
resnext101-64x4d; wide-resnet50-2, wide-resnet101-2; resnet50d, seresnet50,
resnetv2-50; cifar-resnet20, 32, 44, 56, 110; any of them after transpose- or
autoencoder-; or a setting of your own such as
'{"bottleneck":false,"repeats":[1,1,1],"width":16}'. A setting may also say
groups, widthPerGroup, stem (plain, deep, deep-tiered), downsample (stride,
average), attention (none, se), reduction and preactivation (true, false).`;

const group = 'Network';

export const networkOptions = {
  size: option('--size <HxW>', 'height and width of the images, or one number', { parse: size, group }),
  variant: option('--variant <name>', 'family; transposed networks come as mirror and article', {
    choices: ['imagenet', 'cifar', 'article', 'mirror'],
    group,
  }),
  shortcut: option('--shortcut <kind>', 'shortcuts padded, projected where shapes change or everywhere, or none', {
    choices: ['A', 'B', 'C', 'none'],
    usual: 'B',
    group,
  }),
  stride: option('--stride <place>', "where bottleneck blocks stride: as torchvision's v1.5, or the paper's v1", {
    choices: ['middle', 'first'],
    usual: 'middle',
    group,
  }),
  upsample: option('--upsample <way>', 'how the transposed network enlarges', {
    choices: ['deconv', 'resize', 'pixel-shuffle'],
    usual: 'deconv',
    group,
  }),
  latent: option('--latent <d>', 'length of the vector in the middle', { parse: count, usual: '128', group }),
} as const;
