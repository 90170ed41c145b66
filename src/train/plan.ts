/** From what a person asks for to a whole configuration. */
import { basename } from 'node:path';
import type { Splits } from '../data/dataset.js';
import { isShards, shardsName } from '../data/shards/pattern.js';
import { usualSize } from '../data/usual-size.js';
import { optionError } from '../errors.js';
import type { Network } from '../models/index.js';
import type { adversarialLosses, optimizers } from '../optim/index.js';
import type { Given } from '../schema.js';
import { readModel } from '../weights/index.js';
import { checkOptions, checkOrder } from './check-options.js';
import type { Augmentation, Generation, TrainConfig } from './config.js';
import type { TrainEvents } from './events.js';
import { type ExtraOptions, extrasFor } from './extras.js';
import { chooseClassifier, chooseJudge } from './judge-files.js';
import type { RateOptions } from './learning-rates.js';
import { continued, networkFor, picturesOf, preprocessingFor } from './plan-network.js';
import { type Kind, learningRates, recipeOf, SIDE, usualKlWarmup, usualWarmups } from './recipes.js';
import { batchFor, settledConfig, VALIDATION } from './settle.js';
import { openSplits } from './splits.js';
import type { Training } from './training.js';

/** What `train` may be told; all but task and data have defaults that depend on both. */
export interface TrainOptions extends ExtraOptions, RateOptions {
  readonly task: TrainConfig['task'];
  /** A folder of images, IDX or CIFAR files; `drawn` for pictures drawn by the program; or a data set that is open already. */
  readonly data: string | Splits;
  /** A network's name or JSON setting; resnet18 by default. For `reconstruct` the encoder, whose mirror decodes. */
  readonly net?: string;
  /**
   * Height and width; by default 64, or what images up to that size have themselves: in multiples that the network halves
   * evenly, and large enough to leave more than one point.
   */
  readonly size?: number | readonly [number, number];
  readonly variant?: 'imagenet' | 'cifar' | 'article';
  readonly shortcut?: 'A' | 'B' | 'C' | 'none';
  readonly stride?: 'middle' | 'first';
  readonly upsample?: 'deconv' | 'resize' | 'pixel-shuffle';
  readonly latent?: number;
  readonly epochs?: number;
  /** Ends before that when the task's figure has not improved for so many epochs; no end before by default. */
  readonly patience?: number;
  readonly batch?: number;
  readonly optimizer?: keyof typeof optimizers;
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly labelSmoothing?: number;
  /** Of reconstruction. `perceptual` needs a classifier. */
  readonly loss?: Exclude<TrainConfig['loss'], 'cross-entropy' | 'elbo' | keyof typeof adversarialLosses>;
  /**
   * Run folder or file of a model that was trained to classify, whose features a perceptual loss compares; of generation, by whose features
   * made images are judged.
   */
  readonly classifier?: string;
  /** After which of its stages, from 1; the first half by default. */
  readonly featureStages?: readonly number[];
  /** What their distance counts beside the mean squared error of pixels. */
  readonly featureWeight?: number;
  /** Standard deviation of noise on the pictures seen in training, whose values span 0 … 1; none by default. */
  readonly denoise?: number;
  /** Of generation: a variational autoencoder, by default, or adversarial networks. */
  readonly kind?: Generation['kind'];
  /** Of generation: whether images are made of a class; by default where the data has two classes at least. */
  readonly conditional?: boolean;
  /** Of a vae: what the divergence counts. 1 by default. */
  readonly beta?: number;
  /** Of a vae: epochs over which the divergence comes to count. A tenth of all by default, 10 at most. */
  readonly klWarmup?: number;
  /** Of a vae: nats that each latent dimension may tell at no cost; 0 by default. */
  readonly freeBits?: number;
  /** Of a gan; hinge by default. */
  readonly ganLoss?: keyof typeof adversarialLosses;
  /** Of a gan: the discriminator's learning rate at its peak; the generator's, `learningRate`, by default. */
  readonly discriminatorRate?: number;
  /** Of a gan: whether the discriminator's weights are divided by their largest singular values; so by default. */
  readonly spectralNorm?: boolean;
  /** Of a gan: what the squared slope of the discriminator at real images counts; 0 by default. */
  readonly r1?: number;
  /** Of a gan: whether the discriminator sees how much the images of a batch differ from each other; so by default. */
  readonly minibatchDeviation?: boolean;
  /** How images are augmented before the discriminator sees them; the default is in recipes.ts. */
  readonly diffAugment?: Extract<Generation, { kind: 'gan' }>['diffAugment'];
  readonly crop?: readonly [number, number];
  readonly padding?: number;
  readonly flip?: number;
  readonly flipVertical?: number;
  readonly policy?: 'none' | NonNullable<Given<typeof Augmentation>['policy']>;
  readonly jitter?: NonNullable<Given<typeof Augmentation>['jitter']>;
  readonly erase?: number;
  readonly repeats?: number;
  readonly seed?: number;
  /** Of tar shards: images among which one is drawn, 10,000 by default; more mix better, and read more shards at a time. */
  readonly shuffleBuffer?: number;
  readonly validationFraction?: number;
  readonly strict?: boolean;
}

