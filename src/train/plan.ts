/** From what a person asks for to a whole configuration: every default of `train` stands here. */
import { basename } from 'node:path';
import type * as v from 'valibot';
import { type Dataset, openData, type Splits } from '../data/dataset.js';
import { drawnDataset } from '../data/drawn/index.js';
import { usualSize } from '../data/usual-size.js';
import { UserError } from '../errors.js';
import { type Network, NetworkConfig, networkNamed, networkOf } from '../models/index.js';
import { imagenetNormalisation } from '../nn/index.js';
import { risesByItself } from '../optim/index.js';
import { type Given, validated } from '../schema.js';
import { type Model, type Preprocessing, readModel, type Weights } from '../weights/index.js';
import { type Augmentation, OptimizerConfig, TrainConfig } from './config.js';
import { type ExtraOptions, extrasFor } from './extras.js';
import { chooseClassifier } from './judges.js';
import type { Judges } from './tasks/index.js';

/** What `train` may be told; all but task and data have defaults that depend on both. */
export interface TrainOptions extends ExtraOptions {
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
  readonly shortcut?: 'A' | 'B' | 'C';
  readonly stride?: 'middle' | 'first';
  readonly upsample?: 'deconv' | 'resize' | 'pixel-shuffle';
  readonly latent?: number;
  readonly epochs?: number;
  /** Ends before that when the task's figure has not improved for so many epochs; no end before by default. */
  readonly patience?: number;
  readonly batch?: number;
  readonly optimizer?: 'sgd' | 'adamw';
  readonly learningRate?: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly schedule?: TrainConfig['schedule'];
  readonly warmup?: number;
  readonly labelSmoothing?: number;
  /** Of reconstruction. `perceptual` needs a classifier. */
  readonly loss?: Exclude<TrainConfig['loss'], 'cross-entropy'>;
  /** Run folder or file of a model that was trained to classify, whose features a perceptual loss compares. */
  readonly classifier?: string;
  /** After which of its stages, from 1; the first half by default. */
  readonly featureStages?: readonly number[];
  /** What their distance counts beside the mean squared error of pixels. */
  readonly featureWeight?: number;
  /** Standard deviation of noise on the pictures seen in training, whose values span 0 … 1; none by default. */
  readonly denoise?: number;
  readonly crop?: readonly [number, number];
  readonly padding?: number;
  readonly flip?: number;
  readonly flipVertical?: number;
  readonly policy?: 'none' | NonNullable<Given<typeof Augmentation>['policy']>;
  readonly jitter?: NonNullable<Given<typeof Augmentation>['jitter']>;
  readonly erase?: number;
  readonly repeats?: number;
  readonly seed?: number;
  readonly validationFraction?: number;
  readonly strict?: boolean;
}

export interface Plan {
  readonly config: TrainConfig;
  readonly network: Network;
  readonly splits: Splits;
  /** Models whose weights stand in its graph. */
  readonly judges?: Judges;
  /** First weights that are not drawn. */
  readonly start?: Weights;
}

/** Everything that a task settles where nothing is said; bench/torch/flowers.py is the twin of `classify` in PyTorch. */
const recipes = {
  classify: { epochs: 20, batch: 64, optimizer: 'sgd', labelSmoothing: 0.1, loss: 'cross-entropy', mirror: {} },
  // pictures take many steps to learn, hence the smaller batch; of the ways to enlarge, resizing learns quickest
  reconstruct: {
    epochs: 30,
    batch: 32,
    optimizer: 'adamw',
    labelSmoothing: 0,
    loss: 'mse',
    mirror: { upsample: 'resize', latent: 256 },
  },
} as const;

/**
 * Peak rate for a batch, by optimiser: the linear scaling rule of Goyal et al. 2017, section 2.1, for SGD; Adam's steps do
 * not grow with the gradient's noise.
 */
const learningRates: { readonly [O in NonNullable<TrainOptions['optimizer']>]: (batch: number) => number } = {
  sgd: (batch) => (0.05 * batch) / 64,
  adamw: () => 1e-3,
};

/** What the images are, by their size: networks take small ones whole. */
type Kind = 'small' | 'photographs';

/** Side up to which images are small, and to which photographs are brought. */
const SIDE = 64;

/** Photographs show their subject at any scale; small pictures fill their frame already. */
const augmentations: Readonly<Record<TrainConfig['task'], Record<Kind, Given<typeof Augmentation>>>> = {
  classify: { photographs: { scale: [0.35, 1], flip: 0.5 }, small: { padding: 4, flip: 0.5 } },
  reconstruct: { photographs: { flip: 0.5 }, small: { flip: 0.5 } },
};

