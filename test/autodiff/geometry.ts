/** Random geometries of windows that slide: every remainder, overlap, gap and lopsided padding. */
import type { ConvAttributes, PoolAttributes } from '../../src/graph/index.js';
import type { Draws } from './draws.js';

interface Axis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
  readonly end: number;
}

interface AxisKind {
  readonly dilations: number;
  readonly beyond: number;
  readonly largest?: number;
}

const axisOf = (d: Draws, { dilations, beyond, largest = 3 }: AxisKind): Axis => {
  const kernel = d.integer(1, largest);
  // pooling demands pads below the kernel, so that every window holds a pixel of the image; a convolution does not
  const [begin, end] = d.integers(2, 0, kernel - 1 + beyond) as [number, number];
  return { kernel, stride: d.integer(1, 3), dilation: d.integer(1, dilations), begin, end };
};

/** An image size for 1 to 3 windows or more, with up to stride - 1 pixels at the end that no window reaches. */
const sizeOf = (d: Draws, { kernel, stride, dilation, begin, end }: Axis): number => {
  const reach = dilation * (kernel - 1) + 1;
  const size = stride * d.integer(0, 2) + reach + d.integer(0, stride - 1) - begin - end;
  // more than the pads, so that a transposed convolution of an image of this size has an output too
  return Math.max(size, kernel, begin + end + 1);
};

const gather = (axes: readonly Axis[]) => ({
  kernel_shape: axes.map((a) => a.kernel),
  strides: axes.map((a) => a.stride),
  pads: [...axes.map((a) => a.begin), ...axes.map((a) => a.end)],
});

export interface Pooling extends PoolAttributes {
  readonly sizes: readonly number[];
}

export function pooling(d: Draws, rank = d.integer(1, 3)): Pooling {
  const axes = Array.from({ length: rank }, () => axisOf(d, { dilations: 1, beyond: 0 }));
  return { ...gather(axes), sizes: axes.map((axis) => sizeOf(d, axis)) };
}

/** Windows side by side, with or without pixels left over at the end. */
export function tiling(d: Draws): Pooling {
  const kernel_shape = d.integers(d.integer(1, 3), 1, 3);
  const sizes = kernel_shape.map((k) => k * d.integer(1, 2) + d.pick([0, 0, 0, k - 1]));
  return { kernel_shape, strides: kernel_shape, pads: kernel_shape.flatMap(() => [0, 0]), sizes };
}

export interface Convolution {
  readonly attributes: ConvAttributes;
  readonly kernel_shape: readonly number[];
  /** Sizes of the image, the larger side: input of a convolution, output of a transposed one. */
  readonly sizes: readonly number[];
  readonly batch: number;
  /** Channels of the image and of the features, multiples of the group. */
  readonly inner: number;
  readonly outer: number;
}

interface Kind {
  readonly rank?: number;
  /** One group, no dilation. */
  readonly plain?: boolean;
  /** Kernel size. */
  readonly largest?: number;
  /** Channels of the image and of the features; one or two per group where not given. */
  readonly inner?: number;
  readonly outer?: number;
}

export function convolution(
  d: Draws,
  { rank = d.integer(1, 3), plain = false, largest = 3, inner, outer }: Kind = {},
): Convolution {
  const axes = Array.from({ length: rank }, () => axisOf(d, { dilations: plain ? 1 : 2, beyond: 1, largest }));
  const group = plain ? 1 : d.integer(1, 3);
  const { kernel_shape, ...window } = gather(axes);
  return {
    attributes: { ...window, dilations: axes.map((a) => a.dilation), group },
    kernel_shape,
    sizes: axes.map((axis) => sizeOf(d, axis)),
    batch: d.integer(1, 3),
    inner: inner ?? group * d.integer(1, 2),
    outer: outer ?? group * d.integer(1, 2),
  };
}
