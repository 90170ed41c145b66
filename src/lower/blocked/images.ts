/** Pooling, enlarging and spreading of images. What lies in blocks stays there; nothing but gradients is brought into them for these. */
import {
  type Attributes,
  constant,
  expand,
  fixedShape,
  neg,
  one,
  type PoolAttributes,
  pad,
  mul as product,
  reshape,
  reduceSum as sum,
  type Value,
} from '../../graph/index.js';
import { LOWEST, maxPoolGradBy, slideOver } from '../portable/max-pool-grad.js';
import type { Slide } from '../portable/windows.js';
import { elementwise } from './elementwise.js';
import type { Four, Laid } from './laid.js';
import { blockedConv, dense } from './operators.js';
import type { Rule } from './rule.js';

const isBlocked = (x: Laid | undefined) => x!.layout === 'channels';

export const averagePool: Rule<Attributes['AveragePool']> = ([x], attributes, { channels }) =>
  isBlocked(x) ? [channels(one('NchwcAveragePool', [x!.value], attributes))] : undefined;

export const globalAveragePool: Rule<Attributes['GlobalAveragePool']> = ([x], _, { channels }) =>
  isBlocked(x) ? [channels(one('NchwcGlobalAveragePool', [x!.value], {}))] : undefined;

export const maxPool: Rule<PoolAttributes> = ([x], attributes, { channels }) =>
  isBlocked(x) ? [channels(one('NchwcMaxPool', [x!.value], attributes))] : undefined;

/** [n, c, h, w] as it lies, [n c/b, h, w, b]. */
function asItLies(x: Value, b: number): Value {
  const [n, c, h, w] = fixedShape(x.shape) as Four;
  return reshape(x, [(n * c) / b, h, w, b]);
}

/**
 * Whether a tap equals its window's maximum, as one pass: a depthwise convolution picks the tap out of x, adds -y, and ends in a
 * step that is 1 at 0 and 0 below.
 */
export const maxPoolGrad: Rule<PoolAttributes> = (inputs, attributes, { block, channels, outputs }) => {
  if (!inputs.every((input) => input.can('channels'))) return undefined;
  const [dy, x, y] = inputs.map((input) => input.as('channels')) as [Value, Value, Value];
  const slide = slideOver(asItLies(x, block), asItLies(y, block), 1, attributes);
  const [negative, wide] = [neg(y), widened(x, slide, block)];
  const isMaximum = (tap: number): Value => {
    const equality = blockedConv(
      wide,
      picker(tap, x.shape[1] as number, attributes.kernel_shape, block),
      { ...dense, strides: attributes.strides, group: x.shape[1] as number },
      { addend: negative, last: { activation: 'HardSigmoid', activation_params: [STEEP, 1] } },
    );
    return asItLies(equality, block);
  };
  return [channels(reshape(maxPoolGradBy(asItLies(dy, block), slide, isMaximum), outputs[0]!.shape as number[]))];
};

/** Two floats that differ do so by more than its inverse, unless both are nearly 0. */
const STEEP = 2 ** 100;

/** Padded, below every activation, for as far as windows reach. */
function widened(x: Value, { kernel_shape, strides, pads, sizes, counts }: Slide, block: number): Value {
  const ends = sizes.map((size, i) =>
    Math.max(strides[i]! * (counts[i]! - 1) + kernel_shape[i]! - size - pads[i]!, 0),
  ) as [number, number];
  const wide = pad(asItLies(x, block), [0, pads[0]!, pads[1]!, 0, 0, ...ends, 0], LOWEST);
  return reshape(wide, [...x.shape.slice(0, 2), wide.shape[1]!, wide.shape[2]!] as number[]);
}

/** A depthwise filter that sees one tap: [c, 1, kh, kw], in blocks [c/b, kh kw, b]. */
function picker(tap: number, c: number, kernel: readonly number[], block: number): Value {
  const taps = kernel.reduce((a, b) => a * b, 1);
  const weights = Float32Array.from({ length: c * taps }, (_, i) => (Math.floor(i / block) % taps === tap ? 1 : 0));
  return constant(weights, [c, 1, ...kernel]);
}

export const resize: Rule<Attributes['Resize']> = ([x], { scales }, { channels }) =>
  isBlocked(x) && scales.every(Number.isInteger) && scales[0] === 1 && scales[1] === 1
    ? [channels(one('NchwcUpsample', [x!.value], { scales }))]
    : undefined;

/** An image times a number for each of its channels: attention to channels. */
export const mul: Rule<Attributes['Mul']> = (inputs, attributes, site) => {
  const [image, gate] = isGate(inputs[1]!) ? inputs : [...inputs].reverse();
  if (!isBlocked(image) || !isGate(gate!) || isGate(image!) || !gate!.can('channels') || !haveSameMaps(image!, gate!))
    return elementwise('Mul')(inputs, attributes, site);
  const [n, c, h, w] = fixedShape(image!.shape) as Four;
  const b = site.block;
  const maps = reshape(image!.value, [n, c / b, h * w, b]);
  return [site.channels(reshape(product(maps, reshape(gate!.as('channels'), [n, c / b, 1, b])), [n, c, h, w]))];
};
const isGate = ({ shape }: Laid) => shape.length === 4 && shape[2] === 1 && shape[3] === 1;
const haveSameMaps = (a: Laid, b: Laid) => a.shape[0] === b.shape[0] && a.shape[1] === b.shape[1];

/** The sum of each map: that product's gradient for its numbers. */
export const reduceSum: Rule<Attributes['ReduceSum']> = ([x], { axes, keepdims }, { block, channels }) => {
  if (!isBlocked(x) || x!.shape.length !== 4 || `${axes}` !== '2,3' || !keepdims) return undefined;
  const [n, c, h, w] = fixedShape(x!.shape) as Four;
  const sums = sum(reshape(x!.value, [n, c / block, h * w, block]), { axes: [2] }); // [n, c/b, b]
  return [channels(reshape(sums, [n, c, 1, 1]))];
};

/** One number per channel all over its map: the gradient of global average pooling. */
export const spread: Rule<Attributes['Expand']> = ([x], { shape }, { block, channels }) => {
  if (shape.length !== 4 || x!.shape[0] !== shape[0] || x!.shape[1] !== shape[1] || !x!.can('channels'))
    return undefined;
  const [n, c, h, w] = shape as Four;
  if (x!.shape[2] !== 1 || x!.shape[3] !== 1 || h * w === 1) return undefined;
  const vectors = reshape(x!.as('channels'), [n, c / block, 1, block]);
  return [channels(reshape(expand(vectors, [n, c / block, h * w, block]), [n, c, h, w]))];
};