/** Opens the data and settles every choice. @throws UserError for what does not fit together. */
export async function planTraining(options: TrainOptions): Promise<Plan> {
  const { task, seed = 0, validationFraction = 0.2 } = options;
  checkOptions(options);
  const splits = await openSplits(options.data, { task, seed, validationFraction });
  const { classes } = splits.train;
  const { height, width } = (await usualSize(splits.train.source)) ?? { height: SIDE, width: SIDE };
  const kind: Kind = Math.max(height, width) <= SIDE ? 'small' : 'photographs';
  const begun = options.from === undefined ? undefined : await readModel(options.from);
  const own = kind === 'small' ? ([height, width] as const) : ([SIDE, SIDE] as const);
  const network = (begun && continued(options, splits.train, begun)) ?? networkFor(options, splits.train, own);
  const judge = await judgeFor(options, network);
  const recipe = recipes[task];
  const { epochs = recipe.epochs, batch = Math.min(recipe.batch, sensibleBatch(splits.train.length)) } = options;
  const optimizer = optimizerFor(options, recipe.optimizer);
  const extras = await extrasFor(options, { network, train: splits.train, batch, begun });
  const schedule = options.schedule ?? 'cosine';
  const config = validated(
    TrainConfig,
    {
      task,
      data: typeof options.data === 'string' ? options.data : splits.train.name,
      network: network.config,
      preprocessing: preprocessingFor(network, begun),
      augmentation: augmentationFor(options, kind),
      classes: task === 'classify' ? classes : [],
      epochs,
      ...(options.patience !== undefined && { patience: options.patience }),
      batch,
      optimizer,
      learningRate: options.learningRate ?? learningRates[optimizer.name](batch),
      schedule,
      warmup: options.warmup ?? usualWarmup(epochs, schedule),
      labelSmoothing: options.labelSmoothing ?? recipe.labelSmoothing,
      loss: options.loss ?? recipe.loss,
      ...(judge && { perceptual: judge.perceptual }),
      ...(options.denoise && { denoise: options.denoise }),
      ...extras.config,
      seed,
      validationFraction,
      strict: options.strict ?? false,
    },
    'training options',
  );
  const judges = { ...extras.judges, ...(judge && { classifier: judge.classifier }) };
  return { config, network, splits, judges, start: extras.start };
}

const usualWarmup = (epochs: number, schedule: TrainConfig['schedule']): number =>
  risesByItself(schedule) ? 0 : Math.min(5, epochs / 20);

/** The same training for so many epochs, with what follows from that where nothing else was said. */
export const withEpochs = (plan: Plan, epochs: number, { warmup }: Pick<TrainOptions, 'warmup'>): Plan => ({
  ...plan,
  config: { ...plan.config, epochs, warmup: warmup ?? usualWarmup(epochs, plan.config.schedule) },
});

/** The same training with other batches, and the learning rate that goes with them where none was given. */
export function withBatch(plan: Plan, batch: number, { learningRate }: Pick<TrainOptions, 'learningRate'>): Plan {
  const usual = learningRates[plan.config.optimizer.name](batch);
  return { ...plan, config: { ...plan.config, batch, learningRate: learningRate ?? usual } };
}

const ofReconstruction = ['upsample', 'latent', 'loss', 'denoise'] as const;
const ofClassification = ['mixup', 'cutmix', 'classWeights', 'teacher', 'teacherWeight', 'temperature'] as const;
const ofPerceptualLoss = ['classifier', 'featureStages', 'featureWeight'] as const;

/** @throws UserError for options without effect, which somebody expects to have one */
function checkOptions(options: TrainOptions): void {
  const given = (names: readonly (keyof TrainOptions)[]) => names.filter((name) => options[name] !== undefined);
  const { task } = options;
  const foreign = given(task === 'classify' ? [...ofReconstruction, ...ofPerceptualLoss] : ofClassification);
  const other = task === 'classify' ? 'reconstruct' : 'classify';
  if (foreign.length > 0) throw new UserError(`only ${other} takes ${foreign.join(', ')}; leave out to ${task}`);
  const unused = options.loss === 'perceptual' ? [] : given(ofPerceptualLoss);
  if (unused.length > 0)
    throw new UserError(`only the perceptual loss takes ${unused.join(', ')}; choose it, or leave out what it takes`);
}

