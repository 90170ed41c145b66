/** What may go with any training, from what a person asks for to the configuration, with the models that it needs. */
import type { Dataset } from '../data/dataset.js';
import { UserError } from '../errors.js';
import { input } from '../graph/index.js';
import type { Network } from '../models/index.js';
import { fingerprint, type Model, readModel, type Weights } from '../weights/index.js';
import type { Extras, Reference } from './config.js';
import { logitsOf } from './judges.js';
import { partsOf } from './parts.js';
import type { Judges } from './tasks/index.js';
import { startFrom } from './transfer.js';

/** Options by which a training differs from the plain one. */
export interface ExtraOptions
  extends Partial<
    Pick<
      Extras,
      | 'clipNorm'
      | 'averageDecay'
      | 'layerDecay'
      | 'stochasticDepth'
      | 'dropout'
      | 'mixup'
      | 'cutmix'
      | 'zeroGamma'
      | 'recompute'
      | 'syncBatchNorm'
    >
  > {
  /** Parts of a batch that go through the network one after the other; 1 by default. */
  readonly accumulate?: number;
  /** What an error in each class counts: `balanced`, in inverse proportion to its images; or numbers. */
  readonly classWeights?: 'balanced' | readonly number[];
  /** Run folder or file of a model whose weights are the first ones, as far as they fit. Its network is the default. */
  readonly from?: string;
  /** How many of the network's first stages stay as they are. */
  readonly freeze?: number;
  /** For so many epochs; always by default. */
  readonly freezeEpochs?: number;
  /** Run folder or file of a classifier whose answers are to be learned too. */
  readonly teacher?: string;
  /** What they count; 0.5 by default, the labels having the rest. */
  readonly teacherWeight?: number;
  /** How much both networks' answers are softened; 4 by default. */
  readonly temperature?: number;
}

interface Situation {
  readonly network: Network;
  readonly train: Dataset;
  readonly batch: number;
  /** The model to begin with. */
  readonly begun: Model | undefined;
}

interface Found {
  readonly config: Extras;
  readonly judges: Judges;
  readonly start: Weights;
}

const plain = [
  'clipNorm',
  'averageDecay',
  'layerDecay',
  'stochasticDepth',
  'dropout',
  'mixup',
  'cutmix',
  'zeroGamma',
  'recompute',
  'syncBatchNorm',
] as const satisfies readonly (keyof Extras)[];

/** @throws UserError for what does not fit together */
export async function extrasFor(options: ExtraOptions, situation: Situation): Promise<Found> {
  const { network, begun, batch } = situation;
  const { accumulate = 1, from, freeze } = options;
  if (batch % accumulate !== 0)
    throw new UserError(
      `a batch of ${batch} has no ${accumulate} equal parts; choose a batch that is a multiple of ${accumulate}`,
    );
  const teacher = options.teacher === undefined ? undefined : await teacherOf(options.teacher, situation);
  const classWeights = classWeightsFor(options.classWeights, situation.train);
  // zero switches off, as leaving out does
  const named = plain.flatMap((name) => (options[name] ? [[name, options[name]]] : []));
  return {
    config: {
      ...(Object.fromEntries(named) as Extras),
      ...(accumulate > 1 && { accumulate }),
      ...(classWeights && { classWeights }),
      ...(begun && from !== undefined && { start: referenceTo(from, begun) }),
      ...(freeze !== undefined && { frozen: frozenStages(options, network) }),
      ...(teacher && {
        teacher: {
          ...referenceTo(options.teacher!, teacher),
          weight: options.teacherWeight ?? 0.5,
          temperature: options.temperature ?? 4,
        },
      }),
    },
    judges: teacher ? { teacher } : {},
    start: begun ? startFrom(begun, network, situation.train.classes).weights : {},
  };
}

const referenceTo = (model: string, { weights }: Model): Reference => ({ model, sha256: fingerprint(weights) });

function frozenStages({ freeze = 0, freezeEpochs }: ExtraOptions, network: Network): NonNullable<Extras['frozen']> {
  const stages = partsOf(network).length - 1;
  if (freeze > stages) throw new UserError(`${network.name} has ${stages} stages to freeze, got ${freeze}`);
  return { stages: freeze, ...(freezeEpochs !== undefined && { epochs: freezeEpochs }) };
}

async function teacherOf(path: string, { network, train }: Situation): Promise<Model> {
  const model = await readModel(path);
  const { card } = model;
  if (card.task !== 'classify' || `${card.classes}` !== `${train.classes}`)
    throw new UserError(
      `the teacher ${path} must tell the classes ${train.classes.join(', ')}, and tells ${card.classes.join(', ') || 'none'}; train it on the same classes`,
    );
  const [channels, height, width] = network.input as readonly [number, number, number];
  if (channels !== card.preprocessing.channels)
    throw new UserError(
      `the teacher ${path} takes images of ${card.preprocessing.channels} channel(s), the network of ${channels}`,
    );
  logitsOf(model, input('images', [2, channels, height, width])); // complains now of a size that it does not take
  return model;
}

/** Means of 1 over the images: scikit-learn's `balanced`. */
function classWeightsFor(given: ExtraOptions['classWeights'], train: Dataset): readonly number[] | undefined {
  const classes = train.classes.length;
  if (given === undefined) return undefined;
  if (given !== 'balanced') {
    if (given.length === classes) return given;
    throw new UserError(`expected a weight for each of the ${classes} classes, got ${given.length}`);
  }
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < train.length; i++) counts[train.label(i)]!++;
  return counts.map((count) => train.length / (classes * Math.max(count, 1)));
}
