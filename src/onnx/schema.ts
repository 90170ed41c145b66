/**
 * How each operator's attributes travel in an ONNX file (opset 17): as an attribute of some kind, or as a constant input.
 * Writer and reader walk the same table in opposite directions. https://github.com/onnx/onnx/blob/main/docs/Changelog.md
 */
import type { Attributes, BlockedOp, DType, OnnxOp, Type } from '../graph/index.js';

export const OPSET = 17;
/** The IR version that came with opset 17. */
export const IR_VERSION = 8n;

/** Every kind of value that an attribute of the graph can have. */
export type Plain = number | readonly number[] | string;

/** `otherwise` is the standard's default, for reading; a function where it depends on the inputs or on attributes above it. */
interface Default {
  readonly otherwise?: Plain | ((inputs: readonly Type[], attributes: Readonly<Record<string, Plain>>) => Plain);
}
export type Carrier = Default &
  (
    | { readonly as: 'int' | 'ints' | 'float' | 'floats' | 'string' | 'type' }
    /** A constant input at this position; a scalar or a list. */
    | { readonly as: 'input'; readonly index: number; readonly dtype: 'int64' | 'float32'; readonly scalar?: true }
  );

const axis = (otherwise?: number): { readonly axis: Carrier } => ({
  axis: otherwise === undefined ? { as: 'int' } : { as: 'int', otherwise },
});
const listAt = (index: number, rest: Default = {}) => ({ as: 'input', index, dtype: 'int64', ...rest }) as const;
const floatAt = (index: number, otherwise: number) =>
  ({ as: 'input', index, dtype: 'float32', scalar: true, otherwise }) as const;

const everyAxis = (inputs: readonly Type[]) => (inputs[0]?.shape ?? []).map((_, i) => i);
const spatialAxes = (inputs: readonly Type[]) => (inputs[0]?.shape ?? []).slice(2);
const perSpatialAxis = (value: number) => (inputs: readonly Type[]) => spatialAxes(inputs).map(() => value);
const perSide = (inputs: readonly Type[]) => [...spatialAxes(inputs), ...spatialAxes(inputs)].map(() => 0);

const keepdims = { as: 'int', otherwise: 1 } as const;
const reduction = { axes: { as: 'ints', otherwise: everyAxis }, keepdims } as const;
const window = {
  strides: { as: 'ints', otherwise: perSpatialAxis(1) },
  pads: { as: 'ints', otherwise: perSide },
} as const;
const pooling = { kernel_shape: { as: 'ints' }, ...window } as const;
const convolution = {
  ...window,
  dilations: { as: 'ints', otherwise: perSpatialAxis(1) },
  group: { as: 'int', otherwise: 1 },
} as const;

export const schema: { readonly [K in OnnxOp]: { readonly [A in keyof Attributes[K]]: Carrier } } = {
  Abs: {},
  Add: {},
  And: {},
  ArgMax: { ...axis(0), keepdims },
  AveragePool: { ...pooling, count_include_pad: { as: 'int', otherwise: 0 } },
  BatchNormalization: { epsilon: { as: 'float', otherwise: 1e-5 } },
  Cast: { to: { as: 'type' } },
  Clip: { min: floatAt(1, -3.4028234663852886e38), max: floatAt(2, 3.4028234663852886e38) },
  Concat: axis(),
  Conv: convolution,
  ConvTranspose: { ...convolution, output_padding: { as: 'ints', otherwise: perSpatialAxis(0) } },
  DepthToSpace: { blocksize: { as: 'int' }, mode: { as: 'string', otherwise: 'DCR' } },
  DequantizeLinear: axis(1),
  Div: {},
  Equal: {},
  Erf: {},
  Exp: {},
  Expand: { shape: listAt(1) },
  Flatten: axis(1),
  Gather: axis(0),
  Gemm: {
    alpha: { as: 'float', otherwise: 1 },
    beta: { as: 'float', otherwise: 1 },
    transA: { as: 'int', otherwise: 0 },
    transB: { as: 'int', otherwise: 0 },
  },
  GlobalAveragePool: {},
  Greater: {},
  HardSigmoid: { alpha: { as: 'float', otherwise: 0.2 }, beta: { as: 'float', otherwise: 0.5 } },
  Identity: {},
  LeakyRelu: { alpha: { as: 'float', otherwise: 0.01 } },
  Less: {},
  Log: {},
  LogSoftmax: axis(-1),
  MatMul: {},
  Max: {},
  MaxPool: pooling,
  Min: {},
  Mul: {},
  Neg: {},
  Not: {},
  OneHot: { ...axis(-1), depth: { as: 'input', index: 1, dtype: 'int64', scalar: true } },
  Pad: { pads: listAt(1), value: floatAt(2, 0) },
  Pow: {},
  Reciprocal: {},
  QuantizeLinear: axis(1),
  ReduceMax: reduction,
  ReduceMean: reduction,
  ReduceSum: { axes: listAt(1, { otherwise: everyAxis }), keepdims },
  Relu: {},
  Reshape: { shape: listAt(1) },
  Resize: { scales: { as: 'input', index: 2, dtype: 'float32' } },
  Sigmoid: {},
  Sign: {},
  Slice: {
    starts: listAt(1),
    ends: listAt(2),
    axes: listAt(3, { otherwise: (_, { starts }) => (starts as readonly number[]).map((_, i) => i) }),
    steps: listAt(4, { otherwise: (_, { starts }) => (starts as readonly number[]).map(() => 1) }),
  },
  Softmax: axis(-1),
  Softplus: {},
  SpaceToDepth: { blocksize: { as: 'int' } },
  Sqrt: {},
  Squeeze: { axes: listAt(1) },
  Sub: {},
  Tanh: {},
  Transpose: { perm: { as: 'ints', otherwise: (inputs) => everyAxis(inputs).reverse() } },
  Unsqueeze: { axes: listAt(1) },
  Where: {},
};

/** The domain of the CPU engine's own operators on channels in blocks; there they are called what follows `Nchwc`. */
export const BLOCKED_DOMAIN = 'com.microsoft.nchwc';

/** Written into programs that run here, never into files. */
export const blockedSchema: { readonly [K in BlockedOp]: { readonly [A in keyof Attributes[K]]-?: Carrier } } = {
  NchwcAveragePool: { ...pooling, count_include_pad: { as: 'int' } },
  NchwcConv: {
    ...convolution,
    kernel_shape: { as: 'ints' },
    activation: { as: 'string' },
    activation_params: { as: 'floats' },
  },
  NchwcGlobalAveragePool: {},
  NchwcMaxPool: pooling,
  NchwcReorderInput: {},
  NchwcReorderOutput: { channels: { as: 'int' }, channels_last: { as: 'int' } },
  NchwcUpsample: { scales: { as: 'ints' } },
};

/** Attributes that this graph knows in one form only; they are written so, and reading expects them so. */
export const implied: Partial<Record<OnnxOp, Readonly<Record<string, string>>>> = {
  Pad: { mode: 'constant' },
  Resize: { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
};

/** Attributes that say nothing to this graph: they repeat a filter's shape, matter in training or in modes that are refused. */
export const silent: ReadonlySet<string> = new Set([
  'auto_pad', // becomes pads
  'cubic_coeff_a',
  'keep_aspect_ratio_policy',
  'kernel_shape',
  'momentum',
  'saturate',
  'spatial',
]);

/** ONNX's TensorProto.DataType. */
export const dataTypes: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
};
export const dtypeOf = new Map(Object.entries(dataTypes).map(([dtype, code]) => [code, dtype as DType]));
