/** A generator and a discriminator in training against each other, on one runtime: Goodfellow et al. 2014, https://arxiv.org/abs/1406.2661 */
import type { Batch } from '../data/batches.js';
import { UserError } from '../errors.js';
import { add, input, mul, type ParameterValue, reduceMean, scoped, type Value, withLeaves } from '../graph/index.js';
import { buildNetwork, networkOf, realness } from '../models/index.js';
import { Build, normalise, spectral, unit } from '../nn/index.js';
import { adversarialLosses, optimizers, realGradients } from '../optim/index.js';
import type { Program, Runtime } from '../runtime/index.js';
import type { Weights } from '../weights/index.js';
import { classifierWeights, pooledFeatures } from './classifier.js';
import type { TrainConfig } from './config.js';
import { Learner } from './learner.js';
import type { Plan } from './plan.js';
import { classInput, conditioned, lengthOf } from './tasks/generate.js';
import { imagesInput, standardNormal } from './tasks/images.js';
import { tasks } from './tasks/index.js';
import { imagesOf, rateOf, type StepResult, type Trains } from './trainer.js';

/** Before the names of its weights, which the generator has too. */
const SCOPE = 'discriminator';
/** Rounds of the power method before the first step: as many as PyTorch takes, and some. */
const ROUNDS = 20;

interface Learners {
  readonly discriminator: Learner;
  readonly generator: Learner;
}

/** What a checkpoint holds: averaged weights of the generator, and all else. */
interface Kept {
  readonly weights: Weights;
  readonly states: Weights;
}

export class AdversarialTrainer implements Trains {
  private constructor(
    private readonly config: TrainConfig,
    private readonly runtime: Runtime,
    private readonly learners: Learners,
    /** The averaged generator against the discriminator. */
    readonly evaluation: Program,
    /** Names of the generator's weights in its own order, as model files keep them. */
    private readonly weights: readonly string[],
  ) {}

  /** Compiles both steps and the evaluation, and sets first values: a checkpoint's, or freshly drawn. */
  static async create(plan: Plan, runtime: Runtime, kept?: Kept): Promise<AdversarialTrainer> {
    const { config, network, classifier } = plan;
    const game = gameOf(plan);
    const { name, ...options } = config.optimizer;
    const averages = Object.entries(kept?.weights ?? {}).map(([of, tensor]) => [`average:${of}`, tensor] as const);
    const given = {
      ...kept?.states,
      ...Object.fromEntries(averages),
      ...(classifier && classifierWeights(classifier)),
    };
    const shared = { optimizer: optimizers[name](options), seed: config.seed, given };
    const { averageDecay } = game.generation;
    const generator = await Learner.create(runtime, {
      ...shared,
      ...game.generatorStep(),
      averageDecay,
      averages: isGenerators,
    });
    const step = game.discriminatorStep();
    const discriminator = await Learner.create(runtime, { ...shared, ...step });
    if (!kept) await settle(runtime, step.tracked);
    const graph = game.evaluation();
    const average = withLeaves(graph, (value) =>
      value.source.kind === 'parameter' ? (generator.averages.get(value.source.name) ?? value) : value,
    );
    const outputs = Object.fromEntries(Object.entries(graph.outputs).map(([key, value]) => [key, average(value)]));
    const evaluation = await runtime.compile({ name: graph.name, outputs });
    const weights = [...buildNetwork(network, { batch: config.batch }).build.parameters.keys()];
    return new AdversarialTrainer(config, runtime, { discriminator, generator }, evaluation, weights);
  }

  rate(step: number, batches: number): number {
    return rateOf(this.config, step, batches);
  }

  /** A step of the discriminator, then one of the generator, each with noise of its own. The loss is the discriminator's. */
  async step(batch: Batch, step: number, batches: number): Promise<StepResult> {
    const { config, learners } = this;
    const at = { step, learningRate: this.rate(step, batches) };
    const classes = tasks.generate.targets(batch, config);
    const judging = { images: imagesOf(batch, config), ...classes, noise: this.noise('discriminator', step) };
    const { loss } = await learners.discriminator.step(judging, at);
    const made = await learners.generator.step({ ...classes, noise: this.noise('generator', step) }, at);
    const [first, second] = [loss!, made.loss!].map(({ data }) => (data as Float32Array)[0]!) as [number, number];
    return {
      loss: Number.isFinite(second) ? first : second, // either may be what diverges
      learningRate: at.learningRate,
      correct: undefined,
    };
  }

  async state(): ReturnType<Trains['state']> {
    const { generator, discriminator } = this.learners;
    const averages = this.weights.map((name) => generator.averages.get(name)!.source.name);
    const averaged = new Set(averages);
    const others = [generator, discriminator]
      .flatMap(({ parameters, states }) => [...parameters, ...states])
      .map(({ source }) => source.name)
      .filter((name) => !averaged.has(name));
    const [found, states] = (await Promise.all([
      this.runtime.read(averages),
      this.runtime.read([...new Set(others)]),
    ])) as [Weights, Weights];
    const weights = Object.fromEntries(this.weights.map((name, i) => [name, found[averages[i]!]!]));
    const all = Object.entries({ ...states, ...weights });
    return { weights, states, broken: all.find(([, { data }]) => !data.every(Number.isFinite))?.[0] };
  }

  private noise(player: string, step: number) {
    const { config } = this;
    const { batch, classes, seed } = config;
    return standardNormal([batch, lengthOf(config.network, classes)], seed, `${player} noise`, step);
  }
}

const isGenerators = ({ source }: ParameterValue) => !source.name.startsWith(`${SCOPE}.`);

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
function gameOf({ config, network, classifier }: Plan) {
  const { batch, preprocessing, classes, generation, loss } = config;
  if (generation?.kind !== 'gan' || (loss !== 'hinge' && loss !== 'non-saturating'))
    throw new UserError(`expected the settings of a gan, got ${generation?.kind ?? 'none'} with the loss ${loss}`);
  const judge = networkOf(generation.discriminator);
  const losses = adversarialLosses[loss];
  const reform = generation.spectralNorm ? spectral : undefined;
  const wanted = classInput(batch, classes);
  const real = unit(imagesInput(batch, preprocessing));
  const noise = (name: string) => input(name, [batch, lengthOf(network.config, classes)]);
  /** Images of 0 … 1. */
  const made = (vectors: Value, build: Build) => network.decode!(conditioned(vectors, wanted), build);
  const scores = (images: Value, build: Build) => scoped(SCOPE, () => realness(judge, images, wanted, build));
  const seen = (images: Value) => normalise(images, preprocessing);

  return {
    generation,
    discriminatorStep() {
      const build = new Build({ training: true, reform });
      const images = seen(real);
      const judged = scores(images, build);
      const fakes = seen(made(noise('noise'), new Build({ training: true, learns: false })));
      const error = reduceMean(losses.discriminator(judged, scores(fakes, build)));
      const { r1 } = generation;
      const slope = r1 > 0 ? mul(reduceMean(realGradients(judged, images)), r1) : undefined;
      return { loss: slope ? add(error, slope) : error, tracked: build.updates };
    },
    generatorStep() {
      const build = new Build({ training: true });
      const fakes = seen(made(noise('noise'), build));
      const judged = scores(fakes, new Build({ training: true, learns: false, reform }));
      return { loss: reduceMean(losses.generator(judged)), tracked: build.updates };
    },
    evaluation() {
      const fakes = made(noise('prior'), new Build());
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
