/** One configuration of a training, validated, saved with the run, and enough to repeat it. */
import * as v from 'valibot';
import { NetworkConfig, ResNetConfig } from '../models/index.js';
import { type DifferentiableAugmentation, differentiableAugmentations } from '../nn/index.js';
import { whole, within } from '../schema.js';
import { Preprocessing } from '../weights/model.js';

/** Operations drawn for each image (src/data/augment/policy.ts), with torchvision's defaults. */
const Policy = v.variant('name', [
  v.strictObject({
    name: v.literal('randaugment'),
    operations: v.optional(whole(1, 16), 2),
    /** Of 0 to 30. */
    magnitude: v.optional(whole(0, 30), 9),
  }),
  v.strictObject({ name: v.literal('trivialaugment') }),
]);

/** Factors of 1 ± amount, hues by ± amount of the circle. */
const Jitter = v.strictObject({
  brightness: v.optional(within({ least: 0 }), 0),
  contrast: v.optional(within({ least: 0 }), 0),
  saturation: v.optional(within({ least: 0 }), 0),
  hue: v.optional(within({ least: 0, most: 0.5 }), 0),
});

export const Augmentation = v.strictObject({
  /** Random crops of this share of the area, resized to the network's size. */
  scale: v.exactOptional(v.pipe(v.tuple([within({ above: 0, most: 1 }), within({ above: 0, most: 1 })]), v.readonly())),
  /** Random shifts by up to this many pixels. */
  padding: v.exactOptional(whole(0, 256)),
  /** Probability of a horizontal flip. */
  flip: v.optional(within({ least: 0, most: 1 }), 0.5),
  /** Probability of a vertical flip. */
  flipVertical: v.exactOptional(within({ least: 0, most: 1 })),
  policy: v.exactOptional(Policy),
  jitter: v.exactOptional(Jitter),
  /** Probability that a part is erased. */
  erase: v.exactOptional(within({ least: 0, most: 1 })),
  /** How often each image of an epoch stands in its order, with other chance. */
  repeats: v.exactOptional(whole(1, 256)),
});

export const OptimizerConfig = v.variant('name', [
  v.strictObject({
    name: v.literal('sgd'),
    momentum: v.optional(within({ least: 0, below: 1 }), 0.9),
    nesterov: v.optional(v.boolean(), true),
    weightDecay: v.optional(within({ least: 0 }), 5e-4),
  }),
  v.strictObject({
    name: v.literal('adamw'),
    beta1: v.optional(within({ least: 0, below: 1 }), 0.9),
    beta2: v.optional(within({ least: 0, below: 1 }), 0.999),
    epsilon: v.optional(within({ above: 0 }), 1e-8),
    weightDecay: v.optional(within({ least: 0 }), 0.01),
  }),
  v.strictObject({
    name: v.literal('muon'),
    momentum: v.optional(within({ least: 0, below: 1 }), 0.95),
    weightDecay: v.optional(within({ least: 0 }), 5e-4),
  }),
]);

/** A loss that compares what a classifier sees, beside the pixels: Johnson et al. 2016, https://arxiv.org/abs/1603.08155 */
export const Perceptual = v.strictObject({
  /** Run folder or file of a model that was trained to classify. */
  classifier: v.string(),
  /** Of its weights: they are part of the loss, so a run goes on with no others. */
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** After which of its stages features are compared, from 1. */
  stages: v.pipe(v.array(whole(1)), v.minLength(1), v.readonly()),
  /** Of the features' distance, beside the mean squared error of pixels, which counts 1. */
  weight: within({ above: 0 }),
});
export type Perceptual = v.InferOutput<typeof Perceptual>;

/** A model file that a training depends on, and the SHA-256 of its weights: a run goes on with no others. */
const Reference = v.strictObject({
  model: v.string(),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});
export type Reference = v.InferOutput<typeof Reference>;

/** Knowledge distillation: Hinton et al. 2015, section 2, https://arxiv.org/abs/1503.02531 */
const Teacher = v.strictObject({
  ...Reference.entries,
  /** Share of the teacher's answers in the loss; the labels have the rest. */
  weight: within({ above: 0, most: 1 }),
  /** By which both networks' logits are divided, so that small probabilities count. */
  temperature: within({ above: 0 }),
});

/** What may go with any training; each part is absent where it is not wanted. */
const Extras = v.strictObject({
  /** The most that the norm of all gradients together may be. */
  clipNorm: v.exactOptional(within({ above: 0 })),
  /** Share of the old value in a running average of all weights (EMA), which is what is judged and kept as the best. */
  averageDecay: v.exactOptional(within({ above: 0, below: 1 })),
  /** Parts of a batch that go through the network one after the other, to save memory. */
  accumulate: v.exactOptional(whole(2, 1024)),
  /** Factor of the learning rate from each stage to the one before it. */
  layerDecay: v.exactOptional(within({ above: 0, below: 1 })),
  /** Whether the inside of stages is computed again for the backward pass instead of being kept. */
  recompute: v.exactOptional(v.boolean()),
  /** Probability that the last residual block is skipped for an image. */
  stochasticDepth: v.exactOptional(within({ above: 0, below: 1 })),
  /** Probability that a feature before the last layer is left out. */
  dropout: v.exactOptional(within({ above: 0, below: 1 })),
  /** Whether residual branches begin as nothing. */
  zeroGamma: v.exactOptional(v.boolean()),
  /** Whether batch norms take their statistics over the batches of all processes. */
  syncBatchNorm: v.exactOptional(v.boolean()),
  /** Images blended in pairs, by shares drawn from Beta(a, a): Zhang et al. 2018, https://arxiv.org/abs/1710.09412 */
  mixup: v.exactOptional(within({ above: 0 })),
  /** Rectangles from another image, of shares drawn from Beta(a, a): Yun et al. 2019, https://arxiv.org/abs/1905.04899 */
  cutmix: v.exactOptional(within({ above: 0 })),
  /** What an error in each class counts. */
  classWeights: v.exactOptional(v.pipe(v.array(within({ least: 0 })), v.readonly())),
  /** Where weights come from instead of chance. */
  start: v.exactOptional(Reference),
  /** The network's first stages, which stay as they are, for so many epochs or always. */
  frozen: v.exactOptional(v.strictObject({ stages: whole(1), epochs: v.exactOptional(whole(1)) })),
  teacher: v.exactOptional(Teacher),
});
export type Extras = v.InferOutput<typeof Extras>;

