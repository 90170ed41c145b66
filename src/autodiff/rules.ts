/**
 * One vector-Jacobian product per operator: from the gradients of a node's outputs to those of its inputs.
 * The derivative stands above each rule; L is the loss, dy = dL/dy.
 */
import { UserError } from '../errors.js';
import {
  type Attributes,
  add,
  apply,
  averagePool,
  axesOf,
  axisOf,
  cast,
  constant,
  conv,
  convFilterGrad,
  convTranspose,
  depthToSpace,
  div,
  elements,
  equal,
  exp,
  expand,
  fixed,
  fixedShape,
  gemm,
  greater,
  identity,
  less,
  log,
  matmul,
  mul,
  type Node,
  neg,
  not,
  type Op,
  one,
  oneHot,
  pad,
  pow,
  reduceSum,
  reshape,
  resize,
  type Shape,
  sigmoid,
  sign,
  slice,
  spaceToDepth,
  sub,
  sumTo,
  transpose,
  type Value,
  where,
} from '../graph/index.js';

type Gradients = readonly (Value | undefined)[];

/** What a rule sees of its node. `y` is the first output; `dys` has one entry per output, undefined where the loss does not depend on it. */
export interface Seen<A> {
  readonly x: readonly Value[];
  readonly y: Value;
  readonly dy: Value;
  readonly dys: Gradients;
  readonly attributes: A;
  readonly node: Node;
}

/** Gradients for the inputs, in their order; undefined where there is none. */
export type Rule<A> = (seen: Seen<A>) => Gradients;

/** An operator whose outputs do not vary smoothly with its inputs (comparisons, indices), or whose derivative nobody needs yet. */
export interface NoDerivative {
  readonly none: string;
}
const none = (reason: string): NoDerivative => ({ none: reason });

const flat = 'its output is piecewise constant';
const whole = 'whole numbers have no slope; train the model before it is quantised';
const second = 'second derivatives through it are not defined';
const lowered = 'it stands in lowered graphs only, which are no longer differentiated';

const inverse = (perm: readonly number[]) => perm.map((_, i) => perm.indexOf(i));
const last = (shape: Shape) => shape.length - 1;
const swapLast = (x: Value) => {
  const axes = x.shape.map((_, i) => i);
  return transpose(x, [...axes.slice(0, -2), last(x.shape), last(x.shape) - 1]);
};
/** Adds size-1 axes back where a reduction without keepdims dropped them. */
const keep = (dy: Value, of: Value, axes: readonly number[]) => {
  const gone = axesOf(axes, of.shape.length);
  return reshape(
    dy,
    fixedShape(of.shape).map((d, i) => (gone.includes(i) ? 1 : d)),
  );
};
/** A float mask of a condition. */
const mask = (condition: Value) => cast(condition, 'float32');
const along = (x: Value, axis: number) => ({ axes: [axisOf(axis, x.shape.length)], keepdims: true });

/** d max(a, b): all to the larger; halves where they are equal, as in torch.maximum. */
const extremum =
  (wins: (a: Value, b: Value) => Value): Rule<unknown> =>
  ({ x: [a, b], dy }) => {
    const share = add(mask(wins(a!, b!)), mul(mask(equal(a!, b!)), 0.5));
    return [sumTo(mul(dy, share), a!.shape), sumTo(mul(dy, sub(1, share)), b!.shape)];
  };

/** What the stride leaves unused at the far end of each axis; the adjoint gives it back as output padding. */
const leftover = (
  sizes: readonly number[],
  { kernel_shape: kernel, strides, pads, dilations }: Attributes['ConvFilterGrad'],
) =>
  sizes.map((size, i) => {
    const reach = dilations[i]! * (kernel[i]! - 1) + 1;
    return (size + pads[i]! + pads[i + sizes.length]! - reach) % strides[i]!;
  });

const spatial = (x: Value) => fixedShape(x.shape.slice(2));
const channelSum = (dy: Value) => reduceSum(dy, { axes: dy.shape.flatMap((_, i) => (i === 1 ? [] : [i])) });

