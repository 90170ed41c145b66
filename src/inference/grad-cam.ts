/** Where in an image a class is seen: Grad-CAM, Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391 */
import { backward } from '../autodiff/index.js';
import { UserError } from '../errors.js';
import { type Graph, input, mul, reduceMean, reduceSum, relu } from '../graph/index.js';
import { Build } from '../nn/index.js';
import { type Asked, seenBy } from './seen.js';

/**
 * ReLU(sum over k of a_k A_k), a_k the mean over positions of d y / d A_k: section 3, formulas 1 and 2, with y the logit of the
 * class and A the maps after a stage. From `images` uint8 [n, h, w, c] and `wanted` [n, k], the class one-hot, to `map` [n, h', w'].
 * @param stage from 1; the last by default, as in the paper
 * @throws UserError for networks without stages, and stages that there are not
 */
export function gradCamGraph(model: Asked, { stage }: { readonly stage?: number | undefined }, batch: number): Graph {
  const build = new Build();
  const logits = model.network.forward(seenBy(model, batch), build);
  const stages = build.boundaries;
  if (stages.length === 0)
    throw new UserError(
      `${model.network.name} does not say where its stages end, as Grad-CAM needs to know; ask for integrated gradients, or give the model it was made of`,
    );
  const maps = stages[(stage ?? stages.length) - 1];
  if (!maps) throw new UserError(`expected a stage from 1 to ${stages.length}, got ${stage}`);
  const wanted = input('wanted', logits.shape);
  const [slopes] = backward(logits, [maps], wanted, new Set([maps])); // [n, c, h', w']
  const weights = reduceMean(slopes!, { axes: [2, 3], keepdims: true }); // [n, c, 1, 1]
  const map = relu(reduceSum(mul(maps, weights), { axes: [1] })); // [n, h', w']
  return { name: `${model.network.name} grad-cam`, outputs: { map } };
}
