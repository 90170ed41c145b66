/** Everything else that residual networks are made of. */
import { UserError } from '../errors.js';
import {
  add,
  batchNormalization,
  batchNormTraining,
  currentScope,
  elements,
  fixed,
  fixedShape,
  flatten,
  gemm,
  globalAveragePool,
  mul,
  nodesOf,
  type ParameterValue,
  pow,
  relu as reluOf,
  reshape,
  scoped,
  show,
  sigmoid,
  statisticsShape,
  sub,
  type Value,
} from '../graph/index.js';
import { convolution } from './convolution.js';
import { type Initialiser, ones, torchLinear, zeros } from './initial.js';
import { type Build, type Layer, named, sequential } from './network.js';
import { type Statistics, sharedStatistics } from './synchronised.js';

/** max(x, 0) as a layer. */
export const relu: Layer = (x) => reluOf(x);

/** Options of a batch normalisation. */
export interface NormOptions {
  /** Added to the variance. 1e-5 by default. */
  readonly epsilon?: number;
  /** Share of the new batch in the running statistics, as PyTorch counts it. 0.1 by default. */
  readonly momentum?: number;
  /** `channel`: one statistic per channel; `position`: one per position and channel, over the batch alone. */
  readonly per?: 'channel' | 'position';
  /** Running variance from the unbiased estimate, as PyTorch keeps it. Yes by default; TensorFlow keeps the biased one. */
  readonly unbiased?: boolean;
  /** Whether it ends a residual branch, which may begin as nothing (`Build.zeroGamma`). */
  readonly endsBranch?: boolean;
}

/**
 * Batch normalisation (Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167, algorithms 1 and 2). Parameters `weight` and
 * `bias`, tracked `running_mean` and `running_var`, each [c], or [c, h, w] per position.
 */
export const batchNorm =
  ({ epsilon = 1e-5, momentum = 0.1, per = 'channel', unbiased = true, endsBranch = false }: NormOptions = {}): Layer =>
  (x, net) => {
    const axes = per === 'channel' ? x.shape.flatMap((_, i) => (i === 1 ? [] : [i])) : [0];
    const shape = statisticsShape(x.shape, axes);
    const first = endsBranch && net.zeroGamma ? zeros : ones;
    const scale = net.parameter('weight', shape, { initial: first, decays: false });
    const bias = net.parameter('bias', shape, { initial: zeros, decays: false });
    const runningMean = net.parameter('running_mean', shape, { initial: zeros, trainable: false });
    const runningVar = net.parameter('running_var', shape, { initial: ones, trainable: false });
    const by = { scale, bias, mean: runningMean, variance: runningVar };
    if (net.training && !net.isFrozen('running_mean'))
      return normalisedByBatch(x, by, { epsilon, momentum, axes, unbiased }, net);
    return per === 'channel'
      ? batchNormalization(x, { ...by, epsilon })
      : add(mul(sub(x, runningMean), mul(scale, pow(add(runningVar, epsilon), -0.5))), bias);
  };

interface BatchStatistics extends Required<Pick<NormOptions, 'epsilon' | 'momentum' | 'unbiased'>> {
  readonly axes: readonly number[];
}

/** Normalised by the batch's own statistics, which the running ones follow. */
export function normalisedByBatch(
  x: Value,
  { scale, bias, mean, variance }: Record<'scale' | 'bias', Value> & Record<'mean' | 'variance', ParameterValue>,
  { epsilon, momentum, axes, unbiased }: BatchStatistics,
  net: Build,
): Value {
  const count = axes.reduce((n, axis) => n * fixed(x.shape[axis]), net.ranks);
  if (count < 2)
    throw new UserError(
      `batch normalisation in ${currentScope()} sees one value per statistic (input ${show(x.shape)}): train with a larger batch or a larger image`,
    );
  const batch =
    net.ranks === 1
      ? batchNormTraining(x, { scale, bias, epsilon, axes })
      : synchronised(x, { scale, bias, epsilon, axes, around: mean });
  const blend = (old: Value, now: Value, share: number) => add(mul(old, 1 - momentum), mul(now, share));
  net.track(mean, blend(mean, batch.mean, momentum));
  net.track(variance, blend(variance, batch.variance, unbiased ? (momentum * count) / (count - 1) : momentum));
  return batch.y;
}

/** (x - mean) scale (variance + epsilon)^-1/2 + bias, by the statistics of all processes. */
function synchronised(
  x: Value,
  {
    scale,
    bias,
    epsilon,
    axes,
    around,
  }: Record<'scale' | 'bias', Value> & Pick<BatchStatistics, 'epsilon' | 'axes'> & { readonly around: ParameterValue },
): Statistics & { readonly y: Value } {
  const { mean, variance } = sharedStatistics(x, axes, around);
  const beside = (v: Value) =>
    reshape(
      v,
      fixedShape(x.shape).map((d, i) => (axes.includes(i) ? 1 : d)),
    );
  const factor = mul(scale, pow(add(variance, epsilon), -0.5));
  return { y: add(mul(sub(x, beside(mean)), beside(factor)), beside(bias)), mean, variance };
}