export const rules: { readonly [K in Op]: Rule<Attributes[K]> | NoDerivative } = {
  // |x|' = sign x
  Abs: ({ x: [x], dy }) => [mul(dy, sign(x!))],
  And: none(flat),
  // da = dy, db = dy, each summed over what was broadcast
  Add: ({ x: [a, b], dy }) => [sumTo(dy, a!.shape), sumTo(dy, b!.shape)],
  ArgMax: none(flat),
  // dx = P^T (dy / count): spread every window's mean back over its inputs
  AveragePool: ({ x: [x], dy, attributes }) => {
    const { kernel_shape, strides, pads, count_include_pad } = attributes;
    const channels = fixed(x!.shape[1]);
    const sizes = spatial(x!);
    const area = kernel_shape.reduce((a, b) => a * b, 1);
    // windows that lie side by side and leave nothing over: every pixel is in one
    const tiles = pads.every((p) => p === 0) && kernel_shape.every((k, i) => k === strides[i] && sizes[i]! % k === 0);
    if (tiles) return [mul(resize(dy, [1, 1, ...kernel_shape]), 1 / area)];
    const ones = (shape: readonly number[]) => constant(new Float32Array(elements(shape)).fill(1), shape);
    const padded = !count_include_pad && pads.some((p) => p > 0);
    const share = padded
      ? one('AveragePool', [ones([1, 1, ...sizes])], { ...attributes, count_include_pad: 1 })
      : undefined;
    // with padding left out of the count, 1 / count = (1 / area) / (share of the window inside the image)
    const mean = mul(share ? div(dy, share) : dy, 1 / area);
    const dilations = kernel_shape.map(() => 1);
    return [
      convTranspose(mean, ones([channels, 1, ...kernel_shape]), {
        strides,
        pads,
        group: channels,
        output_padding: leftover(sizes, { kernel_shape, strides, pads, dilations, group: 1 }),
      }),
    ];
  },
  // y = (x - mean) r s + b with r = (variance + epsilon)^-1/2:
  // dx = dy s r, ds = sum dy (x - mean) r, db = sum dy, dmean = -s r sum dy, dvariance = -(s r^3 / 2) sum dy (x - mean)
  BatchNormalization: ({ x: [x, scale, , mean, variance], dy, attributes: { epsilon } }) => {
    const channels = fixed(scale!.shape[0]);
    const spread = (v: Value) => reshape(v, [channels, ...spatial(x!).map(() => 1)]);
    const r = pow(add(variance!, epsilon), -0.5);
    const sum = channelSum(dy);
    const moment = channelSum(mul(dy, sub(x!, spread(mean!))));
    const sr = mul(scale!, r);
    return [mul(dy, spread(sr)), mul(moment, r), sum, neg(mul(sr, sum)), mul(mul(mul(sr, mul(r, r)), -0.5), moment)];
  },
  // the loss is the mean of those of all processes; times their number, dx is the mean of dy
  AllReduceMean: ({ dy, attributes: { of } }) => [one('AllReduceMean', [dy], { of })],
  // dx, dscale, dbias as the named gradient has them: c = x - mean, r = (variance + epsilon)^-1/2, dx = scale r (dy - mean dy - c r^2 mean dy c)
  BatchNormTraining: ({ x: [x, scale], dy, dys, node, attributes }) => {
    if (dys[1] || dys[2])
      throw new UserError(
        'the loss depends on the mean or variance of a training batch normalisation, which are tracked, not differentiated; compute them with reduceMean instead',
      );
    return apply('BatchNormTrainingGrad', [dy, x!, scale!, node.outputs[1]!, node.outputs[2]!], attributes);
  },
  BatchNormTrainingGrad: none(second),
  // d cast = cast back, between floats
  Cast: ({ x: [x], dy }) => [x!.dtype === 'float32' ? dy : undefined],
  // dx = dy inside of the bounds
  Clip: ({ x: [x], dy, attributes: { min, max } }) => [
    mul(dy, mul(mask(not(less(x!, min))), mask(not(greater(x!, max))))),
  ],
  // each input takes its slice
  Concat: ({ x, dy, attributes: { axis } }) => {
    let start = 0;
    return x.map((part) => {
      const end = start + fixed(part.shape[axisOf(axis, part.shape.length)]);
      const cut = slice(dy, [{ axis: axisOf(axis, part.shape.length), start, end }]);
      start = end;
      return cut;
    });
  },
  // y = C_w x is linear in both: dx = C_w^T dy, which is the transposed convolution; dw by its own operator; dbias = sum dy
  Conv: ({ x: [x, w], dy, attributes }) => {
    const kernel_shape = spatial(w!);
    const geometry = { ...attributes, kernel_shape };
    return [
      convTranspose(dy, w!, { ...attributes, output_padding: leftover(spatial(x!), geometry) }),
      convFilterGrad(x!, dy, geometry),
      channelSum(dy),
    ];
  },
  // dw is bilinear in x and dy: G = dL/ddw gives dx = C_G^T dy and ddy = C_G x
  ConvFilterGrad: ({ x: [x, dy], dy: g, attributes }) => {
    const { kernel_shape: _, ...geometry } = attributes;
    return [
      convTranspose(dy!, g, { ...geometry, output_padding: leftover(spatial(x!), attributes) }),
      conv(x!, g, geometry),
    ];
  },
  // y = C_w^T x: dx = C_w dy; dw as of a convolution from dy's side to x's
  ConvTranspose: ({ x: [x, w], dy, attributes: { output_padding: _, ...attributes } }) => [
    conv(dy, w!, attributes),
    convFilterGrad(dy, x!, { ...attributes, kernel_shape: spatial(w!) }),
    channelSum(dy),
  ],
  // a permutation: its transpose is its inverse. DCR is SpaceToDepth's own order; CRD differs by a transposition of channels
  DepthToSpace: ({ x: [x], dy, attributes: { blocksize: b, mode } }) => {
    const back = spaceToDepth(dy, b);
    if (mode === 'DCR') return [back];
    const [n, c, h, w] = fixedShape(x!.shape) as [number, number, number, number];
    const blocks = reshape(back, [n, b * b, c / (b * b), h, w]);
    return [reshape(transpose(blocks, [0, 2, 1, 3, 4]), [n, c, h, w])];
  },
  // da = dy / b, db = -dy a / b^2
  Div: ({ x: [a, b], y, dy }) => [sumTo(div(dy, b!), a!.shape), sumTo(neg(div(mul(dy, y), b!)), b!.shape)],
  DequantizeLinear: none(whole),
  Equal: none(flat),
  // erf' = 2 / sqrt(pi) exp(-x^2)
  Erf: ({ x: [x], dy }) => [mul(dy, mul(exp(neg(mul(x!, x!))), 2 / Math.sqrt(Math.PI)))],
  // (e^x)' = e^x
  Exp: ({ y, dy }) => [mul(dy, y)],
  // copies of one value: its gradients add up
  Expand: ({ x: [x], dy }) => [sumTo(dy, x!.shape)],
  // another shape of the same values: dx = dy in the shape of x
  Flatten: ({ x: [x], dy }) => [reshape(dy, fixedShape(x!.shape))],
  // dx = S^T dy with S the one-hot selection matrix
  Gather: ({ x: [x, indices], dy, attributes: { axis } }) => {
    const position = axisOf(axis, x!.shape.length);
    const shape = fixedShape(x!.shape);
    const count = elements(indices!.shape);
    const [before, depth, after] = [
      elements(shape.slice(0, position)),
      shape[position]!,
      elements(shape.slice(position + 1)),
    ];
    const selection = oneHot(reshape(indices!, [count]), depth, 0);
    return [reshape(matmul(selection, reshape(dy, [before, count, after])), shape), undefined];
  },
  // Y = alpha A' B' + beta C: dA' = alpha dY B'^T, dB' = alpha A'^T dY, dC = beta dY
  Gemm: ({ x: [a, b, c], dy, attributes: { alpha, beta, transA, transB } }) => [
    transA
      ? gemm(b!, dy, undefined, { transA: !!transB, transB: true, alpha })
      : gemm(dy, b!, undefined, { transB: !transB, alpha }),
    transB
      ? gemm(dy, a!, undefined, { transA: true, transB: !!transA, alpha })
      : gemm(a!, dy, undefined, { transA: !transA, alpha }),
    c && sumTo(beta === 1 ? dy : mul(dy, beta), c.shape),
  ],
  // dx = dy / (h w) everywhere
  GlobalAveragePool: ({ x: [x], dy }) => [expand(mul(dy, 1 / elements(x!.shape.slice(2))), fixedShape(x!.shape))],
  Greater: none(flat),
  // slope alpha where alpha x + beta lies between 0 and 1
  HardSigmoid: ({ y, dy, attributes: { alpha } }) => [mul(dy, mul(mul(mask(greater(y, 0)), mask(less(y, 1))), alpha))],
  // dx = dy
  Identity: ({ dy }) => [identity(dy)],
  // 1 where x > 0, else alpha
  LeakyRelu: ({ x: [x], dy, attributes: { alpha } }) => [where(greater(x!, 0), dy, mul(dy, alpha))],
  Less: none(flat),
  // (log x)' = 1 / x
  Log: ({ x: [x], dy }) => [div(dy, x!)],
  // dx = dy - softmax(x) sum dy
  LogSoftmax: ({ x: [x], y, dy, attributes: { axis } }) => [sub(dy, mul(exp(y), reduceSum(dy, along(x!, axis))))],
  // dA = dY B^T, dB = A^T dY, summed over broadcast batches
  MatMul: ({ x: [a, b], dy }) => [sumTo(matmul(dy, swapLast(b!)), a!.shape), sumTo(matmul(swapLast(a!), dy), b!.shape)],
  // all to the larger; halves where both are equal
  Max: extremum(greater),
  // dx takes dy where the maximum came from
  MaxPool: ({ x: [x], y, dy, attributes }) => [one('MaxPoolGrad', [dy, x!, y], attributes)],
  MaxPoolGrad: none(second),
  // all to the smaller; halves where both are equal
  Min: extremum(less),
  // da = dy b, db = dy a
  Mul: ({ x: [a, b], dy }) => [sumTo(mul(dy, b!), a!.shape), sumTo(mul(dy, a!), b!.shape)],
  // dx = -dy
  Neg: ({ dy }) => [neg(dy)],
  Not: none(flat),
  OneHot: none(flat),
  // cut off what was added; where the pads were negative, zeros for what was cut off
  Pad: ({ dy, attributes: { pads } }) => {
    const [begins, ends] = [pads.slice(0, dy.shape.length), pads.slice(dy.shape.length)];
    const kept = slice(
      dy,
      fixedShape(dy.shape).map((d, axis) => ({
        axis,
        start: Math.max(begins[axis]!, 0),
        end: d - Math.max(ends[axis]!, 0),
      })),
    );
    return [
      pad(
        kept,
        pads.map((p) => Math.max(-p, 0)),
      ),
    ];
  },
  // da = dy b a^(b-1), db = dy a^b log a (0 where a is not positive)
  Pow: ({ x: [a, b], y, dy }) => [
    sumTo(mul(dy, mul(b!, pow(a!, sub(b!, 1)))), a!.shape),
    sumTo(mul(dy, where(greater(a!, 0), mul(y, log(where(greater(a!, 0), a!, 1))), 0)), b!.shape),
  ],
  // (1/x)' = -y^2
  Reciprocal: ({ y, dy }) => [neg(mul(dy, mul(y, y)))],
  // shared equally among equal maxima, as torch.amax does
  ReduceMax: ({ x: [x], y, dy, attributes: { axes } }) => {
    const winners = mask(equal(x!, keep(y, x!, axes)));
    return [mul(winners, div(keep(dy, x!, axes), reduceSum(winners, { axes, keepdims: true })))];
  },
  // dx = dy / m for each of the m values of a mean
  ReduceMean: ({ x: [x], dy, attributes: { axes } }) => {
    const count = axesOf(axes, x!.shape.length).reduce((n, axis) => n * fixed(x!.shape[axis]), 1);
    return [expand(mul(keep(dy, x!, axes), 1 / count), fixedShape(x!.shape))];
  },
  // dx = dy for each value of a sum
  ReduceSum: ({ x: [x], dy, attributes: { axes } }) => [expand(keep(dy, x!, axes), fixedShape(x!.shape))],
  // dx = dy where y > 0
  Relu: ({ y, dy }) => [one('ReluGrad', [dy, y], {})],
  // linear in dy; flat in y
  ReluGrad: ({ x: [, y], dy: g }) => [one('ReluGrad', [g, y!], {}), undefined],
  // dx = dy in the shape of x
  Reshape: ({ x: [x], dy }) => [reshape(dy, fixedShape(x!.shape))],
  // nearest by whole factors: the sum over the copies of each pixel
  Resize: ({ x: [x], dy, attributes: { scales } }) => {
    const factors = scales.slice(2);
    if (
      ![...scales].every(Number.isInteger) ||
      scales[0] !== 1 ||
      scales[1] !== 1 ||
      factors.length !== x!.shape.length - 2
    )
      throw new UserError(`Resize is differentiable for whole spatial scales only, got [${scales.join(', ')}]`);
    const copies = factors.reduce((a, b) => a * b, 1);
    return [mul(averagePool(dy, { kernel_shape: factors }), copies)];
  },
  // s' = s (1 - s)
  Sigmoid: ({ y, dy }) => [mul(dy, mul(y, sub(1, y)))],
  QuantizeLinear: none(whole),
  Sign: none(flat),
  // zeros around what was cut out; with steps, zeros between too
  Slice: ({ x: [x], dy, attributes }) => [unslice(dy, x!, attributes)],
  // dx = y (dy - sum dy y)
  Softmax: ({ x: [x], y, dy, attributes: { axis } }) => {
    const weighted = mul(dy, y);
    return [sub(weighted, mul(y, reduceSum(weighted, along(x!, axis))))];
  },
  // log(1 + e^x)' = sigmoid x
  Softplus: ({ x: [x], dy }) => [mul(dy, sigmoid(x!))],
  // a permutation: its transpose is its inverse
  SpaceToDepth: ({ dy, attributes: { blocksize } }) => [depthToSpace(dy, blocksize, 'DCR')],
  // sqrt' = 1 / (2 y)
  Sqrt: ({ y, dy }) => [div(mul(dy, 0.5), y)],
  // dx = dy in the shape of x
  Squeeze: ({ x: [x], dy }) => [reshape(dy, fixedShape(x!.shape))],
  // da = dy, db = -dy, each summed over what was broadcast
  Sub: ({ x: [a, b], dy }) => [sumTo(dy, a!.shape), sumTo(neg(dy), b!.shape)],
  // tanh' = 1 - y^2
  Tanh: ({ y, dy }) => [mul(dy, sub(1, mul(y, y)))],
  // dx = dy, axes put back
  Transpose: ({ dy, attributes: { perm } }) => [transpose(dy, inverse(perm))],
  // dx = dy in the shape of x
  Unsqueeze: ({ x: [x], dy }) => [reshape(dy, fixedShape(x!.shape))],
  // to each side where it was taken, summed over what was broadcast
  Where: ({ x: [condition, a, b], dy }) => [
    undefined,
    sumTo(where(condition!, dy, 0), a!.shape),
    sumTo(where(condition!, 0, dy), b!.shape),
  ],
  NchwcAveragePool: none(lowered),
  NchwcConv: none(lowered),
  NchwcGlobalAveragePool: none(lowered),
  NchwcMaxPool: none(lowered),
  NchwcReorderInput: none(lowered),
  NchwcReorderOutput: none(lowered),
  NchwcUpsample: none(lowered),
};

