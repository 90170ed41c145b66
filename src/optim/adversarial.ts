/** What two networks that play against each other make small: from scores [n], the higher the more real, to losses of each image [n]. */
import { backward } from '../autodiff/index.js';
import { add, max, mul, neg, reduceSum, softplus, sub, type Value } from '../graph/index.js';

/** What the discriminator and the generator make small. */
export interface AdversarialLoss {
  /** Of the discriminator, by its scores of real and of made images. */
  readonly discriminator: (real: Value, made: Value) => Value;
  /** Of the generator. */
  readonly generator: (made: Value) => Value;
}

/** Losses of adversarial networks, by name. */
export const adversarialLosses = {
  /** Lim & Ye 2017, https://arxiv.org/abs/1705.02894; Miyato et al. 2018, formulas 16 and 17, https://arxiv.org/abs/1802.05957 */
  hinge: {
    discriminator: (real, made) => add(max(sub(1, real), 0), max(add(1, made), 0)),
    generator: neg,
  },
  /** Goodfellow et al. 2014, section 3, https://arxiv.org/abs/1406.2661: scores are logits of being real. */
  'non-saturating': {
    discriminator: (real, made) => add(softplus(neg(real)), softplus(made)),
    generator: (made) => softplus(neg(made)),
  },
} as const satisfies Record<string, AdversarialLoss>;

/**
 * Half the squared norm of the gradient of the scores for their images [n, c, h, w], of each image [n]: R1 of Mescheder et al. 2018,
 * formula 9, https://arxiv.org/abs/1801.04406. It takes second derivatives when it is made small, which batch norm and max pooling lack here.
 */
export function realGradients(scores: Value, images: Value): Value {
  const [gradient] = backward(reduceSum(scores), [images]) as [Value];
  return mul(reduceSum(mul(gradient, gradient), { axes: [1, 2, 3] }), 0.5);
}
