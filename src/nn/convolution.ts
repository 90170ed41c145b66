/**
 * Convolution and its adjoint, defined once: both connect the same positions through the same window, in opposite directions
 * (Dumoulin & Visin, "A guide to convolution arithmetic", section 4, https://arxiv.org/abs/1603.07285).
 */
import { UserError } from '../errors.js';
import { conv, convTranspose, currentScope, fixed, fixedShape, type Value } from '../graph/index.js';
import { heFanIn, heFanOut, type Initialiser, zeros } from './initial.js';
import type { Layer } from './network.js';

/** One number for all spatial axes, or one for each. */
export type Size = number | readonly [height: number, width: number];
const pair = (size: Size): readonly [number, number] => (typeof size === 'number' ? [size, size] : size);

/**
 * Where the window stands. `centre`: (k - 1) / 2 pixels on each side, PyTorch's usual choice. `same`: TensorFlow's, so that
 * out = ceil(in / stride), the odd pixel after. `valid`: none.
 */
export type Padding = 'centre' | 'same' | 'valid';

/** Pads of one axis of length `size`, before and after. */
const paddings: Readonly<Record<Padding, (k: number, stride: number, size: number) => readonly [number, number]>> = {
  centre: (k) => [Math.floor((k - 1) / 2), Math.floor((k - 1) / 2)],
  same: (k, stride, size) => {
    const total = Math.max((Math.ceil(size / stride) - 1) * stride + k - size, 0);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  },
  valid: () => [0, 0],
};

/** Begins, then ends, as ONNX orders them. */
export function padsOf(padding: Padding, kernel: Size, stride: number, sizes: readonly number[]): readonly number[] {
  const sides = pair(kernel).map((k, axis) => paddings[padding](k, stride, sizes[axis]!));
  return [...sides.map(([before]) => before), ...sides.map(([, after]) => after)];
}

/** Options of a convolution beside its channels and its kernel. */
export interface ConvOptions {
  /** 1 by default. */
  readonly stride?: number;
  /** `centre` by default. */
  readonly padding?: Padding;
  /** Adds a bias per output channel; no by default, since a normalisation usually follows. */
  readonly bias?: boolean;
  /** Each of which sees its own channels alone; 1 by default. */
  readonly groups?: number;
  /** Whether it ends a residual branch, which may begin as nothing (`Build.zeroGamma`). No by default. */
  readonly endsBranch?: boolean;
  readonly initial?: Initialiser;
}

/** Channels of each group. @throws UserError for channels that groups do not share evenly */
function perGroup(channels: number, groups: number): number {
  if (channels % groups)
    throw new UserError(
      `expected channels in multiples of the ${groups} groups of ${currentScope()}, got ${channels}; choose another width or number of groups`,
    );
  return channels / groups;
}

const spatial = (x: Value) => fixedShape(x.shape.slice(2));

/** [n, c, h, w] -> [n, to, h / stride, w / stride]; parameters `weight` [to, c / groups, kh, kw] and `bias` [to]. */
export const convolution =
  (
    to: number,
    kernel: Size,
    {
      stride = 1,
      padding = 'centre',
      bias = false,
      groups = 1,
      endsBranch = false,
      initial = heFanOut,
    }: ConvOptions = {},
  ): Layer =>
  (x, net) => {
    const [kh, kw] = pair(kernel);
    const from = perGroup(fixed(x.shape[1]), groups);
    const fans = { in: from * kh * kw, out: perGroup(to, groups) * kh * kw };
    const first = endsBranch && net.zeroGamma ? zeros : initial.weight(fans);
    const weight = net.weight('weight', [to, from, kh, kw], { initial: first });
    return conv(x, weight, {
      strides: stride,
      pads: padsOf(padding, kernel, stride, spatial(x)),
      group: groups,
      bias: bias ? net.parameter('bias', [to], { initial: initial.bias(fans) }) : undefined,
    });
  };

/**
 * The adjoint of a convolution that takes the larger image to the smaller one: [n, c, h, w] -> [n, to, h stride, w stride]
 * (`valid`: stride (h - 1) + k); parameters `weight` [c, to / groups, kh, kw] and `bias` [to].
 * With `centre` the kernel exceeds an odd one by 1 at stride 2, so that every output pixel is reached equally often.
 */
export const transposedConvolution =
  (
    to: number,
    kernel: Size,
    {
      stride = 1,
      padding = 'centre',
      bias = false,
      groups = 1,
      endsBranch = false,
      initial = heFanIn,
    }: ConvOptions = {},
  ): Layer =>
  (x, net) => {
    const [kh, kw] = pair(kernel);
    const from = fixed(x.shape[1]);
    const large = spatial(x).map((size) => size * stride);
    const pads = padsOf(padding, kernel, stride, large);
    const connections = perGroup(from, groups) * kh * kw;
    const fans = { in: connections, out: perGroup(to, groups) * kh * kw, heard: connections / stride ** 2 };
    const first = endsBranch && net.zeroGamma ? zeros : initial.weight(fans);
    const weight = net.parameter('weight', [from, perGroup(to, groups), kh, kw], { initial: first });
    const output_padding = [kh, kw].map((k, axis) =>
      padding === 'valid' ? 0 : stride - k + pads[axis]! + pads[axis + 2]!,
    );
    return convTranspose(x, weight, {
      strides: stride,
      pads,
      group: groups,
      output_padding,
      bias: bias ? net.parameter('bias', [to], { initial: initial.bias(fans) }) : undefined,
    });
  };