/** The adjoint of a slice: axis by axis, put steps' gaps back, then pad. */
function unslice(dy: Value, x: Value, { starts, axes, steps }: Attributes['Slice']): Value {
  const shape = fixedShape(x.shape);
  return axesOf(axes, shape.length).reduce((g, axis, i) => {
    const size = shape[axis]!;
    const start = starts[i]! < 0 ? Math.max(starts[i]! + size, 0) : Math.min(starts[i]!, size - 1);
    return unsliceAxis(g, { axis, size, start, step: steps[i]! });
  }, dy);
}

function unsliceAxis(
  dy: Value,
  { axis, size, start, step }: { axis: number; size: number; start: number; step: number },
): Value {
  const shape = fixedShape(dy.shape);
  const count = shape[axis]!;
  const padAxis = (v: Value, at: number, before: number, after: number) =>
    pad(v, [...v.shape.map((_, i) => (i === at ? before : 0)), ...v.shape.map((_, i) => (i === at ? after : 0))]);
  const forward = step > 0 ? dy : slice(dy, [{ axis, start: -1, end: Number.NEGATIVE_INFINITY, step: -1 }]);
  const first = step > 0 ? start : start + (count - 1) * step;
  const gap = Math.abs(step);
  const split = padAxis(
    reshape(forward, [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)]),
    axis + 1,
    0,
    gap - 1,
  );
  const joined = reshape(
    split,
    shape.map((d, i) => (i === axis ? count * gap : d)),
  );
  const spread = first + count * gap > size ? slice(joined, [{ axis, start: 0, end: size - first }]) : joined;
  return padAxis(spread, axis, first, size - first - fixed(spread.shape[axis]));
}
