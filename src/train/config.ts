/** One configuration of a training, validated, saved with the run, and enough to repeat it. */
import { z } from 'zod';
import { NetworkConfig } from '../models/index.js';
import { Preprocessing } from '../weights/model.js';

export const Augmentation = z.strictObject({
  /** Random crops of this share of the area, resized to the network's size. */
  scale: z
    .tuple([z.number().gt(0).max(1), z.number().gt(0).max(1)])
    .readonly()
    .exactOptional(),
  /** Random shifts by up to this many pixels. */
  padding: z.int().min(0).max(256).exactOptional(),
  /** Probability of a horizontal flip. */
  flip: z.number().min(0).max(1).default(0.5),
});

export const OptimizerConfig = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('sgd'),
    momentum: z.number().min(0).lt(1).default(0.9),
    nesterov: z.boolean().default(true),
    weightDecay: z.number().min(0).default(5e-4),
  }),
  z.strictObject({
    name: z.literal('adamw'),
    beta1: z.number().min(0).lt(1).default(0.9),
    beta2: z.number().min(0).lt(1).default(0.999),
    epsilon: z.number().gt(0).default(1e-8),
    weightDecay: z.number().min(0).default(0.01),
  }),
]);

export const TrainConfig = z.strictObject({
  task: z.enum(['classify', 'reconstruct']),
  /** Folder of images, IDX or CIFAR files. */
  data: z.string(),
  network: NetworkConfig,
  preprocessing: Preprocessing,
  augmentation: Augmentation,
  classes: z.array(z.string()).readonly(),
  epochs: z.int().min(1).max(100_000),
  batch: z.int().min(1).max(65_536),
  optimizer: OptimizerConfig,
  /** Peak of the learning rate. */
  learningRate: z.number().gt(0),
  schedule: z.enum(['cosine', 'step', 'constant']),
  /** Epochs of linear warm-up; fractions count. */
  warmup: z.number().min(0),
  labelSmoothing: z.number().min(0).lt(1),
  /** Loss of reconstruction. */
  loss: z.enum(['cross-entropy', 'mse', 'l1']),
  /** Of weights, order and augmentation. */
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  /** Share of the images held out where the folder brings no split of its own. */
  validationFraction: z.number().gt(0).lt(1),
  /** A broken image ends the training instead of being skipped. */
  strict: z.boolean(),
});
export type TrainConfig = z.infer<typeof TrainConfig>;