const CHANGES = Object.keys(differentiableAugmentations) as DifferentiableAugmentation[];

/** How images are learned to be made. */
export const Generation = v.variant('kind', [
  v.strictObject({
    kind: v.literal('vae'),
    /** What the divergence of latent vectors counts beside the reconstruction: Higgins et al. 2017, https://openreview.net/forum?id=Sy2fzU9gl */
    beta: v.optional(within({ least: 0 }), 1),
    /** Epochs over which the divergence comes to count fully; fractions count. Bowman et al. 2016, section 3.1, https://arxiv.org/abs/1511.06349 */
    klWarmup: within({ least: 0 }),
    /** Nats that a latent dimension may tell at no cost. */
    freeBits: v.optional(within({ least: 0 }), 0),
  }),
  v.strictObject({
    kind: v.literal('gan'),
    /** Tells made images from real ones. */
    discriminator: ResNetConfig,
    /** Peak of its learning rate where that is another than the generator's: Heusel et al. 2017, https://arxiv.org/abs/1706.08500 */
    discriminatorRate: v.exactOptional(within({ above: 0 })),
    /** Whether its weights are divided by their largest singular values. */
    spectralNorm: v.optional(v.boolean(), true),
    /** What the squared slope of its scores at real images counts: R1 of Mescheder et al. 2018. */
    r1: v.optional(within({ least: 0 }), 0),
    /** Whether it sees how much the images of a batch differ: Karras et al. 2018; runs from before this was known do not. */
    minibatchDeviation: v.optional(v.boolean(), false),
    /** How all images that it sees are augmented; runs from before this was known had none. */
    diffAugment: v.optional(v.pipe(v.array(v.picklist(CHANGES)), v.readonly()), []),
  }),
]);
export type Generation = v.InferOutput<typeof Generation>;

export const TrainConfig = v.strictObject({
  task: v.picklist(['classify', 'reconstruct', 'generate']),
  /** Folder of images, IDX or CIFAR files. */
  data: v.string(),
  network: NetworkConfig,
  preprocessing: Preprocessing,
  augmentation: Augmentation,
  classes: v.pipe(v.array(v.string()), v.readonly()),
  epochs: whole(1, 100_000),
  /** Epochs without a better figure after which the training ends before its time. */
  patience: v.exactOptional(whole(1, 100_000)),
  batch: whole(1, 65_536),
  optimizer: OptimizerConfig,
  /** Peak of the learning rate. */
  learningRate: within({ above: 0 }),
  schedule: v.picklist(['cosine', 'step', 'constant', 'one-cycle', 'plateau']),
  /** Of the schedule step: epochs after which the rate falls. */
  milestones: v.exactOptional(v.pipe(v.array(within({ above: 0 })), v.readonly())),
  /** Of step and plateau: what the rate is multiplied by when it falls. */
  rateFactor: v.exactOptional(within({ above: 0, below: 1 })),
  /** Of plateau: epochs without progress before it falls. */
  ratePatience: v.exactOptional(whole(0, 100_000)),
  /** Of cosine: where the rate ends. */
  leastRate: v.exactOptional(within({ least: 0 })),
  /** Epochs over which the rate rises to its peak, in a line or as the schedule has it; fractions count. */
  warmup: within({ least: 0 }),
  labelSmoothing: within({ least: 0, below: 1 }),
  loss: v.picklist([
    'cross-entropy',
    'mse',
    'l1',
    'ms-ssim',
    'ms-ssim-l1',
    'perceptual',
    'elbo',
    'hinge',
    'non-saturating',
  ]),
  perceptual: v.exactOptional(Perceptual),
  generation: v.exactOptional(Generation),
  /** A classifier by whose features made images are judged. */
  judge: v.exactOptional(Reference),
  /** Standard deviation of the noise on the pictures that are to be restored, whose values span 0 … 1. */
  denoise: v.exactOptional(within({ above: 0, most: 1 })),
  ...Extras.entries,
  /** Of weights, order and augmentation. */
  seed: whole(0, 2 ** 32 - 1),
  /** Images among which one is drawn, where they come in shards; the default is in src/data/order.ts. */
  shuffleBuffer: v.exactOptional(whole(1)),
  /** Share of the images held out where the folder brings no split of its own. */
  validationFraction: within({ above: 0, below: 1 }),
  /** A broken image ends the training instead of being skipped. */
  strict: v.boolean(),
});
export type TrainConfig = v.InferOutput<typeof TrainConfig>;
