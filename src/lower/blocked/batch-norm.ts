/**
 * Batch normalisation on blocks. The mean of one image stands in for the batch's: what is centred by it is small enough for
 * its squares to be summed without loss, and the true mean is then known in the same passes.
 */
import {
  type Attributes,
  add,
  type BatchNormTrainingAttributes,
  fixedShape,
  mul,
  neg,
  pow,
  slice,
  sub,
  type Value,
} from '../../graph/index.js';
import type { Four, Laid } from './laid.js';
import { affine, dotPerChannel, everywhere, meanPerChannel } from './operators.js';
import type { Rule } from './rule.js';

/** x less a value per channel; `offset` [c] is the mean of what is left. */
interface Centred {
  readonly value: Value;
  readonly offset: Value;
}

/** What the forward pass centred, for the backward pass. */
const centredOf = new WeakMap<Laid, Centred>();

const perChannel = (x: Laid, axes: readonly number[]) =>
  x.can('channels') && x.shape.length === 4 && axes.length === 3 && !axes.includes(1) && !axes.includes(-3);

const inverseDeviation = (variance: Value, epsilon: number) => pow(add(variance, epsilon), -0.5);
const countOf = (x: Value) => {
  const [n, , h, w] = fixedShape(x.shape) as Four;
  return n * h * w;
};

const less = (x: Value, centre: Value) => affine(x, everywhere(1, x.shape[1] as number), { bias: neg(centre) });

export const batchNormTraining: Rule<BatchNormTrainingAttributes> = ([x, scale, bias], { epsilon, axes }, site) => {
  if (!perChannel(x!, axes)) return undefined;
  const batch = x!.as('channels');
  const guess = meanPerChannel(slice(batch, [{ axis: 0, start: 0, end: 1 }]));
  const value = less(batch, guess);
  const offset = meanPerChannel(value);
  centredOf.set(x!, { value, offset });
  const variance = sub(mul(dotPerChannel(value, value), 1 / countOf(batch)), mul(offset, offset));
  const factor = mul(scale!.as('plain'), inverseDeviation(variance, epsilon));
  const y = affine(value, factor, { bias: sub(bias!.as('plain'), mul(offset, factor)) });
  return [site.channels(y), site.plain(add(guess, offset)), site.plain(variance)];
};

/**
 * As the portable one: with r = (variance + epsilon)^-1/2, c = x - mean and M elements per statistic,
 * dbias = sum dy, dscale = r sum dy c, dx = scale r (dy - dbias / M - c r dscale / M).
 */
export const batchNormTrainingGrad: Rule<BatchNormTrainingAttributes> = (inputs, { epsilon, axes }, site) => {
  const [dy, x] = inputs as [Laid, Laid];
  if (!perChannel(x, axes) || !dy.can('channels')) return undefined;
  const [scale, mean, variance] = inputs.slice(2).map((input) => input.as('plain')) as [Value, Value, Value];
  const [gradient, count] = [dy.as('channels'), countOf(x.value)];
  const centred = centredOf.get(x) ?? {
    value: less(x.as('channels'), mean),
    offset: everywhere(0, x.shape[1] as number),
  };
  const r = inverseDeviation(variance, epsilon);
  const dbias = mul(meanPerChannel(gradient), count);
  const dscale = mul(sub(dotPerChannel(gradient, centred.value), mul(centred.offset, dbias)), r);
  const sr = mul(scale, r);
  const pull = mul(mul(sr, mul(dscale, r)), -1 / count);
  const shift = sub(mul(mul(sr, dbias), -1 / count), mul(pull, centred.offset));
  const dx = affine(gradient, sr, { bias: shift, addend: affine(centred.value, pull) });
  return [site.channels(dx), site.plain(dscale), site.plain(dbias)];
};

/** By given statistics: one affine pass. */
export const batchNormalization: Rule<Attributes['BatchNormalization']> = (inputs, { epsilon }, site) => {
  const x = inputs[0]!;
  if (x.layout !== 'channels') return undefined;
  const [scale, bias, mean, variance] = inputs.slice(1).map((input) => input.as('plain')) as [
    Value,
    Value,
    Value,
    Value,
  ];
  const factor = mul(scale, inverseDeviation(variance, epsilon));
  return [site.channels(affine(x.value, factor, { bias: sub(bias, mul(mean, factor)) }))];
};
