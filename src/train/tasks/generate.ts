/** Vector -> image. */
import type { Batch } from '../../data/task.js';
import { UserError } from '../../errors.js';
import { add, clip, concat, fixed, input, mul, reduceMean, reduceSum, type Value } from '../../graph/index.js';
import { frechetDistance } from '../../inference/frechet.js';
import { latentLength, momentsOf, type Network, type NetworkConfig } from '../../models/index.js';
import { Build, normalise, unit } from '../../nn/index.js';
import { divergenceLoss, divergences, reparameterised, squaredErrors, ssim } from '../../optim/index.js';
import { float32, type Tensor, type Tensors } from '../../runtime/tensor.js';
import type { Model } from '../../weights/model.js';
import type { TrainConfig } from '../config.js';
import { pooledFeatures } from '../judges.js';
import { imagesInput, oneHotLabels, standardNormal } from './images.js';
import { objectiveOf, trainingBuild } from './objective.js';
import { type ImageSums, ImageTally } from './reconstruct.js';
import type { StepPlace, Tally, Task } from './task.js';

/** As a variational autoencoder; adversarial training has a trainer of its own. */
export const generate: Task = {
  objective: (network, config) => {
    const { batch, preprocessing, classes, generation } = config;
    const build = trainingBuild(network, config);
    const target = unit(imagesInput(batch, preprocessing));
    const shape = [batch, lengthOf(network.config, classes)];
    const noise = build.chance('noise', { shape, draw: { kind: 'normal' } });
    const seen = normalise(target, preprocessing);
    const { made, kl, boundaries } = passed(network, { seen, wanted: classInput(batch, classes), noise, build });
    const information = divergenceLoss(kl, generation?.kind === 'vae' ? generation : {});
    const loss = add(reduceMean(surprise(made, target)), mul(information, input('kl_weight', [])));
    return { ...objectiveOf(build, { loss }), boundaries };
  },
  targets: (batch, config, place) => ({
    ...conditionOf(batch, config),
    kl_weight: float32(new Float32Array([klWeight(config.generation, place)]), []),
  }),
  correct: () => undefined,
  evaluation: (network, { batch, preprocessing, classes, generation, classifier }) => {
    const target = unit(imagesInput(batch, preprocessing));
    const seen = normalise(target, preprocessing);
    const build = new Build();
    const wanted = classInput(batch, classes);
    const noise = input('noise', [batch, lengthOf(network.config, classes)]);
    const { made, kl } = passed(network, { seen, wanted, noise, build });
    const [reconstruction, divergence] = [surprise(made, target), reduceSum(kl, { axes: [1] })];
    const beta = generation?.kind === 'vae' ? generation.beta : 1;
    const loss = add(reconstruction, mul(divergence, beta));
    const bounded = clip(made, 0, 1);
    const outputs = {
      mse: squaredErrors(bounded, target),
      ssim: ssim(bounded, target),
      reconstruction,
      kl: divergence,
      loss,
      elbo: mul(add(reconstruction, divergence), -1), // whatever beta is: a bound that runs can be compared by
      ...(classifier && featuresOf(network, { target, wanted, classifier, build })),
    };
    return { name: `${network.name} evaluation`, outputs };
  },
  conditions: (batch, { network, classes, batch: size, judge }) => {
    const shape = [size, lengthOf(network, classes)] as const;
    const encodes = network.kind === 'variational';
    return {
      ...(encodes && { noise: noiseOf('posterior', batch, shape) }),
      ...((judge || !encodes) && { prior: noiseOf('prior', batch, shape) }),
      ...conditionOf(batch, { batch: size, classes }),
    };
  },
  tally: () => new GenerationTally(),
};

/** How strongly the divergence counts at a step: it rises in a line, so that vectors first come to tell something. */
function klWeight(generation: TrainConfig['generation'], { step, batches }: StepPlace): number {
  if (generation?.kind !== 'vae')
    throw new UserError(`expected the settings of a vae, got ${generation?.kind ?? 'none'}`);
  const { beta, klWarmup } = generation;
  return klWarmup > 0 && batches !== undefined ? beta * Math.min(1, step / (klWarmup * batches)) : beta;
}

/**
 * Nats that each image [n] costs beside its vector: of pixels with normal errors of variance 1/2, whose constant is left out. That is
 * their squared difference, summed over pixels and channels. Pixels between 0 and 1 are no coins, which rules Bernoulli out.
 */
const surprise = (made: Value, target: Value): Value =>
  mul(
    squaredErrors(made, target),
    target.shape.slice(1).reduce<number>((n, d) => n * fixed(d), 1),
  );