export interface Plan extends Training {
  readonly splits: Splits;
}

/** Opens the data and settles every choice. @throws UserError for what does not fit together. */
export async function planTraining(given: TrainOptions & Pick<TrainEvents, 'onShard'>): Promise<Plan> {
  const { task, seed = 0, validationFraction = VALIDATION, conditional: labelled, onShard } = given;
  checkOptions(given);
  const splits = await openSplits(given.data, {
    task,
    seed,
    validationFraction,
    labelled,
    ...(onShard && { onShard }),
  });
  checkOrder(given, splits.train);
  const classes = task === 'classify' || isConditional(given, splits) ? splits.train.classes : [];
  const { height, width } = (await usualSize(splits.train.source)) ?? { height: SIDE, width: SIDE };
  const kind: Kind = Math.max(height, width) <= SIDE ? 'small' : 'photographs';
  const begun = given.from === undefined ? undefined : await readModel(given.from);
  const own = kind === 'small' ? ([height, width] as const) : ([SIDE, SIDE] as const);
  const train = { source: splits.train.source, classes };
  const recipe = recipeOf(given);
  const unnamed = given.net === undefined && given.variant === undefined;
  const options = {
    ...recipe.usual,
    ...(unnamed && recipe.network?.(Math.max(...[given.size ?? own].flat()))),
    ...given,
  };
  const network =
    (begun && continued(options, train, begun)) ?? networkFor(options, train, { own, mirror: recipe.mirror });
  const judge = await judgeFor(options, network);
  const found = { train: splits.train, classes, kind, network };
  const batch = batchFor(options, found);
  const extras = await extrasFor(options, { network, train: splits.train, batch, begun });
  const config = settledConfig(options, {
    ...found,
    preprocessing: preprocessingFor(network, begun),
    judge: judge?.config,
    extras: extras.config,
  });
  const judges = { ...extras.judges, ...(judge && { classifier: judge.classifier }) };
  return { config, network, splits, judges, start: extras.start };
}

/** The same training for so many epochs, with what follows from that where nothing else was said. */
export function withEpochs(
  plan: Plan,
  epochs: number,
  { warmup, klWarmup }: Pick<TrainOptions, 'warmup' | 'klWarmup'>,
): Plan {
  const { schedule, generation } = plan.config;
  const config = {
    ...plan.config,
    epochs,
    warmup: warmup ?? usualWarmups[schedule](epochs),
    ...(generation?.kind === 'vae' && {
      generation: { ...generation, klWarmup: klWarmup ?? usualKlWarmup(epochs) },
    }),
  };
  return { ...plan, config };
}

/** The same training with other batches, and the learning rate that goes with them where none was given. */
export function withBatch(plan: Plan, batch: number, { learningRate }: Pick<TrainOptions, 'learningRate'>): Plan {
  const usual = learningRates[plan.config.optimizer.name](batch);
  return { ...plan, config: { ...plan.config, batch, learningRate: learningRate ?? usual } };
}

/** @throws UserError where classes are asked for that the data does not have */
function isConditional({ task, conditional }: TrainOptions, { train }: Splits): boolean {
  const known = train.classes.length > 1 && train.label(0) >= 0;
  if (conditional && !known)
    throw optionError(
      `${train.name} has no two classes; leave out conditional, or give images in folders by class`,
      'conditional',
    );
  return task === 'generate' && (conditional ?? known);
}

/** The classifier that takes part, and what the configuration says of it. */
async function judgeFor(
  { task, loss, classifier: path, featureStages: stages, featureWeight: weight }: TrainOptions,
  network: Network,
) {
  if (task === 'generate' && path !== undefined) {
    const { classifier, judge } = await chooseJudge(path, picturesOf(network));
    return { classifier, config: { judge } };
  }
  if (loss !== 'perceptual') return undefined;
  if (path === undefined)
    throw optionError(
      'a perceptual loss compares the features of a model that tells classes apart; give the one to use as classifier',
      'classifier',
    );
  const { classifier, perceptual } = await chooseClassifier({ path, stages, weight }, network.input);
  return { classifier, config: { perceptual } };
}

/** What to call a run before people: `resnet18 on flowers`. */
export const titleOf = ({ network, config: { data } }: Plan): string =>
  `${network.name} on ${isShards(data) ? shardsName(data) : basename(data)}`;
