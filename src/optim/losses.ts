/** What training makes small: graph fragments from results and targets to a scalar, the mean over the batch. */
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
  sub,
  type Value,
} from '../graph/index.js';

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

/** Mean of squared differences. */
export function meanSquaredError(y: Value, target: Value): Value {
  const difference = sub(y, target);
  return reduceMean(mul(difference, difference));
}

/** Mean of absolute differences. */
export const meanAbsoluteError = (y: Value, target: Value): Value => reduceMean(abs(sub(y, target)));

/** Losses of reconstruction by name. */
export const reconstructionLosses = { mse: meanSquaredError, l1: meanAbsoluteError } as const;
