/** A generator and a discriminator in training against each other, on one runtime: Goodfellow et al. 2014, https://arxiv.org/abs/1406.2661 */
import type { Batch } from '../data/batches.js';
import { UserError } from '../errors.js';
import { add, type Graph, input, mul, type ParameterValue, reduceMean, scoped, type Value } from '../graph/index.js';
import { buildNetwork, networkOf, realness } from '../models/index.js';
import { augmented, Build, type Chance, normalise, spectral, unit } from '../nn/index.js';
import { adversarialLosses, optimizers, realGradients } from '../optim/index.js';
import type { Program, Runtime, Tensors } from '../runtime/index.js';
import { drawChances } from './chance.js';
import { judgeWeights, pooledFeatures } from './judges.js';
import { Learner } from './learner.js';
import { type Course, rateOf } from './learning-rates.js';
import type { Plan } from './plan.js';
import { shareOf, WHOLE } from './share.js';
import { classInput, conditioned, conditionOf, lengthOf } from './tasks/generate.js';
import { imagesInput } from './tasks/images.js';
import { imagesOf, onAverages, readState, type State, type StepResult, type Trains, type Trial } from './trainer.js';

/** Before the names of its weights, which the generator has too. */
const SCOPE = 'discriminator';
/** Rounds of the power method before the first step: as many as PyTorch takes, and some. */
const ROUNDS = 20;

/** One side of the game. */
interface Side {
  readonly learner: Learner;
  readonly chances: ReadonlyMap<string, Chance>;
  /** Its learning rate over the generator's. */
  readonly pace: number;
}

interface Sides {
  readonly discriminator: Side;
  readonly generator: Side;
}

export class AdversarialTrainer implements Trains {
  private constructor(
    /** With the batch of this process. */
    private readonly plan: Plan,
    private readonly runtime: Runtime,
    private readonly sides: Sides,
    /** The averaged generator against the discriminator. */
    readonly evaluation: Program,
    /** Names of the generator's weights in its own order, as model files keep them. */
    private readonly weights: readonly string[],
  ) {}

  /** Compiles both steps and the evaluation, and sets first values: a checkpoint's, or freshly drawn. */
  static async create(
    whole: Plan,
    runtime: Runtime,
    { given }: { readonly given?: Tensors | undefined } = {},
  ): Promise<AdversarialTrainer> {
    const { share = WHOLE } = whole;
    const plan = { ...whole, config: shareOf(whole.config, share) };
    const { config, network, judges = {} } = plan;
    const { clipNorm, averageDecay } = config;
    const { name, ...options } = config.optimizer;
    const shared = {
      optimizer: optimizers[name](options),
      ...(clipNorm !== undefined && { clipNorm }),
      ...(share.size > 1 && { distributed: true }),
      seed: config.seed,
      given: { ...judgeWeights(judges), ...given },
    };
    const game = gameOf(plan);
    const generatorStep = game.generatorStep();
    const discriminatorStep = game.discriminatorStep();
    const generator = await Learner.create(runtime, {
      ...shared,
      ...generatorStep,
      ...(averageDecay !== undefined && { averageDecay }),
    });
    const discriminator = await Learner.create(runtime, { ...shared, ...discriminatorStep });
    if (!given) await settle(runtime, discriminatorStep.tracked);
    const evaluation = await runtime.compile(onAverages(game.evaluation(), generator));
    const weights = [...buildNetwork(network, { batch: config.batch }).build.parameters.keys()];
    const sides = {
      discriminator: { learner: discriminator, chances: discriminatorStep.chances, pace: game.pace },
      generator: { learner: generator, chances: generatorStep.chances, pace: 1 },
    };
    return new AdversarialTrainer(plan, runtime, sides, evaluation, weights);
  }

  /** Every epoch is like the first. */
  async begin(): Promise<void> {}

  /** A graph of the generator on the weights by which it is judged. */
  judged(graph: Graph): Graph {
    return onAverages(graph, this.sides.generator.learner);
  }

  /** The learning rate of step 0, 1, …. */
  rate(step: number, course: Course): number {
    return rateOf(this.plan.config, step, course);
  }

  /** A step of the discriminator, then one of the generator, each with noise of its own. The loss is the discriminator's. */
  async step(batch: Batch, step: number, at: Course | Trial): Promise<StepResult> {
    const { sides, plan } = this;
    const { config, share = WHOLE } = plan;
    const learningRate = 'learningRate' in at ? at.learningRate : this.rate(step, at);
    const classes = conditionOf(batch, config);
    const lossOf = async ({ learner, chances, pace }: Side, feeds: Tensors) => {
      const drawn = drawChances(chances, { seed: config.seed, step }, share.size)[share.rank];
      const given = { ...feeds, ...classes, ...drawn };
      const { loss } = await learner.step(given, { step, learningRate: pace * learningRate });
      return (loss!.data as Float32Array)[0]!;
    };
    const first = await lossOf(sides.discriminator, { images: imagesOf(batch, config) });
    const second = await lossOf(sides.generator, {});
    return {
      loss: Number.isFinite(second) ? first : second, // either may be what diverges
      learningRate,
      correct: undefined,
      figures: { generatorLoss: second },
    };
  }