interface Passing {
  /** Normalised images [n, c, h, w]. */
  readonly seen: Value;
  /** Their classes [n, k]. */
  readonly wanted: Value | undefined;
  /** Standard normal, [n, d]. */
  readonly noise: Value;
  readonly build: Build;
}

interface Passed {
  readonly made: Value;
  /** Divergences [n, d]. */
  readonly kl: Value;
  /** Values between the encoder's stages; behind them divergences and images go ways of their own. */
  readonly boundaries: readonly Value[];
}

/** Images made of draws from what the encoder says of those seen. */
function passed(network: Network, { seen, wanted, noise, build }: Passing): Passed {
  const { posterior, decode } = network;
  if (!posterior || !decode)
    throw new UserError(
      `${network.name} has no encoder that could be judged on images; judge what it makes by 'distance', with a classifier`,
    );
  const { mean, logVariance } = momentsOf(posterior(seen, build));
  const boundaries = [...build.boundaries];
  const vector = reparameterised(mean, logVariance, noise);
  return {
    made: decode(conditioned(vector, wanted), build),
    kl: divergences(mean, logVariance),
    boundaries,
  };
}

/** Classes one-hot [n, k], fed as `class`; none where images are made of no class. */
export const classInput = (batch: number, classes: readonly string[]): Value | undefined =>
  classes.length > 0 ? input('class', [batch, classes.length]) : undefined;

/** What `classInput` is fed. */
export const conditionOf = (batch: Batch, config: Pick<TrainConfig, 'batch' | 'classes'>): Tensors =>
  config.classes.length > 0 ? { class: oneHotLabels(batch, config) } : {};

/** Latent vectors [n, d] with the classes [n, k] behind them. */
export const conditioned = (vector: Value, classes: Value | undefined): Value =>
  concat([vector, ...(classes ? [classes] : [])], 1);

/** Length of a network's latent vector. @throws UserError for networks that make no images of vectors */
export function lengthOf(config: NetworkConfig, classes: readonly string[]): number {
  const length = latentLength(config, classes.length);
  if (length === undefined || length < 1)
    throw new UserError('expected a network that makes images of vectors and classes');
  return length;
}

/** Noise of an evaluation [n, d]: of each image its own, in whatever batch it comes. */
function noiseOf(what: string, { indices }: Batch, [batch, length]: readonly [number, number]) {
  const rows = new Float32Array(batch * length);
  indices.forEach((index, i) => {
    rows.set(standardNormal([length], 'evaluation', what, index).data, i * length);
  });
  return float32(rows, [batch, length]);
}

interface Judging {
  /** Images [n, c, h, w] of 0 … 1. */
  readonly target: Value;
  /** Their classes [n, k]. */
  readonly wanted: Value | undefined;
  readonly classifier: Model;
  readonly build: Build;
}

/** What a classifier sees in images, and in as many that are made of random vectors, of the same classes: [n, d] each. */
function featuresOf(network: Network, { target, wanted, classifier, build }: Judging) {
  const prior = input('prior', [target.shape[0]!, latentLength(network.config, (wanted?.shape[1] ?? 0) as number)!]);
  const made = clip(network.decode!(conditioned(prior, wanted), build), 0, 1);
  return { seenFeatures: pooledFeatures(classifier, target), madeFeatures: pooledFeatures(classifier, made) };
}

/** Means of all figures, and the Fréchet distance where there are features. */
interface GenerationSums {
  readonly means: ImageSums;
  /** Features of images, and of as many that were made. */
  readonly seen: Float32Array[];
  readonly made: Float32Array[];
}

export class GenerationTally implements Tally {
  private readonly means = new ImageTally();
  readonly sums: GenerationSums = { means: this.means.sums, seen: [], made: [] };

  add(batch: Batch, { seenFeatures, madeFeatures, ...figures }: Tensors): void {
    this.means.add(batch, figures);
    const pairs = [
      [this.sums.seen, seenFeatures],
      [this.sums.made, madeFeatures],
    ] as const;
    for (const [rows, features] of pairs) if (features) rows.push(...rowsOf(features, batch.count));
  }

  absorb({ means, seen, made }: GenerationSums): void {
    this.means.absorb(means);
    for (const row of seen) this.sums.seen.push(row);
    for (const row of made) this.sums.made.push(row);
  }

  result() {
    const { metrics, ...rest } = this.means.result();
    const { seen, made } = this.sums;
    if (seen.length < 2) return { ...rest, metrics };
    const frechet = frechetDistance(seen, made);
    return { ...rest, metrics: { ...metrics, frechet } };
  }
}

function rowsOf({ data, shape }: Tensor, count: number): readonly Float32Array[] {
  const length = shape[1]!;
  return Array.from({ length: count }, (_, i) => (data as Float32Array).slice(i * length, (i + 1) * length));
}
