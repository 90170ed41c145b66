/**
 * A random use of every operator of the graph. The type lists all of them: an operator without a row does not compile, and
 * the sweep fails. Rows draw what makes a difference to a derivative; values keep away from kinks, where there is none.
 */
import * as g from '../../src/graph/index.js';
import type { Draws } from './draws.js';
import { convolution, pooling, tiling } from './geometry.js';

type Case = (d: Draws) => g.Value;

const broadcasting =
  (
    op: (a: g.Value, b: g.Value) => g.Value,
    left: 'normal' | 'positive' = 'normal',
    right: 'normal' | 'away' = 'normal',
  ): Case =>
  (d) => {
    const [a, b] = d.broadcasting(2) as [number[], number[]];
    return op(d[left](a), d[right](b));
  };

/** Operands that are never closer than a quarter of a hundredth. */
const apart =
  (op: (a: g.Value, b: g.Value) => g.Value): Case =>
  (d) => {
    const [a, b] = d.broadcasting(2) as [number[], number[]];
    return op(d.lattice(a), d.lattice(b, 0.025));
  };

const reduction =
  (op: typeof g.reduceSum, draw: 'normal' | 'lattice'): Case =>
  (d) => {
    const x = d[draw]();
    return op(x, d.chance() ? { axes: d.axes(x.shape.length), keepdims: d.chance() } : {});
  };

const alongAxis =
  (op: typeof g.softmax): Case =>
  (d) => {
    const x = d.normal();
    return op(x, d.axis(x.shape.length));
  };

const bias = (d: Draws, channels: number) => (d.chance() ? d.normal([channels]) : undefined);

const batchNormTraining = (d: Draws) => {
  const x = d.normal([d.integer(4, 6), ...d.integers(d.integer(1, 3), 1, 3)]);
  const perChannel = x.shape.map((_, i) => i).filter((i) => i !== 1);
  const axes = d.pick([[0], perChannel]);
  const statistics = g.statisticsShape(x.shape, axes);
  return { x, axes, scale: d.normal(statistics), bias: d.normal(statistics) };
};

const blockedPool = { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] };

