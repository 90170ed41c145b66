/** What `train` can be told, and what it does where nothing is said (src/train/plan.ts decides). */

import { compressions } from '../distributed/compression.js';
import type { FitOptions } from '../train/fit.js';
import { flag, type OptionRow, option } from './command.js';
import { memoryLimit } from './device.js';
import { extraOptions } from './extra-options.js';
import { networkOptions } from './network-options.js';
import { lengthOptions, rateOptions } from './rate-options.js';
import {
  count,
  countOrAuto,
  counts,
  diffAugment,
  jitter,
  natural,
  nonNegative,
  policy,
  positive,
  properShare,
  seed,
  share,
  shareBelowAll,
  shares,
  yesOrNo,
} from './values.js';

const tasks = ['classify', 'reconstruct', 'generate'] as const;
export type Task = (typeof tasks)[number];
export const isTask = (task: string | undefined): task is Task => tasks.some((known) => known === task);

const [learning, images, machine] = ['Learning', 'Images', 'Run'];

const networks = {
  net: option('--net <name>', 'the network, or for reconstruct its encoder', {
    usual: 'resnet18; by a gan a small one for its images',
    group: 'Network',
  }),
  size: { ...networkOptions.size, usual: "64, or the images' own below that" },
  variant: option('--variant <name>', 'family', {
    choices: ['imagenet', 'cifar', 'article'] as const,
    usual: 'by the name of the network',
    group: 'Network',
  }),
  shortcut: networkOptions.shortcut,
  stride: networkOptions.stride,
  upsample: {
    ...networkOptions.upsample,
    help: `reconstruct, generate: ${networkOptions.upsample.help}`,
    usual: 'resize',
  },
  latent: {
    ...networkOptions.latent,
    help: `reconstruct, generate: ${networkOptions.latent.help}`,
    usual: '256 to reconstruct, 64 by a vae, 128 by a gan',
  },
};

const ofLearning = {
  batch: option('--batch <n>', "images per step; 'auto' for as many as fit into memory", {
    parse: countOrAuto,
    usual: '128 to classify images of up to 64 pixels, 64 to classify others, else 32; less of few images',
    group: learning,
  }),
  optimizer: option('--optimizer <name>', 'how weights follow gradients', {
    choices: ['sgd', 'adamw', 'muon'] as const,
    usual: 'sgd to classify, else adamw',
    group: learning,
  }),
  momentum: option('--momentum <m>', 'of sgd and muon, in the way of Nesterov', {
    parse: shareBelowAll,
    usual: '0.9, 0.95 by muon',
    group: learning,
  }),
  weightDecay: option('--weight-decay <d>', 'pull of filters and matrices towards zero', {
    parse: nonNegative,
    usual: '0.0005 with sgd and muon; with adamw 0.01, by a gan 0',
    group: learning,
  }),
  labelSmoothing: option('--label-smoothing <share>', 'classify: doubt about the labels', {
    parse: shareBelowAll,
    usual: '0.1',
    group: learning,
  }),
  loss: option('--loss <name>', 'reconstruct: squared or absolute differences, structure, or what a classifier sees', {
    choices: ['mse', 'l1', 'ms-ssim', 'ms-ssim-l1', 'perceptual'] as const,
    usual: 'mse',
    group: learning,
  }),
  classifier: option('--classifier <model>', 'reconstruct with --loss perceptual, or generate: whose features count', {
    group: learning,
  }),
  featureStages: option('--feature-stages <n,…>', 'the stages of --classifier whose features are compared', {
    parse: counts,
    usual: 'the first half',
    group: learning,
  }),
  featureWeight: option('--feature-weight <w>', 'what their distance counts beside that of pixels', {
    parse: positive,
    usual: '0.01',
    group: learning,
  }),
  denoise: option('--denoise <deviation>', 'reconstruct: noise on what is seen, not on what is wanted; of 0 to 1', {
    parse: share,
    usual: '0',
    group: images,
  }),
  ...extraOptions,
};

const ofVae = {
  conditional: option('--conditional <yes|no>', 'generate: images of a class', {
    parse: yesOrNo,
    usual: 'yes where the images come in classes',
    group: learning,
  }),
  beta: option('--beta <b>', 'generate by a vae: what the divergence of vectors counts', {
    parse: nonNegative,
    usual: '1',
    group: learning,
  }),
  klWarmup: option('--kl-warmup <epochs>', 'generate by a vae: over which the divergence comes to count', {
    parse: nonNegative,
    usual: 'a tenth of all, at most 10',
    group: learning,
  }),
  freeBits: option('--free-bits <nats>', 'generate by a vae: what a latent dimension may tell at no cost', {
    parse: nonNegative,
    usual: '0',
    group: learning,
  }),
};

