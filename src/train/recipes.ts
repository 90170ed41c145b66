/** Every default of `train`. */
import type { Given } from '../schema.js';
import type { Augmentation, Generation, TrainConfig } from './config.js';
import type { TrainOptions } from './plan.js';
import type { Mirror } from './plan-network.js';

/** What a task settles where nothing is said. */
export interface Recipe extends Pick<TrainConfig, 'epochs' | 'labelSmoothing' | 'loss'> {
  readonly batch: Readonly<Record<Kind, number>>;
  readonly optimizer: 'sgd' | 'adamw';
  /** Settings of AdamW other than its own defaults. */
  readonly adamw?: { readonly beta1: number; readonly weightDecay: number };
  /** Options as if they had been given. */
  readonly usual?: Pick<TrainOptions, 'schedule' | 'averageDecay'>;
  readonly mirror: Mirror;
  /** The network for images of a side, where neither its name nor its family is said; resnet18 where there is none. */
  readonly network?: (side: number) => Pick<TrainOptions, 'net' | 'variant'>;
}

/** A block of 16, 32, 64, … channels in each of so many stages. */
const smallNetwork = (stages: number) =>
  JSON.stringify({ bottleneck: false, repeats: new Array<number>(stages).fill(1), width: 16 });

/** By task, and of generation by its kind; bench/torch/classify.py is the twin of `classify` in PyTorch. */
const recipes: { readonly [G in Exclude<TrainConfig['task'], 'generate'> | Generation['kind']]: Recipe } = {
  classify: {
    epochs: 20,
    batch: { small: 128, photographs: 64 },
    optimizer: 'sgd',
    usual: { schedule: 'one-cycle' },
    labelSmoothing: 0.1,
    loss: 'cross-entropy',
    mirror: {},
  },
  // pictures take many steps to learn, hence the smaller batch; of the ways to enlarge, resizing learns quickest
  reconstruct: {
    epochs: 30,
    batch: { small: 32, photographs: 32 },
    optimizer: 'adamw',
    labelSmoothing: 0,
    loss: 'mse',
    mirror: { upsample: 'resize', latent: 256 },
  },
  vae: {
    epochs: 30,
    batch: { small: 32, photographs: 32 },
    optimizer: 'adamw',
    labelSmoothing: 0,
    loss: 'elbo',
    mirror: { upsample: 'resize', latent: 64 },
  },
  // with little memory of where it went, since the other side moves: Radford et al. 2016, section 3, https://arxiv.org/abs/1511.06434
  gan: {
    epochs: 60,
    batch: { small: 32, photographs: 32 },
    optimizer: 'adamw',
    adamw: { beta1: 0.5, weightDecay: 0 },
    usual: { schedule: 'constant', averageDecay: 0.999 },
    labelSmoothing: 0,
    loss: 'hinge',
    mirror: { upsample: 'resize', latent: 128 },
    // many steps by small networks come further than few by large ones, and a stem that throws most of an image away sees little to judge by
    network: (side) => ({ net: smallNetwork(Math.max(2, Math.round(Math.log2(side / 4)))), variant: 'cifar' }),
  },
};

export const recipeOf = ({ task, kind = 'vae' }: Pick<TrainOptions, 'task' | 'kind'>): Recipe =>
  recipes[task === 'generate' ? kind : task];

/**
 * Peak rate for a batch, by optimiser: the linear scaling rule of Goyal et al. 2017, section 2.1, for SGD, and for Muon, beside which SGD is;
 * Adam's steps do not grow with the gradient's noise.
 */
export const learningRates: { readonly [O in NonNullable<TrainOptions['optimizer']>]: (batch: number) => number } = {
  sgd: (batch) => (0.1 * batch) / 64,
  adamw: () => 1e-3,
  muon: (batch) => (0.01 * batch) / 64,
};

/** What the images are, by their size: networks take small ones whole. */
export type Kind = 'small' | 'photographs';

/** Side up to which images are small, and to which photographs are brought. */
export const SIDE = 64;

/** Photographs show their subject at any scale; small pictures fill their frame already. */
export const augmentations: Readonly<Record<TrainConfig['task'], Record<Kind, Given<typeof Augmentation>>>> = {
  classify: { photographs: { scale: [0.35, 1], flip: 0.5 }, small: { padding: 4, flip: 0.5 } },
  reconstruct: { photographs: { flip: 0.5 }, small: { flip: 0.5 } },
  // what augmentation brings in would be made too: mirrored letters
  generate: { photographs: { flip: 0 }, small: { flip: 0 } },
};

const twentieth = (epochs: number): number => Math.min(5, epochs / 20);

/** Epochs over which the rate rises, out of so many. */
export const usualWarmups: { readonly [S in TrainConfig['schedule']]: (epochs: number) => number } = {
  cosine: twentieth,
  step: twentieth,
  plateau: twentieth,
  constant: () => 0,
  'one-cycle': (epochs) => (epochs * 3) / 10,
};

/** Epochs over which the divergence of a vae comes to count. */
export const usualKlWarmup = (epochs: number): number => Math.min(10, epochs / 10);

/**
 * How a gan's discriminator sees images: with few of them, and that is the rule, it would know them by heart else. Their colours stay as they
 * are: where they change by chance, it takes the generator long to learn which there are.
 */
export const usualDiffAugment: Extract<Generation, { kind: 'gan' }>['diffAugment'] = ['translation', 'cutout'];

const largestPowerOfTwo = (limit: number) => 2 ** Math.floor(Math.log2(Math.max(limit, 2)));

/** Few images still make eight steps an epoch, as long as batches of eight can be had: fewer would tell batch norm too little. */
export const sensibleBatch = (images: number): number =>
  Math.max(largestPowerOfTwo(images / 8), Math.min(8, largestPowerOfTwo(images)));
