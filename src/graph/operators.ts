/**
 * One function per operator, named as ONNX names it, with defaults where the standard has them.
 * Inputs come first, attributes in one object last.
 */
import type { Attributes, ConvAttributes, ConvTransposeAttributes, Op, PoolAttributes, Shared } from './attributes.js';
import { apply, one, scalar } from './build.js';
import type { DType } from './dtype.js';
import { axesOf, fixedShape } from './sizes.js';
import type { Value } from './types.js';

const unary =
  <K extends Op>(op: Record<never, never> extends Attributes[K] ? K : never) =>
  (x: Value): Value =>
    one(op as K, [x], {} as Attributes[K]);

/** A plain number stands for a scalar, as it would in NumPy. */
export type Operand = Value | number;
const value = (operand: Operand): Value => (typeof operand === 'number' ? scalar(operand) : operand);

const binary =
  <K extends Op>(op: Record<never, never> extends Attributes[K] ? K : never) =>
  (a: Operand, b: Operand): Value =>
    one(op as K, [value(a), value(b)], {} as Attributes[K]);

export const abs = unary('Abs');
export const erf = unary('Erf');
export const exp = unary('Exp');
export const globalAveragePool = unary('GlobalAveragePool');
export const identity = unary('Identity');
export const log = unary('Log');
export const neg = unary('Neg');
export const not = unary('Not');
export const reciprocal = unary('Reciprocal');
export const relu = unary('Relu');
export const sigmoid = unary('Sigmoid');
export const sign = unary('Sign');
export const softplus = unary('Softplus');
export const sqrt = unary('Sqrt');
export const tanh = unary('Tanh');

export const add = binary('Add');
export const and = binary('And');
export const div = binary('Div');
export const equal = binary('Equal');
export const greater = binary('Greater');
export const less = binary('Less');
export const max = binary('Max');
export const min = binary('Min');
export const mul = binary('Mul');
export const pow = binary('Pow');
export const sub = binary('Sub');

/** Elements of `a` where the condition holds, else of `b`. */
export const where = (condition: Value, a: Operand, b: Operand) => one('Where', [condition, value(a), value(b)], {});
export const cast = (x: Value, to: DType) => (x.dtype === to ? x : one('Cast', [x], { to }));
export const clip = (x: Value, min: number, max: number) => one('Clip', [x], { min, max });
export const hardSigmoid = (x: Value, alpha = 0.2, beta = 0.5) => one('HardSigmoid', [x], { alpha, beta });
export const leakyRelu = (x: Value, alpha = 0.01) => one('LeakyRelu', [x], { alpha });
export const softmax = (x: Value, axis = -1) => one('Softmax', [x], { axis });
export const logSoftmax = (x: Value, axis = -1) => one('LogSoftmax', [x], { axis });

interface Reduction {
  /** Axes to reduce; all by default. */
  readonly axes?: readonly number[];
  /** Keep reduced axes with size 1; no by default. */
  readonly keepdims?: boolean;
}
const reduction =
  (op: 'ReduceSum' | 'ReduceMean' | 'ReduceMax') =>
  (x: Value, { axes = x.shape.map((_, i) => i), keepdims = false }: Reduction = {}) =>
    axes.length === 0 ? x : one(op, [x], { axes: axesOf(axes, x.shape.length), keepdims: keepdims ? 1 : 0 });
export const reduceSum = reduction('ReduceSum');
export const reduceMean = reduction('ReduceMean');
export const reduceMax = reduction('ReduceMax');
/** Index of the first maximum along an axis, int64. */
export const argMax = (x: Value, axis: number, { keepdims = false } = {}) =>
  one('ArgMax', [x], { axis, keepdims: keepdims ? 1 : 0 });

export const matmul = (a: Value, b: Value) => one('MatMul', [a, b], {});
/** a b + c with optional transposes; a [m, k], b [k, n], c spreads to [m, n]. */
export const gemm = (a: Value, b: Value, c?: Value, { transA = false, transB = false, alpha = 1, beta = 1 } = {}) =>
  one('Gemm', c ? [a, b, c] : [a, b], { alpha, beta, transA: transA ? 1 : 0, transB: transB ? 1 : 0 });

