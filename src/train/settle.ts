/** What a training is, from what is asked for and what was found: all of its configuration, without opening anything. */
import type * as v from 'valibot';
import type { Dataset } from '../data/numbered.js';
import { optionError, UserError } from '../errors.js';
import { type Network, networkNamed } from '../models/index.js';
import { type Given, validated } from '../schema.js';
import type { Preprocessing } from '../weights/model.js';
import { type Augmentation, type Extras, OptimizerConfig, TrainConfig } from './config.js';
import type { TrainOptions } from './plan.js';
import { picturesOf } from './plan-network.js';
import {
  augmentations,
  type Kind,
  learningRates,
  type Recipe,
  recipeOf,
  sensibleBatch,
  usualDiffAugment,
  usualKlWarmup,
  usualWarmups,
} from './recipes.js';

/** What the options are for. */
export interface Settled {
  readonly train: Pick<Dataset, 'name' | 'length'>;
  /** Names of what is told apart; empty where nothing is. */
  readonly classes: readonly string[];
  readonly kind: Kind;
  readonly network: Network;
  readonly preprocessing: Preprocessing;
  /** Of the models that take part. */
  readonly judge?: Partial<Pick<TrainConfig, 'perceptual' | 'judge'>> | undefined;
  readonly extras?: Extras;
}

/** Samples of a batch. */
export const batchFor = (
  options: Pick<TrainOptions, 'task' | 'kind' | 'batch'>,
  { train, kind }: Pick<Settled, 'train' | 'kind'>,
): number => options.batch ?? Math.min(recipeOf(options).batch[kind], sensibleBatch(train.length));

/** The whole configuration. @throws UserError for options out of bounds */
export function settledConfig(options: TrainOptions, found: Settled): TrainConfig {
  const { task } = options;
  const { train, classes, kind, network, preprocessing, judge, extras } = found;
  const recipe = recipeOf(options);
  const { epochs = recipe.epochs } = options;
  const batch = batchFor(options, found);
  const optimizer = optimizerFor(options, recipe);
  const {
    schedule = 'cosine',
    learningRate = learningRates[optimizer.name](batch),
    warmup,
  } = { ...recipe.usual, ...options };
  return validated(
    TrainConfig,
    {
      task,
      data: typeof options.data === 'string' ? options.data : train.name,
      network: network.config,
      preprocessing,
      augmentation: augmentationFor(options, kind),
      classes,
      epochs,
      ...(options.patience !== undefined && { patience: options.patience }),
      batch,
      optimizer,
      learningRate,
      schedule,
      ...defined({
        milestones: options.milestones,
        rateFactor: options.rateFactor,
        ratePatience: options.ratePatience,
        leastRate: options.leastRate,
      }),
      warmup: warmup ?? usualWarmups[schedule](epochs),
      labelSmoothing: options.labelSmoothing ?? recipe.labelSmoothing,
      loss: options.loss ?? options.ganLoss ?? recipe.loss,
      ...judge,
      ...(task === 'generate' && { generation: generationFor(options, { epochs, network }) }),
      ...(options.denoise && { denoise: options.denoise }),
      ...extras,
      seed: options.seed ?? 0,
      ...(options.shuffleBuffer !== undefined && { shuffleBuffer: options.shuffleBuffer }),
      validationFraction: options.validationFraction ?? VALIDATION,
      strict: options.strict ?? false,
    },
    'training options',
    { areOptions: true },
  );
}

/** Share of the images that is held out where nothing is said. */
export const VALIDATION = 0.2;

/** The ResNet that tells made images of a generator from real ones. @throws UserError where it could not be trained as asked for */
function discriminatorFor({ net = 'resnet18', variant, shortcut, stride, r1 = 0 }: TrainOptions, generator: Network) {
  const [channels, height, width] = picturesOf(generator);
  const { config } = networkNamed(net, {
    size: [height, width],
    channels,
    classes: 1,
    norm: 'none',
    ...(variant === 'cifar' && { variant }),
    ...defined({ shortcut, stride }),
  });
  if (config.kind !== 'resnet') throw new UserError(`expected a ResNet to tell images apart, got ${net}`);
  if (r1 > 0 && config.variant !== 'cifar')
    throw optionError(
      'r1 cannot be had with the max pool of the stem; choose the variant cifar, or leave it out',
      'r1',
      'variant',
    );
  return config;
}

/** What is settled about a generation of so many epochs. */
function generationFor(options: TrainOptions, { epochs, network }: { epochs: number; network: Network }) {
  const { kind = 'vae', beta, klWarmup, freeBits, discriminatorRate, spectralNorm, r1 } = options;
  if (kind === 'gan') {
    const { minibatchDeviation = true, diffAugment = usualDiffAugment } = options;
    const discriminator = discriminatorFor(options, network);
    const further = defined({ discriminatorRate, spectralNorm, r1 });
    return { kind, discriminator, minibatchDeviation, diffAugment, ...further };
  }
  return { kind: 'vae', klWarmup: klWarmup ?? usualKlWarmup(epochs), ...defined({ beta, freeBits }) };
}

function augmentationFor(options: TrainOptions, kind: Kind): Given<typeof Augmentation> {
  const { scale, padding, policy, ...usual } = augmentations[options.task][kind];
  const part = options.crop
    ? { scale: options.crop }
    : options.padding === undefined
      ? { scale, padding }
      : { padding: options.padding };
  const drawn = options.policy ?? policy;
  const { flip, flipVertical, jitter, erase, repeats } = options;
  const chosen = { ...part, policy: drawn === 'none' ? undefined : drawn, flip, flipVertical, jitter, erase, repeats };
  return { ...usual, ...defined(chosen) };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without what is undefined. */
const defined = <T extends object>(given: T): Defined<T> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<T>;

function optimizerFor(
  { optimizer, momentum, weightDecay }: TrainOptions,
  usual: Pick<Recipe, 'optimizer' | 'adamw'>,
): v.InferOutput<typeof OptimizerConfig> {
  const name = optimizer ?? usual.optimizer;
  return validated(
    OptimizerConfig,
    {
      name,
      ...(name === 'adamw' && usual.adamw),
      ...(momentum !== undefined && { momentum }),
      ...(weightDecay !== undefined && { weightDecay }),
    },
    'optimizer options',
    { areOptions: true },
  );
}
