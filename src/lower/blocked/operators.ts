/** The engine's convolution on blocks, and what else it serves for: as depthwise 1 x 1 it scales, shifts and adds in one pass. */
import {
  type Attributes,
  type ConvAttributes,
  constant,
  fixedShape,
  one,
  reduceMean,
  reduceSum,
  reshape,
  type Value,
} from '../../graph/index.js';
import type { Four } from './laid.js';

export interface Extras {
  /** Per output channel, [o]. */
  readonly bias?: Value | undefined;
  /** Of the result's shape and layout. */
  readonly addend?: Value | undefined;
  /** Its last step. */
  readonly last?: Pick<Attributes['NchwcConv'], 'activation' | 'activation_params'>;
}

/** One number for every channel, [c]. */
export const everywhere = (value: number, c: number): Value => constant(new Float32Array(c).fill(value), [c]);

/** conv(x, w) + bias + addend, then its last step; x and the result in `channels`; w in `filter`, or as few-channel and depthwise ones lie. */
export function blockedConv(
  x: Value,
  w: Value,
  { strides, pads, dilations, group }: ConvAttributes,
  { bias, addend, last }: Extras = {},
): Value {
  const shift = bias ?? (addend && everywhere(0, w.shape[0] as number));
  const inputs = [x, w, ...(shift ? [shift] : []), ...(addend ? [addend] : [])];
  const kernel_shape = fixedShape(w.shape.slice(2));
  return one('NchwcConv', inputs, { kernel_shape, strides, pads, dilations, group, ...last });
}

/** Pixel by pixel, one group. */
export const dense: ConvAttributes = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 };

/** x [n, c, h, w] scale [c] + bias [c] + addend, one pass. */
export const affine = (x: Value, scale: Value, extras: Extras = {}): Value => {
  const c = x.shape[1] as number;
  return blockedConv(x, reshape(scale, [c, 1, 1, 1]), { ...dense, group: c }, extras);
};

/** The sum of a b per channel, [c]: every map of b is a filter that sees its map of a whole. */
export function dotPerChannel(a: Value, b: Value): Value {
  const [n, c, h, w] = fixedShape(a.shape) as Four;
  const maps = n * c;
  const dots = blockedConv(reshape(a, [1, maps, h, w]), reshape(b, [maps, 1, h, w]), { ...dense, group: maps });
  return reduceSum(reshape(dots, [n, c]), { axes: [0] });
}

/** The mean per channel, [c]. */
export function meanPerChannel(x: Value): Value {
  const [n, c] = x.shape as readonly [number, number];
  return reduceMean(reshape(one('NchwcGlobalAveragePool', [x], {}), [n, c]), { axes: [0] });
}