export const cases: { readonly [K in g.Op]: Case } = {
  Abs: (d) => g.abs(d.away()),
  Cast: (d) => g.one('Cast', [d.normal()], { to: 'float32' }),
  Clip: (d) => g.clip(d.lattice(), d.pick([-100, -0.2]), d.pick([0.3, 100])),
  Erf: (d) => g.erf(d.normal()),
  Exp: (d) => g.exp(d.normal()),
  HardSigmoid: (d) => g.hardSigmoid(d.lattice([40]), d.pick([0.25, 1]), 0.5),
  Identity: (d) => g.identity(d.normal()),
  LeakyRelu: (d) => g.leakyRelu(d.away(), d.random.uniform()),
  Log: (d) => g.log(d.positive()),
  LogSoftmax: alongAxis(g.logSoftmax),
  Neg: (d) => g.neg(d.normal()),
  Not: (d) => g.not(g.greater(d.away(), 0)),
  Reciprocal: (d) => g.reciprocal(d.away()),
  Relu: (d) => g.relu(d.away()),
  Sigmoid: (d) => g.sigmoid(d.normal()),
  Sign: (d) => g.sign(d.away()),
  Softmax: alongAxis(g.softmax),
  Softplus: (d) => g.softplus(d.normal()),
  Sqrt: (d) => g.sqrt(d.positive()),
  Tanh: (d) => g.tanh(d.normal()),

  QuantizeLinear: (d) => g.quantizeLinear(d.normal(), g.scalar(0.05), g.constant([128], [], 'uint8')),
  DequantizeLinear: (d) =>
    g.dequantizeLinear(g.quantizeLinear(d.normal([3, 2]), g.scalar(0.05), g.constant([0], [], 'int8')), g.scalar(0.1)),

  Add: broadcasting(g.add),
  And: (d) => g.and(g.greater(d.away([3]), 0), g.less(d.away([2, 3]), 0)),
  Div: broadcasting(g.div, 'normal', 'away'),
  Equal: apart(g.equal),
  Greater: apart(g.greater),
  Less: apart(g.less),
  Max: apart(g.max),
  Min: apart(g.min),
  Mul: broadcasting(g.mul),
  Pow: broadcasting(g.pow, 'positive'),
  Sub: broadcasting(g.sub),
  Where: (d) => {
    const [condition, a, b] = d.broadcasting(3) as [number[], number[], number[]];
    return g.where(d.mask(condition), d.normal(a), d.normal(b));
  },

  ArgMax: (d) => {
    const x = d.lattice();
    return g.argMax(x, d.axis(x.shape.length), { keepdims: d.chance() });
  },
  ReduceMax: reduction(g.reduceMax, 'lattice'),
  ReduceMean: reduction(g.reduceMean, 'normal'),
  ReduceSum: reduction(g.reduceSum, 'normal'),

  Gemm: (d) => {
    const [m, k, n] = d.integers(3, 1, 4) as [number, number, number];
    const [transA, transB] = [d.chance(), d.chance()];
    const c = d.pick([undefined, [m, n], [n], [m, 1], [1, n], [1], []]);
    return g.gemm(d.normal(transA ? [k, m] : [m, k]), d.normal(transB ? [n, k] : [k, n]), c && d.normal(c), {
      transA,
      transB,
      alpha: d.pick([1, 0.5]),
      beta: d.pick([1, -2]),
    });
  },
  MatMul: (d) => {
    const [a, b] = d.broadcasting(2) as [number[], number[]];
    const [m, k, n] = d.integers(3, 1, 4) as [number, number, number];
    return g.matmul(d.normal([...a.slice(-2), m, k]), d.normal([...b.slice(-2), k, n]));
  },

  Concat: (d) => {
    const shape = d.shape();
    const axis = d.integer(0, shape.length - 1);
    const part = () => d.normal(shape.map((size, i) => (i === axis ? d.integer(1, 3) : size)));
    const parts = [part(), part(), part()];
    return g.concat(d.chance() ? parts : [...parts, parts[0]!], d.chance() ? axis : axis - shape.length);
  },
  DepthToSpace: (d) => {
    const b = d.integer(1, 3);
    return g.depthToSpace(d.normal([2, b * b * d.integer(1, 2), d.integer(1, 3), 2]), b, d.pick(['DCR', 'CRD']));
  },
  Expand: (d) => {
    const [small, other] = d.broadcasting(2) as [number[], number[]];
    return g.expand(d.normal(small), other);
  },
  Flatten: (d) => {
    const x = d.normal();
    return g.flatten(x, d.axis(x.shape.length));
  },
  Gather: (d) => {
    const x = d.normal();
    const axis = d.axis(x.shape.length);
    return g.gather(x, d.indices(d.shape(0, 2), g.fixed(x.shape.at(axis))), axis);
  },
  OneHot: (d) => {
    const x = d.lattice([2, 3, 4]);
    return g.oneHot(g.argMax(x, 2), 4, d.axis(3));
  },
  Pad: (d) => {
    const shape = d.integers(d.integer(1, 4), 2, 4);
    const pads = d.integers(2 * shape.length, d.pick([0, -1]), 2);
    return g.one('Pad', [d.normal(shape.map((size) => size + 1))], { pads, value: d.random.normal() });
  },
  Reshape: (d) => {
    const [a, b, c] = d.integers(3, 1, 4) as [number, number, number];
    const shape = d.pick([[-1], [a * b, c], [c, a, b], [0, -1], [0, 0, c, 1], [1, -1, b]]);
    return g.one('Reshape', [d.normal([a, b, c])], { shape });
  },
  Resize: (d) => {
    const x = d.normal([2, d.integer(1, 2), ...d.integers(d.integer(1, 3), 1, 3)]);
    return g.resize(x, [1, 1, ...d.integers(x.shape.length - 2, 1, 3)]);
  },
  Slice: (d) => {
    const shape = d.integers(d.integer(1, 3), 3, 7);
    const axes = d.axes(shape.length);
    const cuts = axes.map((axis) => {
      const size = shape.at(axis)!;
      const [low, high] = [d.integer(0, size - 2), size - d.integer(0, 1)] as const;
      const step = d.integer(1, 3);
      const from = (i: number) => (d.chance() ? i : i - size);
      const end = high === size ? Number.POSITIVE_INFINITY : from(high);
      const back = low === 0 ? Number.NEGATIVE_INFINITY : low - 1;
      return d.chance()
        ? { axis, start: from(low), end, step }
        : { axis, start: from(high - 1), end: back, step: -step };
    });
    return g.slice(d.normal(shape), cuts);
  },
  SpaceToDepth: (d) => {
    const b = d.integer(1, 3);
    return g.spaceToDepth(d.normal([2, d.integer(1, 2), b * d.integer(1, 3), b]), b);
  },
  Squeeze: (d) => g.squeeze(d.normal([1, 3, 1, 2]), d.pick([[0], [2], [0, 2], [-2, -4]])),
  Transpose: (d) => {
    const shape = d.shape();
    const keys = shape.map(() => d.random.uniform());
    const perm = shape.map((_, i) => i).sort((a, b) => keys[a]! - keys[b]!);
    return g.transpose(d.normal(shape), perm);
  },
  Unsqueeze: (d) => g.unsqueeze(d.normal([2, 3]), d.pick([[0], [2], [0, 3], [-1], [1, 2]])),

  AveragePool: (d) => {
    const { sizes, ...attributes } = d.chance() ? pooling(d) : tiling(d);
    const x = d.normal([d.integer(1, 2), d.integer(1, 2), ...sizes]);
    return g.averagePool(x, { ...attributes, countIncludePad: d.chance() });
  },
  BatchNormalization: (d) => {
    const x = d.normal([d.integer(1, 3), 3, ...d.integers(d.integer(0, 3), 1, 3)]);
    return g.batchNormalization(x, {
      scale: d.normal([3]),
      bias: d.normal([3]),
      mean: d.normal([3]),
      variance: d.positive([3]),
      epsilon: d.pick([1e-5, 0.1]),
    });
  },
  Conv: (d) => {
    const { attributes, kernel_shape, sizes, batch, inner, outer } = convolution(d);
    const x = d.normal([batch, inner, ...sizes]);
    const w = d.normal([outer, inner / attributes.group, ...kernel_shape]);
    return g.conv(x, w, { ...attributes, bias: bias(d, outer) });
  },
  ConvTranspose: (d) => {
    const { attributes, kernel_shape, sizes, batch, inner, outer } = convolution(d);
    const x = d.normal([batch, outer, ...sizes]);
    const w = d.normal([outer, inner / attributes.group, ...kernel_shape]);
    const output_padding = attributes.strides.map((stride) => d.integer(0, stride - 1));
    return g.convTranspose(x, w, { ...attributes, output_padding, bias: bias(d, inner) });
  },
  GlobalAveragePool: (d) => g.globalAveragePool(d.normal([2, 2, ...d.integers(d.integer(1, 3), 1, 3)])),
  MaxPool: (d) => {
    const { sizes, ...attributes } = pooling(d);
    return g.maxPool(d.lattice([d.integer(1, 2), d.integer(1, 2), ...sizes]), attributes);
  },

  AllReduceMean: (d) => g.allReduceMean(d.normal(), d.pick(['gradients', 'statistics'])),

  BatchNormTraining: (d) => {
    const { x, ...options } = batchNormTraining(d);
    return g.batchNormTraining(x, options).y;
  },
  BatchNormTrainingGrad: (d) => {
    const { x, axes, ...options } = batchNormTraining(d);
    const { mean, variance } = g.batchNormTraining(x, { axes, ...options });
    const dy = d.normal(x.shape);
    return g.one('BatchNormTrainingGrad', [dy, x, options.scale, mean, variance], { axes, epsilon: 1e-5 });
  },
  ConvFilterGrad: (d) => {
    const { attributes, kernel_shape, sizes, batch, inner, outer } = convolution(d);
    const x = d.normal([batch, inner, ...sizes]);
    const w = g.input('shape only', [outer, inner / attributes.group, ...kernel_shape]);
    const dy = d.normal(g.conv(x, w, attributes).shape);
    return g.convFilterGrad(x, dy, { ...attributes, kernel_shape });
  },
  MaxPoolGrad: (d) => {
    const { sizes, ...attributes } = pooling(d);
    const x = d.lattice([1, 2, ...sizes]);
    const y = g.maxPool(x, attributes);
    return g.one('MaxPoolGrad', [d.normal(y.shape), x, y], attributes);
  },
  ReluGrad: (d) => {
    const shape = d.shape();
    return g.one('ReluGrad', [d.normal(shape), g.relu(d.held(d.away(shape)))], {});
  },

  NchwcAveragePool: (d) =>
    g.one('NchwcAveragePool', [d.normal([1, 16, 2, 2])], { ...blockedPool, count_include_pad: 1 }),
  NchwcConv: (d) => {
    const [x, w] = [d.normal([1, 16, 2, 2]), d.normal([16, 16, 1, 1])];
    const attributes = { kernel_shape: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 };
    return g.one('NchwcConv', [x, w], attributes);
  },
  NchwcGlobalAveragePool: (d) => g.one('NchwcGlobalAveragePool', [d.normal([1, 16, 2, 2])], {}),
  NchwcMaxPool: (d) => g.one('NchwcMaxPool', [d.normal([1, 16, 2, 2])], blockedPool),
  NchwcReorderInput: (d) => g.one('NchwcReorderInput', [d.normal([1, 16, 2, 2])], {}),
  NchwcReorderOutput: (d) =>
    g.one('NchwcReorderOutput', [d.normal([1, 16, 2, 2])], { channels: 16, channels_last: d.pick([0, 1]) }),
  NchwcUpsample: (d) => g.one('NchwcUpsample', [d.normal([1, 16, 2, 2])], { scales: [1, 1, 2, 2] }),
};
