/** A ResNet that tells made images from real ones. */
import { add, fixed, gemm, mul, reduceSum, type Value } from '../graph/index.js';
import { type Build, dense, named, torchLinear } from '../nn/index.js';
import type { Network } from './network.js';

/**
 * How real images [n, c, h, w] look, [n]: by a ResNet's last maps, whose positions are summed up as in Miyato et al. 2018
 * (https://arxiv.org/abs/1802.05957, table 4), and by how far these agree with the class, [n, k] one-hot: the projection discriminator of
 * Miyato & Koyama 2018, https://arxiv.org/abs/1802.05637, formula 3.
 */
export function realness({ stages }: Network, images: Value, classes: Value | undefined, net: Build): Value {
  const maps = stages!.reduce((x, stage) => stage(x, net), images);
  const features = reduceSum(maps, { axes: [2, 3] });
  const score = named('fc', dense(1))(features, net);
  if (!classes) return reduceSum(score, { axes: [1] });
  const [width, count] = [fixed(features.shape[1]), fixed(classes.shape[1])];
  const wanted = named('class', (y) => {
    const weight = net.weight('weight', [width, count], { initial: torchLinear.weight({ in: width, out: count }) });
    return gemm(y, weight, undefined, { transB: true });
  })(classes, net);
  return add(reduceSum(score, { axes: [1] }), reduceSum(mul(wanted, features), { axes: [1] }));
}