function judgeFor(
  { loss, classifier: path, featureStages: stages, featureWeight: weight }: TrainOptions,
  network: Network,
) {
  if (loss !== 'perceptual') return undefined;
  if (path === undefined)
    throw new UserError('a perceptual loss compares the features of a classifier; give the one to use as classifier');
  return chooseClassifier({ path, stages, weight }, network.input);
}

/** `drawn`, or `drawn:20000` for so many training images: pictures that the program draws itself. */
export const DRAWN = /^drawn(?::(\d+))?$/;

/** The images behind `data`, split as the configuration says. */
export async function openSplits(
  data: TrainOptions['data'],
  { task, seed, validationFraction }: Pick<TrainConfig, 'task' | 'seed' | 'validationFraction'>,
): Promise<Splits> {
  if (typeof data !== 'string') return data;
  const drawn = DRAWN.exec(data);
  if (!drawn) return openData(data, { task, seed, validationFraction });
  const train = Number(drawn[1] ?? 10_000);
  return drawnDataset({ train, validation: Math.max(1, Math.round(train * validationFraction)), seed });
}

const largestPowerOfTwo = (limit: number) => 2 ** Math.floor(Math.log2(Math.max(limit, 2)));

/** Few images still make eight steps an epoch, as long as batches of eight can be had: fewer would tell batch norm too little. */
export const sensibleBatch = (images: number): number =>
  Math.max(largestPowerOfTwo(images / 8), Math.min(8, largestPowerOfTwo(images)));

function networkFor(options: TrainOptions, { source, classes }: Dataset, own: readonly [number, number]): Network {
  const { task, net = 'resnet18', variant, shortcut, stride, upsample, latent } = options;
  const { mirror } = recipes[task];
  const cifar = variant === 'cifar' || /cifar/i.test(net);
  const shared = {
    size: options.size ?? fitted(own, cifar ? 8 : 32),
    channels: source.kind === 'raster' ? source.channels : 3,
    ...(variant && { variant }),
    ...(shortcut && { shortcut }),
    ...(stride && { stride }),
  };
  if (task === 'classify') return networkNamed(net, { ...shared, classes: classes.length });
  const name = net.startsWith('autoencoder-') ? net : `autoencoder-${net}`;
  return networkNamed(name, { ...shared, ...mirror, ...(upsample && { upsample }), ...(latent && { latent }) });
}

/** The network of a model to begin with, for other classes; where another is asked for, or the task is another one, none. */
function continued({ task, net, size }: TrainOptions, { classes }: Dataset, { card }: Model): Network | undefined {
  const { network } = card;
  if (net !== undefined || task !== card.task) return undefined;
  const resized = size === undefined ? {} : { size };
  if (network.kind === 'resnet')
    return networkOf(validated(NetworkConfig, { ...network, ...resized, classes: classes.length }, 'network'));
  return size === undefined ? networkOf(network) : undefined;
}

/** Sizes that the network halves evenly, and twice at least what it reduces: last maps of one point have lost all sense of place. */
const fitted = (sizes: readonly [number, number], reduction: number) =>
  sizes.map((size) => Math.max(2, Math.ceil(size / reduction)) * reduction) as unknown as readonly [number, number];

/** What a model began with goes on. */
function preprocessingFor({ input }: Network, begun?: Model): Preprocessing {
  const [channels, height, width] = input as readonly [number, number, number];
  if (channels !== 1 && channels !== 3) throw new UserError(`expected a network for 1 or 3 channels, got ${channels}`);
  if (begun?.card.preprocessing.channels === channels) return { ...begun.card.preprocessing, size: [height, width] };
  const { mean, std } = imagenetNormalisation;
  return {
    size: [height, width],
    channels,
    cropRatio: 1,
    interpolation: 'bilinear',
    mean: channels === 3 ? mean : [0.5],
    std: channels === 3 ? std : [0.5],
  };
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
  usual: 'sgd' | 'adamw',
): v.InferOutput<typeof OptimizerConfig> {
  const name = optimizer ?? usual;
  return validated(
    OptimizerConfig,
    { name, ...(momentum !== undefined && { momentum }), ...(weightDecay !== undefined && { weightDecay }) },
    'optimizer options',
  );
}

/** What to call a run before people: `resnet18 on flowers`. */
export const titleOf = ({ network, config }: Plan): string => `${network.name} on ${basename(config.data)}`;
