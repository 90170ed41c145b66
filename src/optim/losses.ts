/** What training makes small: graph fragments from results and targets to a scalar, the mean over the batch, or to one number per image. */
import {
  abs,
  add,
  constant,
  fixed,
  logSoftmax,
  mul,
  neg,
  reduceMean,
  reduceSum,
  softmax,
  sub,
  type Value,
} from '../graph/index.js';
import { absoluteErrors, msSsim, squaredErrors } from './quality.js';

/**
 * Cross-entropy of logits [n, k] against target probabilities [n, k] (one-hot, or blended), the mean over the batch.
 * @param labelSmoothing share spread evenly over all classes: Szegedy et al. 2016, section 7, https://arxiv.org/abs/1512.00567
 * @param classWeights what an error in each class counts; 1 by default. As PyTorch has it for probabilities, the sum is divided by
 * n, not by the sum of the weights.
 */
export function crossEntropy(
  logits: Value,
  targets: Value,
  { labelSmoothing = 0, classWeights }: { labelSmoothing?: number; classWeights?: readonly number[] | undefined } = {},
): Value {
  const classes = fixed(logits.shape[1]);
  const logProbabilities = logSoftmax(logits, 1);
  const counted = classWeights ? mul(logProbabilities, constant(classWeights, [classes])) : logProbabilities;
  const exact = neg(reduceMean(reduceSum(mul(targets, counted), { axes: [1] })));
  if (labelSmoothing === 0) return exact;
  const even = mul(reduceMean(reduceSum(counted, { axes: [1] })), -labelSmoothing / classes);
  return add(mul(exact, 1 - labelSmoothing), even);
}

/**
 * How far a student's logits [n, k] are from a teacher's: the Kullback-Leibler divergence of their softened probabilities, times the
 * temperature's square so that gradients keep their size: Hinton et al. 2015, section 2, https://arxiv.org/abs/1503.02531
 */
export function distillation(student: Value, teacher: Value, { temperature = 1 } = {}): Value {
  const [own, given] = [student, teacher].map((logits) => mul(logits, 1 / temperature)) as [Value, Value];
  const probabilities = softmax(given, 1);
  const divergence = sub(crossEntropy(own, probabilities), crossEntropy(given, probabilities));
  return mul(divergence, temperature ** 2);
}

/** Mean of squared differences. */
export function meanSquaredError(y: Value, target: Value): Value {
  const difference = sub(y, target);
  return reduceMean(mul(difference, difference));
}

/** Mean of absolute differences. */
export const meanAbsoluteError = (y: Value, target: Value): Value => reduceMean(abs(sub(y, target)));

/**
 * What structure counts for at least. Where two pictures have next to nothing in common, as when a training begins, the slope of
 * its power grows almost like 1 / structure, and they would outweigh all others of the batch.
 */
const FLOOR = 1e-3;

/**
 * 1 - MS-SSIM of each image [n]: Zhao et al. 2017, section III-C, https://arxiv.org/abs/1511.08861, over whole images. An image whose
 * structure is below 0.001 on every scale, as a negative's is, moves nothing; beside L1 it does.
 */
export const dissimilarities = (y: Value, target: Value): Value => sub(1, msSsim(y, target, { floor: FLOOR }));

/** Zhao et al. 2017, section III-D. */
const STRUCTURE = 0.84;

/**
 * 0.84 (1 - MS-SSIM) + 0.16 L1 of each image [n]: Zhao et al. 2017, section III-D, whose Gaussian weights around the one pixel that
 * they judge are left out, since here every pixel is.
 */
export const mixedErrors = (y: Value, target: Value): Value =>
  add(mul(dissimilarities(y, target), STRUCTURE), mul(absoluteErrors(y, target), 1 - STRUCTURE));

/**
 * Distance of each image's features [n] from those wanted, both as maps [n, c, h, w] by stage: squared and divided by c h w as in
 * Johnson et al. 2016, section 3.1, formula 2 (https://arxiv.org/abs/1603.08155), and the mean over stages.
 */
export const featureDistances = (maps: readonly Value[], wanted: readonly Value[]): Value =>
  mul(maps.map((map, stage) => squaredErrors(map, wanted[stage]!)).reduce(add), 1 / maps.length);

/** Losses of reconstruction by name, from images made and wanted, [n, c, h, w] in 0 … 1, to one number each [n]. */
export const reconstructionLosses = {
  mse: squaredErrors,
  l1: absoluteErrors,
  'ms-ssim': dissimilarities,
  'ms-ssim-l1': mixedErrors,
} as const;
