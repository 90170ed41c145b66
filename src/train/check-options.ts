/** Options that a training has no use for are refused: who gives one expects it to have an effect. */
import type { Dataset } from '../data/dataset.js';
import { optionError } from '../errors.js';
import type { TrainConfig } from './config.js';
import type { RateOptions } from './learning-rates.js';
import type { TrainOptions } from './plan.js';
import { recipeOf } from './recipes.js';

type Names = readonly (keyof TrainOptions)[];

const ofMirrors = ['upsample', 'latent'] as const satisfies Names;
const ofReconstruction = ['loss', 'denoise'] as const satisfies Names;
const ofClassification = [
  'labelSmoothing',
  'mixup',
  'cutmix',
  'classWeights',
  'teacher',
  'teacherWeight',
  'temperature',
] as const satisfies Names;
const ofPerceptualLoss = ['classifier', 'featureStages', 'featureWeight'] as const satisfies Names;
const ofVae = ['beta', 'klWarmup', 'freeBits'] as const satisfies Names;
const ofGan = [
  'ganLoss',
  'discriminatorRate',
  'spectralNorm',
  'r1',
  'minibatchDeviation',
  'diffAugment',
] as const satisfies Names;
const ofGeneration = ['kind', 'conditional', ...ofVae, ...ofGan] as const satisfies Names;
/** What concerns a single network and its one step; the two of a gan have neither stages in common nor a gradient. */
const ofOneNetwork = [
  'accumulate',
  'recompute',
  'syncBatchNorm',
  'layerDecay',
  'stochasticDepth',
  'dropout',
  'zeroGamma',
  'from',
  'freeze',
  'freezeEpochs',
] as const satisfies Names;

/** What a task has no use for. */
const unfit: { readonly [T in TrainConfig['task']]: Names } = {
  classify: [...ofMirrors, ...ofReconstruction, ...ofPerceptualLoss, ...ofGeneration],
  reconstruct: [...ofClassification, ...ofGeneration],
  generate: [...ofReconstruction, ...ofClassification, 'featureStages', 'featureWeight'],
};

/** And what a kind of generation has none for. */
const unfitKind: { readonly [K in NonNullable<TrainOptions['kind']>]: Names } = {
  vae: ofGan,
  gan: [...ofVae, ...ofOneNetwork],
};

/** What only some schedules of the learning rate take. */
const ofSchedules: { readonly [S in TrainConfig['schedule']]: Names } = {
  cosine: ['leastRate'],
  step: ['milestones', 'rateFactor'],
  constant: [],
  'one-cycle': [],
  plateau: ['ratePatience', 'rateFactor'],
};

/** And of optimisers. */
const ofOptimizers: { readonly [O in TrainConfig['optimizer']['name']]: Names } = {
  sgd: ['momentum'],
  adamw: [],
  muon: ['momentum'],
};

/** What needs a branch beside a shortcut. */
const ofShortcuts = ['stochasticDepth', 'zeroGamma'] as const satisfies Names;

/** What says more about another option. */
const needs = {
  freeze: 'from',
  freezeEpochs: 'freeze',
  teacherWeight: 'teacher',
  temperature: 'teacher',
} as const satisfies { readonly [K in keyof TrainOptions]?: keyof TrainOptions };

/** @throws UserError for options without effect */
export function checkOptions(options: TrainOptions): void {
  const { task, kind = 'vae', loss, patience, classifier, shortcut, crop, padding = 0 } = options;
  const given = (names: Names) => names.filter((name) => options[name] !== undefined);
  const refuse = (who: string, names: Names, others: readonly string[] = []) => {
    if (names.length === 0) return;
    const doing = others.length > 0 ? ` (${others.join(' and ')} ${others.length > 1 ? 'do' : 'does'})` : '';
    const all = names.length > 1 ? 'them' : 'it';
    throw optionError(`${who} does not take ${names.join(', ')}${doing}; leave ${all} out`, ...names);
  };
  const foreign = given(unfit[task]);
  const takers = Object.entries(unfit).filter(([, names]) => !foreign.some((name) => names.includes(name)));
  refuse(
    task,
    foreign,
    takers.map(([other]) => other),
  );
  const refuseOthers = <C extends string>(who: string, choice: C, taken: Readonly<Record<C, Names>>) => {
    if (!Object.hasOwn(taken, choice)) return; // there is none of that name, which the schema says
    const unused = given([...new Set(Object.values<Names>(taken).flat())]).filter(
      (name) => !taken[choice].includes(name),
    );
    const others = Object.entries<Names>(taken).filter(([, names]) => unused.some((name) => names.includes(name)));
    refuse(
      who,
      unused,
      others.map(([other]) => other),
    );
  };
  const recipe = recipeOf(options);
  const { schedule = 'cosine', optimizer = recipe.optimizer } = { ...recipe.usual, ...options };
  refuseOthers(`the schedule ${schedule}`, schedule, ofSchedules);
  refuseOthers(optimizer, optimizer, ofOptimizers);
  if (task === 'classify' && shortcut === 'none') refuse('a plain network', given(ofShortcuts));
  if (task === 'generate') {
    refuse(`a ${kind}`, given(unfitKind[kind]));
    if (kind === 'gan' && patience !== undefined && classifier === undefined)
      throw optionError(
        'a gan has no figure to be patient with, but with a classifier; give one, or no patience',
        'classifier',
        'patience',
      );
  }
  for (const [name, needed] of Object.entries(needs) as [keyof typeof needs, (typeof needs)[keyof typeof needs]][])
    if (options[name] !== undefined && options[needed] === undefined)
      throw optionError(`${name} has no effect without ${needed}; give it, or leave ${name} out`, name, needed);
  if (crop !== undefined && padding > 0)
    throw optionError('images are moved by crop or by padding, not by both; leave one out', 'crop', 'padding');
  const unused = task === 'generate' || loss === 'perceptual' ? [] : given(ofPerceptualLoss);
  if (unused.length > 0)
    throw optionError(
      `only the perceptual loss takes ${unused.join(', ')}; choose it, or leave out what it takes`,
      ...unused,
    );
}

/** @throws UserError for what images that do not come in shards have no use for */
export function checkOrder({ shuffleBuffer }: TrainOptions, { name, source }: Dataset): void {
  if (shuffleBuffer === undefined || source.kind === 'shards') return;
  throw optionError(
    `${name} is no set of tar shards and is shuffled as a whole, without a shuffleBuffer; leave it out`,
    'shuffleBuffer',
  );
}

/**
 * What only shows when the epochs and the batch are settled.
 * @throws UserError for learning rates that do not do what they are called
 */
export function checkRates({ warmup = 0, leastRate = 0 }: RateOptions, { epochs, learningRate }: TrainConfig): void {
  if (warmup >= epochs)
    throw optionError(
      `warmup: expected less than the ${epochs} epochs of the training, got ${warmup}, which never comes to the full learning rate; choose less, or train for longer`,
      'warmup',
    );
  if (leastRate > learningRate)
    throw optionError(
      `leastRate: expected at most the learning rate, ${learningRate}, which falls to it, got ${leastRate}; choose less`,
      'leastRate',
    );
}
