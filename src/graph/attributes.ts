/**
 * Every operator of the graph with its attributes: ONNX's operators (opset 17) under ONNX's names, then the named gradients,
 * which say *what* is wanted and leave the *how* to `lower/`, and last the engine's own operators, which only a lowering writes.
 *
 * What ONNX passes as constant inputs (the shape of a Reshape, the pads of a Pad …) is an attribute here, since a graph's
 * shapes are known when it is built; `onnx/` moves them to where the standard has them.
 */
import type { DType } from './dtype.js';

type None = Readonly<Record<never, never>>;

/** Spatial attributes of a convolution; one number per spatial axis, pads as ONNX orders them: all begins, then all ends. */
export interface ConvAttributes {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly group: number;
}

export interface ConvTransposeAttributes extends ConvAttributes {
  readonly output_padding: readonly number[];
}

/** Windows of a pooling; one number per spatial axis, pads as ONNX orders them. */
export interface PoolAttributes {
  readonly kernel_shape: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
}

/** Axes of a reduction, and whether they stay with size 1. */
export interface ReduceAttributes {
  readonly axes: readonly number[];
  readonly keepdims: 0 | 1;
}

interface Axis {
  readonly axis: number;
}

/** Axes of the statistics of a batch normalisation: [0, 2, 3] per channel, [0] per position and channel. */
export interface BatchNormTrainingAttributes {
  readonly epsilon: number;
  readonly axes: readonly number[];
}

/** What is averaged over processes: gradients, which may travel in fewer bits, or statistics, which are exact. */
export type Shared = 'gradients' | 'statistics';

/** The attributes of every operator. */
export interface Attributes {
  // elementwise, one operand
  Abs: None;
  Cast: { readonly to: DType };
  Clip: { readonly min: number; readonly max: number };
  Erf: None;
  Exp: None;
  HardSigmoid: { readonly alpha: number; readonly beta: number };
  Identity: None;
  LeakyRelu: { readonly alpha: number };
  Log: None;
  LogSoftmax: Axis;
  Neg: None;
  Not: None;
  Reciprocal: None;
  Relu: None;
  Sigmoid: None;
  Sign: None;
  Softmax: Axis;
  Softplus: None;
  Sqrt: None;
  Tanh: None;
  // elementwise, broadcasting
  Add: None;
  And: None;
  Div: None;
  Equal: None;
  Greater: None;
  Less: None;
  Max: None;
  Min: None;
  Mul: None;
  Pow: None;
  Sub: None;
  Where: None;
  // reductions
  ArgMax: Axis & { readonly keepdims: 0 | 1 };
  ReduceMax: ReduceAttributes;
  ReduceMean: ReduceAttributes;
  ReduceSum: ReduceAttributes;
  // products
  Gemm: { readonly alpha: number; readonly beta: number; readonly transA: 0 | 1; readonly transB: 0 | 1 };
  MatMul: None;
  // numbers of 8 bits
  /** (x, scale, zero point) -> round(x / scale) + zero point, of the zero point's type; a scale for all, or one per index of the axis. */
  QuantizeLinear: Axis;
  /** (q, scale, zero point) -> (q - zero point) scale; without a zero point it is 0. */
  DequantizeLinear: Axis;
  // moving values about
  Concat: Axis;
  DepthToSpace: { readonly blocksize: number; readonly mode: 'DCR' | 'CRD' };
  Expand: { readonly shape: readonly number[] };
  Flatten: Axis;
  Gather: Axis;
  OneHot: Axis & { readonly depth: number };
  Pad: { readonly pads: readonly number[]; readonly value: number };
  Reshape: { readonly shape: readonly number[] };
  Resize: { readonly scales: readonly number[] };
  Slice: {
    readonly starts: readonly number[];
    readonly ends: readonly number[];
    readonly axes: readonly number[];
    readonly steps: readonly number[];
  };
  SpaceToDepth: { readonly blocksize: number };
  Squeeze: { readonly axes: readonly number[] };
  Transpose: { readonly perm: readonly number[] };
  Unsqueeze: { readonly axes: readonly number[] };
  // networks
  AveragePool: PoolAttributes & { readonly count_include_pad: 0 | 1 };
  BatchNormalization: { readonly epsilon: number };
  Conv: ConvAttributes;
  ConvTranspose: ConvTransposeAttributes;
  GlobalAveragePool: None;
  MaxPool: PoolAttributes;
  // several processes: not in ONNX, cut out before graphs run where there are several (distributed/)
  /** x -> its mean over all processes that run this graph; of one process, x itself. */
  AllReduceMean: { readonly of: Shared };
  // named gradients: not in ONNX, lowered before they run
  /** (x, scale, bias) -> (y, mean, biased variance). */
  BatchNormTraining: BatchNormTrainingAttributes;
  /** (dy, x, scale, mean, variance) -> (dx, dscale, dbias). */
  BatchNormTrainingGrad: BatchNormTrainingAttributes;
  /** (x, dy) -> dw, where y = Conv(x, w). */
  ConvFilterGrad: ConvAttributes & { readonly kernel_shape: readonly number[] };
  /** (dy, x, y) -> dx; of equal maxima the first in scan order takes the whole gradient, as in PyTorch. */
  MaxPoolGrad: PoolAttributes;
  /** (dy, y) -> dy where y > 0, else 0. */
  ReluGrad: None;
  // the engine's operators on channels in blocks (com.microsoft.nchwc): lower/blocked writes them, no file has them
  NchwcAveragePool: Attributes['AveragePool'];
  /** (x, w, bias, addend) -> activation(conv(x, w) + bias + addend). */
  NchwcConv: ConvAttributes & {
    readonly kernel_shape: readonly number[];
    readonly activation?: 'Relu' | 'HardSigmoid';
    /** Slope and value at 0 of HardSigmoid. */
    readonly activation_params?: readonly number[];
  };
  NchwcGlobalAveragePool: None;
  NchwcMaxPool: PoolAttributes;
  /** Into blocks, from [n, c, h, w]. */
  NchwcReorderInput: None;
  /** Out of blocks, to [n, c, h, w] or [n, h, w, c]. */
  NchwcReorderOutput: { readonly channels: number; readonly channels_last: 0 | 1 };
  /** Nearest neighbour by whole factors. */
  NchwcUpsample: { readonly scales: readonly number[] };
}

/** The name of an operator. */
export type Op = keyof Attributes;

/** Operators that only this project knows; a lowering writes each of them in ONNX's. */
export type NamedGradient =
  | 'AllReduceMean'
  | 'BatchNormTraining'
  | 'BatchNormTrainingGrad'
  | 'ConvFilterGrad'
  | 'MaxPoolGrad'
  | 'ReluGrad';
/** Operators that only the CPU engine knows. */
export type BlockedOp = Extract<Op, `Nchwc${string}`>;
/** Operators that an engine runs. */
export type LoweredOp = Exclude<Op, NamedGradient>;
/** The name of an operator that ONNX has. */
export type OnnxOp = Exclude<LoweredOp, BlockedOp>;