const ofGan = {
  ganLoss: option('--gan-loss <name>', 'generate by a gan: what both sides make small', {
    choices: ['hinge', 'non-saturating'] as const,
    usual: 'hinge',
    group: learning,
  }),
  discriminatorRate: option('--discriminator-lr <rate>', "generate by a gan: the discriminator's learning rate", {
    parse: positive,
    usual: "the generator's, --lr",
    group: learning,
  }),
  spectralNorm: option('--spectral-norm <yes|no>', 'generate by a gan: bounds how steeply the discriminator judges', {
    parse: yesOrNo,
    usual: 'yes',
    group: learning,
  }),
  r1: option('--r1 <w>', 'generate by a gan: what the squared slope of its judgement of real images counts', {
    parse: nonNegative,
    usual: '0; needs the variant cifar',
    group: learning,
  }),
  minibatchDeviation: option(
    '--minibatch-deviation <yes|no>',
    'generate by a gan: the discriminator sees how much the images of a batch differ',
    { parse: yesOrNo, usual: 'yes', group: learning },
  ),
  diffAugment: option('--diff-augment <a,b>', 'generate by a gan: changes of all images that the discriminator sees', {
    parse: diffAugment,
    usual: 'translation,cutout; also color, or none',
    group: learning,
  }),
};

const ofGeneration = {
  kind: option('--kind <name>', 'generate: a variational autoencoder, or two networks against each other', {
    choices: ['vae', 'gan'] as const,
    usual: 'vae',
    group: learning,
  }),
  ...ofVae,
  ...ofGan,
};

const others = {
  seed: option('--seed <n>', 'of first weights, order and chance', { parse: seed, usual: '0', group: learning }),
  shuffleBuffer: option('--shuffle-buffer <n>', 'of tar shards: images among which one is drawn', {
    parse: count,
    usual: '10000',
    group: learning,
  }),

  crop: option('--crop <least,most>', 'random crops of this share of the area', {
    parse: shares,
    usual: '0.35,1 to classify photographs',
    group: images,
  }),
  padding: option('--padding <pixels>', 'random shifts', {
    parse: natural,
    usual: '4 to classify images of up to 64 pixels',
    group: images,
  }),
  flip: option('--flip <probability>', 'of a mirror image', {
    parse: share,
    usual: '0.5; 0 to generate',
    group: images,
  }),
  flipVertical: option('--flip-vertical <probability>', 'of an image upside down', {
    parse: share,
    usual: '0',
    group: images,
  }),
  policy: option(
    '--augment <policy>',
    'randaugment, trivialaugment or none; randaugment:2,9 for operations,magnitude',
    {
      parse: policy,
      usual: 'none',
      group: images,
    },
  ),
  jitter: option('--color-jitter <b,c,s[,h]>', 'random brightness, contrast, saturation and hue, by up to so much', {
    parse: jitter,
    usual: 'none',
    group: images,
  }),
  erase: option('--erase <probability>', 'of a part in the mean colour', { parse: share, usual: '0', group: images }),
  repeats: option('--repeats <n>', 'times an image comes in an epoch, with other chance; the epoch stays as long', {
    parse: count,
    usual: '1',
    group: images,
  }),
  validationFraction: option('--validation-fraction <share>', 'set aside where the folder has no split of its own', {
    parse: properShare,
    usual: '0.2',
    group: images,
  }),
  strict: flag('--strict', 'stop at a broken image instead of skipping it', { group: images }),
};

/** Options that a training is made of, but its length, its learning rates, and what concerns a gan: keys are those of FitOptions. */
export const trialOptions = { ...networks, ...ofLearning, ...ofVae, ...others };
/** With these. */
export const recipeOptions = {
  ...networks,
  ...lengthOptions,
  ...rateOptions,
  ...ofLearning,
  ...ofGeneration,
  ...others,
} satisfies { readonly [K in keyof Omit<FitOptions, 'task' | 'data'>]: OptionRow };

/** Options of one run of it. */
export const runOptions = {
  out: option('--out <folder>', 'of the run', { usual: 'runs/NET-DATA-1, 2, …', group: machine }),
  resume: option('--resume <run>', 'go on with an interrupted run from its last checkpoint', { group: machine }),
  threads: option('--threads <n>', 'of the engine', {
    parse: count,
    usual: 'every core, divided among the processes of a machine',
    group: machine,
  }),
  compressGradients: option('--compress-gradients <type>', 'between processes: 16 bits of each number', {
    choices: compressions,
    usual: 'none, 32 bits',
    group: machine,
  }),
  workers: option('--workers <n>', 'threads that decode images', {
    parse: count,
    usual: 'one less than cores, at most 4',
    group: machine,
  }),
  device: option('--device <name>', 'where to compute: cpu, webgpu, cuda, or auto for the fastest that works here', {
    usual: 'cpu',
    group: machine,
  }),
  memoryLimit: { ...memoryLimit, group: machine },
  tensorboard: flag('--tensorboard', 'write event files for TensorBoard too', { group: machine }),
  logEvery: option('--log-every <steps>', 'steps between records in metrics.jsonl', {
    parse: count,
    usual: '1',
    group: machine,
  }),
} as const;
