/** A ResNet that tells made images from real ones. */
import {
  add,
  concat,
  expand,
  fixed,
  fixedShape,
  gemm,
  mul,
  reduceMean,
  reduceSum,
  sqrt,
  sub,
  type Value,
} from '../graph/index.js';
import { type Build, convolution, dense, type Layer, named, relu, sequential, torchLinear } from '../nn/index.js';
import type { Network } from './network.js';

interface Judgement {
  /** [n, k] one-hot, where images are made of a class. */
  readonly classes: Value | undefined;
  /** Whether it sees how much the images of a batch differ from each other. */
  readonly minibatchDeviation: boolean;
}

/**
 * How real images [n, c, h, w] look, [n]: by a ResNet's last maps, whose positions are summed up as in Miyato et al. 2018
 * (https://arxiv.org/abs/1802.05957, table 4), and by how far these agree with the class: the projection discriminator of
 * Miyato & Koyama 2018, https://arxiv.org/abs/1802.05637, formula 3.
 */
export function realness(
  { stages }: Network,
  images: Value,
  { classes, minibatchDeviation }: Judgement,
  net: Build,
): Value {
  const seen = stages!.reduce((x, stage) => stage(x, net), images);
  const maps = minibatchDeviation ? named('compared', compared)(seen, net) : seen;
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

/**
 * Maps [n, c, h, w] after a convolution that sees one channel more: the standard deviation over the batch, of all channels and positions
 * its mean. A generator that makes little but one image gives itself away by it: Karras et al. 2018, section 3,
 * https://arxiv.org/abs/1710.10196.
 */
const compared: Layer = (maps, net) => {
  const [n, channels, height, width] = fixedShape(maps.shape) as [number, number, number, number];
  const from = sub(maps, reduceMean(maps, { axes: [0], keepdims: true }));
  const deviations = sqrt(add(reduceMean(mul(from, from), { axes: [0], keepdims: true }), 1e-8));
  const deviation = expand(reduceMean(deviations, { axes: [0, 1, 2, 3], keepdims: true }), [n, 1, height, width]);
  const joined = concat([maps, deviation], 1);
  return sequential(convolution(channels, 3, { bias: true }), relu)(joined, net);
};
