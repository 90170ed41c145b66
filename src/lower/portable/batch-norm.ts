/** Batch normalisation by the batch's own statistics, decomposed, since the runtime's fused form exists on few devices. */
import {
  add,
  axesOf,
  type BatchNormTrainingAttributes,
  fixed,
  fixedShape,
  mul,
  pow,
  reduceMean,
  reduceSum,
  reshape,
  sub,
  type Value,
} from '../../graph/index.js';

/** [c] (or [c, h, w]) beside [n, c, h, w]: reduced axes come back with size 1. */
const beside = (v: Value, x: Value, axes: readonly number[]) =>
  reshape(
    v,
    fixedShape(x.shape).map((d, i) => (axesOf(axes, x.shape.length).includes(i) ? 1 : d)),
  );

const inverseDeviation = (variance: Value, epsilon: number) => pow(add(variance, epsilon), -0.5);

/** The variance is the mean of centred squares: one pass more than E[x^2] - E[x]^2, but right at a mean of 1e4. */
export function batchNormTraining(
  [x, scale, bias]: readonly Value[],
  { epsilon, axes }: BatchNormTrainingAttributes,
): readonly Value[] {
  const mean = reduceMean(x!, { axes, keepdims: true });
  const centred = sub(x!, mean);
  const variance = reduceMean(mul(centred, centred), { axes, keepdims: true });
  const factor = mul(beside(scale!, x!, axes), inverseDeviation(variance, epsilon));
  const y = add(mul(centred, factor), beside(bias!, x!, axes));
  const shape = fixedShape(scale!.shape);
  return [y, reshape(mean, shape), reshape(variance, shape)];
}

/**
 * With r = (variance + epsilon)^-1/2, c = x - mean and M elements per statistic:
 * dbias = sum dy, dscale = r sum dy c, dx = scale r (dy - dbias / M - c r dscale / M).
 */
export function batchNormTrainingGrad(
  [dy, x, scale, mean, variance]: readonly Value[],
  { epsilon, axes }: BatchNormTrainingAttributes,
): readonly Value[] {
  const count = axes.reduce((n, axis) => n * fixed(x!.shape.at(axis)), 1);
  const r = inverseDeviation(variance!, epsilon);
  const centred = sub(x!, beside(mean!, x!, axes));
  const dbias = reduceSum(dy!, { axes });
  const dscale = mul(reduceSum(mul(dy!, centred), { axes }), r);
  const spread = (v: Value) => beside(v, x!, axes);
  const sr = mul(scale!, r);
  const pull = mul(mul(sr, mul(dscale, r)), -1 / count);
  const shift = mul(mul(sr, dbias), -1 / count);
  const dx = add(mul(dy!, spread(sr)), add(mul(centred, spread(pull)), spread(shift)));
  return [dx, dscale, dbias];
}
