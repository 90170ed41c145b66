/** The loss of a variational autoencoder beside its reconstruction: Kingma & Welling 2014, https://arxiv.org/abs/1312.6114 */
import { add, exp, max, mul, reduceMean, reduceSum, sub, type Value } from '../graph/index.js';

/** A draw from N(mean, exp(logVariance)) by standard normal noise, each [n, d]: section 2.4, the reparameterisation. */
export const reparameterised = (mean: Value, logVariance: Value, noise: Value): Value =>
  add(mean, mul(exp(mul(logVariance, 0.5)), noise));

/** KL(N(mean, exp(logVariance)) || N(0, 1)) in nats, for each latent dimension of each image, [n, d]: appendix B. */
export const divergences = (mean: Value, logVariance: Value): Value =>
  mul(sub(add(mul(mean, mean), exp(logVariance)), add(logVariance, 1)), 0.5);

/**
 * The divergences [n, d] as a loss: a scalar, the sum over dimensions of the mean over the batch. What a dimension tells within
 * `freeBits` nats costs nothing more: Kingma et al. 2016, appendix C.8, https://arxiv.org/abs/1606.04934.
 */
export function divergenceLoss(divergences: Value, { freeBits = 0 } = {}): Value {
  const perDimension = reduceMean(divergences, { axes: [0] });
  return reduceSum(freeBits > 0 ? max(perDimension, freeBits) : perDimension);
}