export const concat = (values: readonly Value[], axis: number) =>
  values.length === 1 ? values[0]! : one('Concat', values, { axis });
/** float32 -> the zero point's type. */
export const quantizeLinear = (x: Value, scale: Value, zeroPoint: Value, axis = 1) =>
  one('QuantizeLinear', [x, scale, zeroPoint], { axis });
export const dequantizeLinear = (q: Value, scale: Value, zeroPoint?: Value, axis = 1) =>
  one('DequantizeLinear', zeroPoint ? [q, scale, zeroPoint] : [q, scale], { axis });
/** [n, c b b, h, w] -> [n, c, h b, w b]; `CRD` orders channels as PyTorch's PixelShuffle does. */
export const depthToSpace = (x: Value, blocksize: number, mode: 'DCR' | 'CRD' = 'CRD') =>
  one('DepthToSpace', [x], { blocksize, mode });
export const spaceToDepth = (x: Value, blocksize: number) => one('SpaceToDepth', [x], { blocksize });
export const expand = (x: Value, shape: readonly number[]) => one('Expand', [x], { shape });
export const flatten = (x: Value, axis = 1) => one('Flatten', [x], { axis });
export const gather = (x: Value, indices: Value, axis = 0) => one('Gather', [x, indices], { axis });
/** 1 at each index, 0 elsewhere, along a new axis of size `depth`; float32. */
export const oneHot = (indices: Value, depth: number, axis = -1) => one('OneHot', [indices], { depth, axis });
/** Pads all axes with one value; `pads` holds all begins, then all ends. */
export const pad = (x: Value, pads: readonly number[], fill = 0) =>
  pads.every((p) => p === 0) ? x : one('Pad', [x], { pads, value: fill });
/** 0 keeps the size at its position, -1 takes what is left. */
export const reshape = (x: Value, shape: readonly number[]) =>
  shape.length === x.shape.length && shape.every((d, i) => d === x.shape[i]) ? x : one('Reshape', [x], { shape });
/** Nearest-neighbour enlargement; one scale per axis. */
export const resize = (x: Value, scales: readonly number[]) => one('Resize', [x], { scales });
export const squeeze = (x: Value, axes: readonly number[]) => one('Squeeze', [x], { axes });
export const unsqueeze = (x: Value, axes: readonly number[]) => one('Unsqueeze', [x], { axes });
export const transpose = (x: Value, perm: readonly number[]) => one('Transpose', [x], { perm });

interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step?: number;
}
/** Cuts along axes; negative positions count from the end, `Infinity` is the end itself. */
export function slice(x: Value, cuts: readonly Cut[]): Value {
  // not 2^31 - 1, which ONNX Runtime takes for the other end where the step is negative
  const bound = (position: number) => Math.max(Math.min(position, 2 ** 31 - 2), -(2 ** 31 - 2));
  return one('Slice', [x], {
    starts: cuts.map((c) => bound(c.start)),
    ends: cuts.map((c) => bound(c.end)),
    axes: cuts.map((c) => c.axis),
    steps: cuts.map((c) => c.step ?? 1),
  });
}

/** One number stands for all spatial axes; for pads, for all sides. */
type Sizes = number | readonly number[];
const sizes = (given: Sizes | undefined, length: number, otherwise: number): readonly number[] =>
  typeof given === 'object' ? given : Array<number>(Math.max(length, 0)).fill(given ?? otherwise);

interface Convolution {
  readonly strides?: Sizes;
  readonly pads?: Sizes;
  readonly dilations?: Sizes;
  readonly group?: number;
}
const convolution = (x: Value, { strides, pads, dilations, group = 1 }: Convolution): ConvAttributes => {
  const axes = x.shape.length - 2;
  return {
    strides: sizes(strides, axes, 1),
    pads: sizes(pads, 2 * axes, 0),
    dilations: sizes(dilations, axes, 1),
    group,
  };
};

const optional = (bias: Value | undefined) => (bias ? [bias] : []);

