/** Vector -> image. */
import type { Batch } from '../../data/batches.js';
import { UserError } from '../../errors.js';
import { add, clip, concat, fixed, input, mul, reduceSum, type Value } from '../../graph/index.js';
import { frechetDistance } from '../../inference/frechet.js';
import { latentLength, momentsOf, type Network, networkOf } from '../../models/index.js';
import { Build, normalise, unit } from '../../nn/index.js';
import { divergenceLoss, divergences, reparameterised, squaredErrors, ssim } from '../../optim/index.js';
import { float32, type Tensor, type Tensors } from '../../runtime/index.js';
import type { Model } from '../../weights/index.js';
import { pooledFeatures } from '../classifier.js';
import type { TrainConfig } from '../config.js';
import { imagesInput, oneHotLabels, standardNormal } from './images.js';
import { ImageTally } from './reconstruct.js';
import type { Tally, Task } from './task.js';

/** As a variational autoencoder; adversarial training has a trainer of its own. */
export const generate: Task = {
  objective: (network, config) => {
    const { batch, preprocessing, classes, generation } = config;
    const build = new Build({ training: true });
    const target = unit(imagesInput(batch, preprocessing));
    const { made, kl } = passed(network, { batch, classes, seen: normalise(target, preprocessing), build });
    const information = divergenceLoss(kl, generation?.kind === 'vae' ? generation : {});
    const loss = add(meanOf(surprise(made, target)), mul(information, input('kl_weight', [])));
    return { loss, outputs: {}, tracked: build.updates };
  },
  targets: (batch, config) => (config.classes.length > 0 ? { class: oneHotLabels(batch, config) } : {}),
  chance: ({ network, batch, classes, seed, generation }, step, batches) => ({
    noise: standardNormal([batch, lengthOf(networkOf(network), classes)], seed, 'latent noise', step),
    kl_weight: float32(new Float32Array([klWeight(generation, step, batches)]), []),
  }),
  correct: () => undefined,
  evaluation: (network, { batch, preprocessing, classes, generation, classifier }) => {
    const target = unit(imagesInput(batch, preprocessing));
    const seen = normalise(target, preprocessing);
    const build = new Build();
    const { made, kl } = passed(network, { batch, classes, seen, build });
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
      elbo: mul(loss, -1),
      ...(classifier && featuresOf(network, { batch, classes, target, classifier, build })),
    };
    return { name: `${network.name} evaluation`, outputs };
  },
  conditions: (batch, { network: config, classes, batch: size, judge }) => {
    const network = networkOf(config);
    const shape = [size, lengthOf(network, classes)] as const;
    return {
      ...(network.posterior && { noise: noiseOf('posterior', batch, shape) }),
      ...((judge || !network.posterior) && { prior: noiseOf('prior', batch, shape) }),
      ...(classes.length > 0 && { class: oneHotLabels(batch, { batch: size, classes }) }),
    };
  },
  tally: () => new GenerationTally(),
  figure: ({ elbo, frechet }) => elbo ?? (frechet === undefined ? undefined : -frechet),
};

const meanOf = (values: Value): Value => mul(reduceSum(values), 1 / fixed(values.shape[0]));

/** How strongly the divergence counts at a step: it rises in a line, so that vectors first come to tell something. */
function klWeight(generation: TrainConfig['generation'], step: number, batches: number): number {
  if (generation?.kind !== 'vae')
    throw new UserError(`expected the settings of a vae, got ${generation?.kind ?? 'none'}`);
  const { beta, klWarmup } = generation;
  return klWarmup > 0 ? beta * Math.min(1, step / (klWarmup * batches)) : beta;
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
  readonly batch: number;
  readonly classes: readonly string[];
  /** Normalised images. */
  readonly seen: Value;
  readonly build: Build;
}

/** Images made of draws from what the encoder says of those seen, and its divergences [n, d]. */
function passed(
  network: Network,
  { batch, classes, seen, build }: Passing,
): { readonly made: Value; readonly kl: Value } {
  const { posterior, decode } = network;
  if (!posterior || !decode)
    throw new UserError(
      `${network.name} has no encoder that could be judged on images; judge what it makes by 'distance', with a classifier`,
    );
  const { mean, logVariance } = momentsOf(posterior(seen, build));
  const vector = reparameterised(mean, logVariance, input('noise', [batch, lengthOf(network, classes)]));
  return {
    made: decode(conditioned(vector, classInput(batch, classes)), build),
    kl: divergences(mean, logVariance),
  };
}

/** Classes one-hot [n, k], fed as `class`; none where images are made of no class. */
export const classInput = (batch: number, classes: readonly string[]): Value | undefined =>
  classes.length > 0 ? input('class', [batch, classes.length]) : undefined;

/** Latent vectors [n, d] with the classes [n, k] behind them. */
export const conditioned = (vector: Value, classes: Value | undefined): Value =>
  concat([vector, ...(classes ? [classes] : [])], 1);

/** @throws UserError for networks that make no images of vectors */
export function lengthOf(network: Network, classes: readonly string[]): number {
  const length = latentLength(network, classes.length);
  if (length === undefined || length < 1) throw new UserError(`${network.name} does not make images of vectors`);
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
  readonly batch: number;
  readonly classes: readonly string[];
  /** Images [n, c, h, w] of 0 … 1. */
  readonly target: Value;
  readonly classifier: Model;
  readonly build: Build;
}

/** What a classifier sees in images, and in as many that are made of random vectors, of the same classes: [n, d] each. */
function featuresOf(network: Network, { batch, classes, target, classifier, build }: Judging) {
  const prior = input('prior', [batch, lengthOf(network, classes)]);
  const made = clip(network.decode!(conditioned(prior, classInput(batch, classes)), build), 0, 1);
  return { seenFeatures: pooledFeatures(classifier, target), madeFeatures: pooledFeatures(classifier, made) };
}

/** Means of all figures, and the Fréchet distance where there are features. */
export class GenerationTally implements Tally {
  private readonly means = new ImageTally();
  private readonly seen: Float32Array[] = [];
  private readonly made: Float32Array[] = [];

  add(batch: Batch, { seenFeatures, madeFeatures, ...figures }: Tensors): void {
    this.means.add(batch, figures);
    const pairs = [
      [this.seen, seenFeatures],
      [this.made, madeFeatures],
    ] as const;
    for (const [rows, features] of pairs) if (features) rows.push(...rowsOf(features, batch.count));
  }

  result() {
    const { metrics, ...rest } = this.means.result();
    if (this.seen.length < 2) return { ...rest, metrics };
    const frechet = frechetDistance(this.seen, this.made);
    return { ...rest, metrics: { ...metrics, frechet } };
  }
}

function rowsOf({ data, shape }: Tensor, count: number): readonly Float32Array[] {
  const length = shape[1]!;
  return Array.from({ length: count }, (_, i) => (data as Float32Array).slice(i * length, (i + 1) * length));
}
