/** Between pixels as files hold them and numbers as networks want them. */
import { add, cast, clip, constant, mul, sub, transpose, type Value } from '../graph/index.js';

/** Mean and standard deviation per channel, of values scaled to 0 … 1. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** ImageNet's statistics, which nearly all published ResNets are fed with. */
export const imagenetNormalisation: Normalisation = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** uint8 [n, h, w, c] -> float32 [n, c, h, w] in 0 … 1. */
export const unit = (pixels: Value): Value => mul(transpose(cast(pixels, 'float32'), [0, 3, 1, 2]), 1 / 255);

/** [n, c, h, w] in 0 … 1 -> (x - mean) / std. */
export function normalise(x: Value, { mean, std }: Normalisation): Value {
  const perChannel = (values: readonly number[]) => constant(values, [values.length, 1, 1]);
  return mul(sub(x, perChannel(mean)), perChannel(std.map((s) => 1 / s)));
}

/** float32 [n, c, h, w] in 0 … 1 -> uint8 [n, h, w, c], rounded, with what lies outside clipped. */
export const pixelsOf = (x: Value): Value => cast(add(mul(transpose(clip(x, 0, 1), [0, 2, 3, 1]), 255), 0.5), 'uint8');
