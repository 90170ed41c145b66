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

/** |x| */
export const abs = unary('Abs');
/** The error function: 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
export const erf = unary('Erf');
/** e^x */
export const exp = unary('Exp');
/** The mean of each map: [n, c, h, w] -> [n, c, 1, 1]. */
export const globalAveragePool = unary('GlobalAveragePool');
/** x itself, as a node of its own. */
export const identity = unary('Identity');
/** The natural logarithm. */
export const log = unary('Log');
/** -x */
export const neg = unary('Neg');
/** Of bool: true where x is false. */
export const not = unary('Not');
/** 1 / x */
export const reciprocal = unary('Reciprocal');
/** max(x, 0) */
export const relu = unary('Relu');
/** 1 / (1 + e^-x) */
export const sigmoid = unary('Sigmoid');
/** -1, 0 or 1. */
export const sign = unary('Sign');
/** log(1 + e^x) */
export const softplus = unary('Softplus');
/** The square root. */
export const sqrt = unary('Sqrt');
/** The hyperbolic tangent. */
export const tanh = unary('Tanh');

/** a + b, broadcasting as NumPy does; so do all operators of two operands. */
export const add = binary('Add');
/** Of bool: both. */
export const and = binary('And');
/** a / b */
export const div = binary('Div');
/** Whether a = b, bool. */
export const equal = binary('Equal');
/** Whether a > b, bool. */
export const greater = binary('Greater');
/** Whether a < b, bool. */
export const less = binary('Less');
/** The larger of a and b. */
export const max = binary('Max');
/** The smaller of a and b. */
export const min = binary('Min');
/** a b, element by element. */
export const mul = binary('Mul');
/** a^b */
export const pow = binary('Pow');
/** a - b */
export const sub = binary('Sub');

/** Elements of `a` where the condition holds, else of `b`. */
export const where = (condition: Value, a: Operand, b: Operand) => one('Where', [condition, value(a), value(b)], {});
/** The same values in another type; nothing where it is theirs already. */
export const cast = (x: Value, to: DType) => (x.dtype === to ? x : one('Cast', [x], { to }));
/** min(max(x, min), max) */
export const clip = (x: Value, min: number, max: number) => one('Clip', [x], { min, max });
/** clip(alpha x + beta, 0, 1) */
export const hardSigmoid = (x: Value, alpha = 0.2, beta = 0.5) => one('HardSigmoid', [x], { alpha, beta });
/** x where x > 0, else alpha x; alpha is 0.01 by default. */
export const leakyRelu = (x: Value, alpha = 0.01) => one('LeakyRelu', [x], { alpha });
/** e^x / sum e^x along an axis, the last by default. */
export const softmax = (x: Value, axis = -1) => one('Softmax', [x], { axis });
/** log softmax(x) along an axis, the last by default, exact for large x. */
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
/** The sum over axes; all by default. */
export const reduceSum = reduction('ReduceSum');
/** The mean over axes; all by default. */
export const reduceMean = reduction('ReduceMean');
/** The maximum over axes; all by default. */
export const reduceMax = reduction('ReduceMax');
/** Index of the first maximum along an axis, int64. */
export const argMax = (x: Value, axis: number, { keepdims = false } = {}) =>
  one('ArgMax', [x], { axis, keepdims: keepdims ? 1 : 0 });

/** The matrix product over the last two axes: [.., m, k] [.., k, n] -> [.., m, n]. */
export const matmul = (a: Value, b: Value) => one('MatMul', [a, b], {});
/** a b + c with optional transposes; a [m, k], b [k, n], c spreads to [m, n]. */
export const gemm = (a: Value, b: Value, c?: Value, { transA = false, transB = false, alpha = 1, beta = 1 } = {}) =>
  one('Gemm', c ? [a, b, c] : [a, b], { alpha, beta, transA: transA ? 1 : 0, transB: transB ? 1 : 0 });

/** Values one after the other along an axis. */
export const concat = (values: readonly Value[], axis: number) =>
  values.length === 1 ? values[0]! : one('Concat', values, { axis });
/** float32 -> the zero point's type. */
export const quantizeLinear = (x: Value, scale: Value, zeroPoint: Value, axis = 1) =>
  one('QuantizeLinear', [x, scale, zeroPoint], { axis });
/** (q - zero point) scale, float32; the scale is one number, or one per index of the axis. */
export const dequantizeLinear = (q: Value, scale: Value, zeroPoint?: Value, axis = 1) =>
  one('DequantizeLinear', zeroPoint ? [q, scale, zeroPoint] : [q, scale], { axis });
/** [n, c b b, h, w] -> [n, c, h b, w b]; `CRD` orders channels as PyTorch's PixelShuffle does. */
export const depthToSpace = (x: Value, blocksize: number, mode: 'DCR' | 'CRD' = 'CRD') =>
  one('DepthToSpace', [x], { blocksize, mode });
/** [n, c, h b, w b] -> [n, c b b, h, w]. */
export const spaceToDepth = (x: Value, blocksize: number) => one('SpaceToDepth', [x], { blocksize });
/** Copies along axes of size 1, up to a shape. */
export const expand = (x: Value, shape: readonly number[]) => one('Expand', [x], { shape });
/** Two axes: those before `axis` as one, the rest as another. */
export const flatten = (x: Value, axis = 1) => one('Flatten', [x], { axis });
/** Slices of x at indices along an axis, int64 or int32. */
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
/** Without axes of size 1. */
export const squeeze = (x: Value, axes: readonly number[]) => one('Squeeze', [x], { axes });
/** With new axes of size 1 where the result has them. */
export const unsqueeze = (x: Value, axes: readonly number[]) => one('Unsqueeze', [x], { axes });
/** Axes in another order: axis i of the result is axis perm[i] of x. */
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
/** The maximum of each window, [n, c, h, w]. */
export const maxPool = (x: Value, options: Pooling) => one('MaxPool', [x], pooling(x, options));
/** The mean of each window, [n, c, h, w]. */
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