/** [n, d] -> [n, to]; parameters `weight` [to, d] and `bias` [to]. */
export const dense =
  (to: number, { initial = torchLinear }: { readonly initial?: Initialiser } = {}): Layer =>
  (x, net) => {
    const from = fixed(x.shape[1]);
    const fans = { in: from, out: to };
    const weight = net.weight('weight', [to, from], { initial: initial.weight(fans) });
    const bias = net.parameter('bias', [to], { initial: initial.bias(fans) });
    return gemm(x, weight, bias, { transB: true });
  };

/** [n, c, h, w] -> [n, c]: the mean of each channel. */
export const pooled: Layer = (x) => flatten(globalAveragePool(x));

/** [n, …] -> [n, ...shape]. */
export const shaped =
  (shape: readonly number[]): Layer =>
  (x) => {
    if (elements(x.shape.slice(1)) !== elements(shape))
      throw new UserError(`cannot shape ${show(x.shape)} as [n, ${shape}]`);
    return reshape(x, [0, ...shape]);
  };

/** Leaves out features by chance while a network is trained, and makes up for it in those that stay. */
export const dropout: Layer = (x, net) => {
  const { dropout: share } = net.regularisation;
  if (!net.training || share === 0) return x;
  return mul(x, net.chance('kept_features', { shape: fixedShape(x.shape), draw: { kind: 'mask', keep: 1 - share } }));
};

/** A residual branch, and what it was made of. */
interface Branch {
  readonly from: Value;
  readonly to: Value;
  /** Of its block, from 0 for the network's first to 1 for its last. */
  readonly depth: number;
}

/** Leaves out a residual branch for some images of a batch; one that is frozen stays as it is. */
function skippedByChance({ from, to, depth }: Branch, net: Build): Value {
  const share = depth * net.regularisation.stochasticDepth;
  if (!net.training || share === 0 || isFrozen({ from, to })) return to;
  const shape = [fixed(to.shape[0]), ...to.shape.slice(1).map(() => 1)];
  return mul(to, net.chance('kept_branch', { shape, draw: { kind: 'mask', keep: 1 - share } }));
}

/** Whether a branch has parameters, and none that learns. */
function isFrozen({ from, to }: Omit<Branch, 'depth'>): boolean {
  const inputs = nodesOf([to], new Set([from])).flatMap((node) => node.inputs);
  const parameters = inputs.flatMap(({ source }) => (source.kind === 'parameter' ? [source] : []));
  return parameters.length > 0 && !parameters.some(({ trainable }) => trainable);
}

/**
 * Squeeze and excitation: x times, per channel, a number of 0 to 1 that two dense layers make of all channels' means: Hu et al. 2017,
 * section 3, https://arxiv.org/abs/1709.01507. Parameters `fc1` and `fc2`, as convolutions of 1x1 with biases.
 * @param squeezed channels between the two
 */
export const squeezeExcitation =
  (squeezed: number): Layer =>
  (x, net) => {
    const pointwise = (to: number) => convolution(to, 1, { bias: true });
    const gate = sequential(
      globalAveragePool, // [n, c, 1, 1]
      named('fc1', sequential(pointwise(squeezed), relu)),
      named('fc2', sequential(pointwise(fixed(x.shape[1])), sigmoid)),
    );
    return mul(x, gate(x, net));
  };

interface Residual {
  readonly name: string;
  readonly left: readonly Layer[];
  readonly right: readonly Layer[];
  /** Of the block, from 0 for the network's first to 1 for its last. */
  readonly depth: number;
}

/** relu(left(x) + right(x)); an empty branch is the identity: He et al. 2015, section 3.2, https://arxiv.org/abs/1512.03385. */
export const residual =
  ({ name, left, right, depth }: Residual): Layer =>
  (x, net) => {
    const [branch, shortcut] = [left, right].map((layers) => sequential(...layers)(x, net)) as [Value, Value];
    return scoped(name, () => reluOf(add(skippedByChance({ from: x, to: branch, depth }, net), shortcut)));
  };

/**
 * left(first(x)) + right(first(x)), or x itself where the right branch is empty: nothing stands between one sum and the next, He et al. 2016,
 * figure 4 (e), https://arxiv.org/abs/1603.05027.
 */
export const preactivated =
  ({ name, first, left, right, depth }: Residual & { readonly first: Layer }): Layer =>
  (x, net) => {
    const seen = first(x, net);
    const branch = sequential(...left)(seen, net);
    const shortcut = right.length > 0 ? sequential(...right)(seen, net) : x;
    return scoped(name, () => add(skippedByChance({ from: seen, to: branch, depth }, net), shortcut));
  };