/** x [n, c, …], w [out, c / group, k…], bias [out] -> [n, out, …]. */
export const conv = (
  x: Value,
  w: Value,
  { bias, ...options }: Convolution & { readonly bias?: Value | undefined } = {},
) => one('Conv', [x, w, ...optional(bias)], convolution(x, options));

interface TransposedConvolution extends Convolution {
  readonly output_padding?: Sizes;
  readonly bias?: Value | undefined;
}
/**
 * The adjoint of `conv` with the same filter: x [n, c, …], w [c, out / group, k…] -> [n, out, …], where
 * size = stride (size - 1) + dilation (k - 1) + 1 + output_padding - pads.
 */
export function convTranspose(
  x: Value,
  w: Value,
  { bias, output_padding, ...options }: TransposedConvolution = {},
): Value {
  const attributes: ConvTransposeAttributes = {
    ...convolution(x, options),
    output_padding: sizes(output_padding, x.shape.length - 2, 0),
  };
  return one('ConvTranspose', [x, w, ...optional(bias)], attributes);
}

/** dw of y = conv(x, w): x [n, c, …], dy [n, out, …] -> [out, c / group, k…]. */
export const convFilterGrad = (x: Value, dy: Value, attributes: Attributes['ConvFilterGrad']) =>
  one('ConvFilterGrad', [x, dy], attributes);

interface Pooling {
  readonly kernel_shape: Sizes;
  /** The kernel's size by default, so that windows do not overlap. */
  readonly strides?: Sizes;
  readonly pads?: Sizes;
}
const pooling = (x: Value, { kernel_shape, strides, pads }: Pooling): PoolAttributes => {
  const axes = x.shape.length - 2;
  const kernel = sizes(kernel_shape, axes, 1);
  return {
    kernel_shape: kernel,
    strides: strides === undefined ? kernel : sizes(strides, axes, 1),
    pads: sizes(pads, 2 * axes, 0),
  };
};
export const maxPool = (x: Value, options: Pooling) => one('MaxPool', [x], pooling(x, options));
export const averagePool = (
  x: Value,
  { countIncludePad = false, ...options }: Pooling & { readonly countIncludePad?: boolean },
) => one('AveragePool', [x], { ...pooling(x, options), count_include_pad: countIncludePad ? 1 : 0 });

/** Inference: x [n, c, …] normalised per channel by given statistics, each [c]. */
export const batchNormalization = (
  x: Value,
  {
    scale,
    bias,
    mean,
    variance,
    epsilon = 1e-5,
  }: Record<'scale' | 'bias' | 'mean' | 'variance', Value> & { readonly epsilon?: number },
) => one('BatchNormalization', [x, scale, bias, mean, variance], { epsilon });

/** Training: normalised by the batch's own statistics over `axes`; the variance is the biased one. */
export function batchNormTraining(
  x: Value,
  {
    scale,
    bias,
    epsilon = 1e-5,
    axes = [0, 2, 3],
  }: { scale: Value; bias: Value; epsilon?: number; axes?: readonly number[] },
): { readonly y: Value; readonly mean: Value; readonly variance: Value } {
  const [y, mean, variance] = apply('BatchNormTraining', [x, scale, bias], { epsilon, axes }) as [Value, Value, Value];
  return { y, mean, variance };
}

/** The mean of x over all processes that run this graph; x itself where there is one. */
export const allReduceMean = (x: Value, of: Shared) => one('AllReduceMean', [x], { of });

/** Sums `x` down to `shape`: the adjoint of broadcasting `shape` to the shape of x. */
export function sumTo(x: Value, shape: Value['shape']): Value {
  if (x.shape.length === shape.length && x.shape.every((d, i) => d === shape[i])) return x;
  const lead = x.shape.length - shape.length;
  const axes = x.shape.flatMap((d, i) => (i < lead || (shape[i - lead] === 1 && d !== 1) ? [i] : []));
  const summed = reduceSum(x, { axes, keepdims: true });
  return lead === 0 ? summed : reshape(summed, fixedShape(shape));
}