  state(): Promise<State> {
    const { generator, discriminator } = this.sides;
    const own = new Set(this.weights);
    const others = [generator, discriminator]
      .flatMap(({ learner: { parameters, states } }) => [...parameters, ...states])
      .map(({ source }) => source.name)
      .filter((name) => !own.has(name));
    const { averages } = generator.learner;
    return readState(this.runtime, { weights: this.weights, states: [...new Set(others)], averages });
  }
}

const isDiscriminators = ({ source }: ParameterValue) => source.name.startsWith(`${SCOPE}.`);

/** Turns singular vectors towards those of the weights as they start. */
async function settle(runtime: Runtime, tracked: ReadonlyMap<string, Value>): Promise<void> {
  if (tracked.size === 0) return;
  const entries = [...tracked].map(([name, value]) => [`next:${name}`, name, value] as const);
  const outputs = Object.fromEntries(entries.map(([output, , value]) => [output, value]));
  const updates = Object.fromEntries(entries.map(([output, name]) => [output, name]));
  const program = await runtime.compile({ name: 'power method', outputs }, { updates });
  for (let round = 0; round < ROUNDS; round++) await program.run({}, []);
  await program.release();
}

/** The graphs of both sides. */
function gameOf({ config, network, judges = {} }: Plan) {
  const { batch, preprocessing, classes, generation, loss } = config;
  if (generation?.kind !== 'gan' || (loss !== 'hinge' && loss !== 'non-saturating'))
    throw new UserError(`expected the settings of a gan, got ${generation?.kind ?? 'none'} with the loss ${loss}`);
  const { classifier } = judges;
  const judge = networkOf(generation.discriminator);
  const losses = adversarialLosses[loss];
  const reform = generation.spectralNorm ? spectral : undefined;
  const wanted = classInput(batch, classes);
  const real = unit(imagesInput(batch, preprocessing));
  const shape = [batch, lengthOf(network.config, classes)];
  /** Images of 0 … 1. */
  const made = (vectors: Value, build: Build) => network.decode!(conditioned(vectors, wanted), build);
  const drawn = (name: string, build: Build) => made(build.chance(name, { shape, draw: { kind: 'normal' } }), build);
  const { minibatchDeviation, discriminatorRate = config.learningRate } = generation;
  const scores = (images: Value, build: Build) =>
    scoped(SCOPE, () => realness(judge, images, { classes: wanted, minibatchDeviation }, build));
  const seen = (images: Value) => normalise(images, preprocessing);
  /** What the discriminator learns from. */
  const varied = (images: Value, name: string, build: Build) =>
    seen(scoped(name, () => augmented(images, generation.diffAugment, build)));

  return {
    pace: discriminatorRate / config.learningRate,
    discriminatorStep() {
      const [build, other] = [new Build({ training: true, reform }), new Build({ training: true })];
      const images = varied(real, 'real', other);
      const judged = scores(images, build);
      const fakes = varied(drawn('discriminator noise', other), 'made', other);
      const error = reduceMean(losses.discriminator(judged, scores(fakes, build)));
      const { r1 } = generation;
      const slope = r1 > 0 ? mul(reduceMean(realGradients(judged, images)), r1) : undefined;
      return {
        loss: slope ? add(error, slope) : error,
        learned: isDiscriminators,
        tracked: build.updates,
        chances: other.chances,
      };
    },
    generatorStep() {
      const [build, other] = [new Build({ training: true }), new Build({ training: true, reform })];
      const judged = scores(varied(drawn('generator noise', build), 'made', build), other);
      return {
        loss: reduceMean(losses.generator(judged)),
        learned: (parameter: ParameterValue) => !isDiscriminators(parameter),
        tracked: build.updates,
        chances: build.chances,
      };
    },
    evaluation() {
      const fakes = made(input('prior', shape), new Build());
      const build = new Build({ reform });
      const [ofReal, ofMade] = [real, fakes].map((images) => scores(seen(images), build)) as [Value, Value];
      const outputs = {
        loss: losses.discriminator(ofReal, ofMade),
        realScore: ofReal,
        madeScore: ofMade,
        ...(classifier && {
          seenFeatures: pooledFeatures(classifier, real),
          madeFeatures: pooledFeatures(classifier, fakes),
        }),
      };
      return { name: `${network.name} evaluation`, outputs };
    },
  };
}
