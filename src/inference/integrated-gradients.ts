/** What each pixel adds to a class: integrated gradients, Sundararajan, Taly & Yan 2017, https://arxiv.org/abs/1703.01365 */
import { backward } from '../autodiff/index.js';
import { add, constant, type Graph, input, mul, reduceSum, sub } from '../graph/index.js';
import { Build } from '../nn/index.js';
import { type Asked, seenBy } from './seen.js';

/**
 * (x - x') · d F(x' + share (x - x')) / d x, the integrand of formula 1, with F the logit of the class, x the image and x' a black
 * one. From `images` uint8 [n, h, w, c], `wanted` [n, k], the class one-hot, and `share` [n, 1, 1, 1], how far the way from black to
 * each image has been gone, to `slope` [n, c, h, w] and `logit` [n]. The integral is linear in x - x', so normalisation changes nothing.
 */
export function pathGraph(model: Asked, batch: number): Graph {
  const { mean, std } = model.card.preprocessing;
  const x = seenBy(model, batch);
  const black = constant(
    mean.map((value, c) => -value / std[c]!),
    [mean.length, 1, 1],
  );
  const difference = sub(x, black); // [n, c, h, w]
  const point = add(black, mul(difference, input('share', [batch, 1, 1, 1])));
  const logits = model.network.forward(point, new Build());
  const wanted = input('wanted', logits.shape);
  const [slopes] = backward(logits, [point], wanted, new Set([point]));
  return {
    name: `${model.network.name} integrated gradients`,
    outputs: { slope: mul(slopes!, difference), logit: reduceSum(mul(logits, wanted), { axes: [1] }) },
  };
}

/** Where a path from 0 to 1 is looked at: the middles of equal parts. Where ReLUs switch on the way slopes jump, which no finer rule would mend. */
export const middles = (steps: number): readonly number[] => Array.from({ length: steps }, (_, i) => (i + 0.5) / steps);
