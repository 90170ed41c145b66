/** One shape rule per operator: from the types of its inputs to the types of its outputs. */
import type { Attributes, Op, PoolAttributes, ReduceAttributes } from './attributes.js';
import {
  axesOf,
  axisOf,
  broadcast,
  elements,
  fail,
  fixed,
  fixedShape,
  moved,
  perAxis,
  positive,
  reduced,
  reshaped,
  show,
  sliceLength,
  statisticsShape,
  windows,
} from './sizes.js';
import type { Dim, Shape, Type } from './types.js';

/** Parameterised by the attributes it reads, so that a rule which reads none serves every operator. */
type Rule<A> = (inputs: readonly Type[], attributes: A) => readonly Type[];

const at = (inputs: readonly Type[], i: number): Type =>
  inputs[i] ?? fail(`expected at least ${i + 1} inputs, got ${inputs.length}`);
const like = (type: Type, shape: Shape): Type => ({ dtype: type.dtype, shape });
const rank = (type: Type, ranks: readonly number[], what: string) =>
  ranks.includes(type.shape.length) ||
  fail(`expected ${what} of rank ${ranks.join(' or ')}, got ${show(type.shape)} of rank ${type.shape.length}`);

/** What a file passes beyond what an operator here takes (axes by input, a third operand) must not be dropped in silence. */
const atMost = (inputs: readonly Type[], count: number) =>
  inputs.length <= count || fail(`expected ${count} input${count > 1 ? 's' : ''}, got ${inputs.length}`);

const same: Rule<unknown> = (inputs) => {
  atMost(inputs, 1);
  return [at(inputs, 0)];
};

const alongAxis: Rule<{ readonly axis: number }> = (inputs, { axis }) => {
  axisOf(axis, at(inputs, 0).shape.length);
  return [at(inputs, 0)];
};

/** As `same`, for operators whose other inputs must have the shape of the first. */
const allAlike: Rule<unknown> = (inputs) => {
  const first = at(inputs, 0);
  for (const other of inputs)
    if (show(other.shape) !== show(first.shape)) fail(`expected equal shapes, got ${inputs.map((i) => show(i.shape))}`);
  return [first];
};

const elementwise =
  (dtype?: 'bool', operands: readonly number[] = [0, 1]): Rule<unknown> =>
  (inputs) => {
    const types = operands.map((i) => at(inputs, i));
    const first = types[0] as Type;
    atMost(inputs, Math.max(...operands) + 1);
    for (const other of types)
      if (other.dtype !== first.dtype)
        fail(`expected operands of one type, got ${types.map((t) => t.dtype).join(', ')}`);
    return [
      { dtype: dtype ?? first.dtype, shape: inputs.reduce((shape, t) => broadcast(shape, t.shape), [] as Shape) },
    ];
  };

const reduce: Rule<ReduceAttributes> = (inputs, attributes) => {
  atMost(inputs, 1);
  return [like(at(inputs, 0), reduced(at(inputs, 0).shape, attributes))];
};

/** [n, c, …] with its spatial sizes known. */
const spatial = (type: Type) => fixedShape(type.shape.slice(2));
const pool: Rule<PoolAttributes> = (inputs, attributes) => {
  const x = at(inputs, 0);
  rank(x, [3, 4, 5], 'input');
  return [like(x, [...x.shape.slice(0, 2), ...windows(spatial(x), attributes)])];
};

const perChannel = (inputs: readonly Type[], from: number, channels: Dim, names: readonly string[]) => {
  names.forEach((name, i) => {
    const { shape } = at(inputs, from + i);
    if (show(shape) !== show([channels])) fail(`expected ${name} of shape [${channels}], got ${show(shape)}`);
  });
};

/** One scale for all of x, or one per index of an axis; zero points alike. */
const scaled = (inputs: readonly Type[], { axis }: { readonly axis: number }) => {
  const [x, ...scales] = inputs as readonly [Type, ...Type[]];
  for (const { shape } of scales)
    if (shape.length > 0 && show(shape) !== show([x.shape[axisOf(axis, x.shape.length)]!]))
      fail(`expected scale and zero point of shape [] or of the size of axis ${axis}, got ${show(shape)}`);
};

/** The shape rule of every operator: from the types of its inputs to those of its outputs. */
export const shapes: { readonly [K in Op]: Rule<Attributes[K]> } = {
  Abs: same,
  Clip: same,
  Erf: same,
  Exp: same,
  HardSigmoid: same,
  Identity: same,
  LeakyRelu: same,
  Log: same,
  Neg: same,
  Not: same,
  Reciprocal: same,
  Relu: same,
  Sigmoid: same,
  Sign: same,
  Softplus: same,
  Sqrt: same,
  Tanh: same,
  Cast: (inputs, { to }) => [{ dtype: to, shape: at(inputs, 0).shape }],
  QuantizeLinear: (inputs, attributes) => {
    scaled(inputs, attributes);
    return [{ dtype: at(inputs, 2).dtype, shape: at(inputs, 0).shape }];
  },
  DequantizeLinear: (inputs, attributes) => {
    scaled(inputs, attributes);
    return [{ dtype: 'float32', shape: at(inputs, 0).shape }];
  },
  LogSoftmax: alongAxis,
  Softmax: alongAxis,

  Add: elementwise(),
  And: elementwise(),
  Div: elementwise(),
  Max: elementwise(),
  Min: elementwise(),
  Mul: elementwise(),
  Pow: elementwise(),
  Sub: elementwise(),
  Equal: elementwise('bool'),
  Greater: elementwise('bool'),
  Less: elementwise('bool'),
  Where: (inputs) => {
    const [branches] = elementwise(undefined, [1, 2])(inputs, {});
    return [{ dtype: at(inputs, 1).dtype, shape: (branches as Type).shape }];
  },

  ReduceMax: reduce,
  ReduceMean: reduce,
  ReduceSum: reduce,
  ArgMax: (inputs, { axis, keepdims }) => [
    { dtype: 'int64', shape: reduced(at(inputs, 0).shape, { axes: [axis], keepdims }) },
  ],

  Gemm: (inputs, { transA, transB }) => {
    const [a, b] = [at(inputs, 0), at(inputs, 1)];
    rank(a, [2], 'a matrix A');
    rank(b, [2], 'a matrix B');
    const [m, k] = transA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
    const [l, n] = transB ? [b.shape[1]!, b.shape[0]!] : [b.shape[0]!, b.shape[1]!];
    if (k !== l)
      fail(`inner sizes differ: ${show(a.shape)} times ${show(b.shape)} (transA ${transA}, transB ${transB})`);
    const c = inputs[2];
    if (c && show(broadcast(c.shape, [m, n])) !== show([m, n]))
      fail(`C ${show(c.shape)} does not spread to ${show([m, n])}`);
    return [like(a, [m, n])];
  },
  MatMul: (inputs) => {
    const [a, b] = [at(inputs, 0), at(inputs, 1)];
    if (a.shape.length < 2 || b.shape.length < 2)
      fail(`expected matrices, got ${show(a.shape)} and ${show(b.shape)}; reshape vectors to [1, k] or [k, 1]`);
    if (a.shape.at(-1) !== b.shape.at(-2)) fail(`inner sizes differ: ${show(a.shape)} times ${show(b.shape)}`);
    return [like(a, [...broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)), a.shape.at(-2)!, b.shape.at(-1)!])];
  },

  Concat: (inputs, { axis }) => {
    const first = at(inputs, 0);
    const along = axisOf(axis, first.shape.length);
    for (const { shape } of inputs)
      if (show(moved(shape, along, 0)) !== show(moved(first.shape, along, 0)))
        fail(`expected shapes alike but for axis ${along}, got ${inputs.map((i) => show(i.shape)).join(', ')}`);
    if (inputs.length === 1) return [first];
    return [
      like(
        first,
        moved(
          first.shape,
          along,
          inputs.reduce((sum, i) => sum + fixed(i.shape[along]), 0),
        ),
      ),
    ];
  },
  DepthToSpace: (inputs, { blocksize: b }) => {
    const x = at(inputs, 0);
    rank(x, [4], 'an image batch');
    const [c, h, w] = fixedShape(x.shape.slice(1)) as [number, number, number];
    if (c % (b * b)) fail(`expected channels in multiples of ${b * b}, got ${c}`);
    return [like(x, [x.shape[0]!, c / (b * b), h * b, w * b])];
  },
  SpaceToDepth: (inputs, { blocksize: b }) => {
    const x = at(inputs, 0);
    rank(x, [4], 'an image batch');
    const [c, h, w] = fixedShape(x.shape.slice(1)) as [number, number, number];
    if (h % b || w % b) fail(`expected height and width in multiples of ${b}, got ${h} x ${w}`);
    return [like(x, [x.shape[0]!, c * b * b, h / b, w / b])];
  },
  Expand: (inputs, { shape }) => [like(at(inputs, 0), broadcast(at(inputs, 0).shape, shape))],
  Flatten: (inputs, { axis }) => {
    const x = at(inputs, 0);
    const product = (dims: Shape): Dim => (dims.length === 1 ? dims[0]! : elements(dims));
    return [like(x, [product(x.shape.slice(0, axis)), product(x.shape.slice(axis))])];
  },
  Gather: (inputs, { axis }) => {
    const [x, indices] = [at(inputs, 0), at(inputs, 1)];
    const along = axisOf(axis, x.shape.length);
    return [like(x, [...x.shape.slice(0, along), ...indices.shape, ...x.shape.slice(along + 1)])];
  },
  OneHot: (inputs, { axis, depth }) => {
    const { shape } = at(inputs, 0);
    const along = axisOf(axis, shape.length + 1);
    return [{ dtype: 'float32', shape: [...shape.slice(0, along), depth, ...shape.slice(along)] }];
  },
  Pad: (inputs, { pads }) => {
    atMost(inputs, 1);
    const { shape } = at(inputs, 0);
    perAxis(pads, 2 * shape.length, 'pads');
    const padded = (d: Dim, i: number) => {
      const extra = pads[i]! + pads[i + shape.length]!;
      return extra === 0 ? d : fixed(d) + extra;
    };
    return [like(at(inputs, 0), shape.map(padded))];
  },
  Reshape: (inputs, { shape }) => [like(at(inputs, 0), reshaped(at(inputs, 0).shape, shape))],
  Resize: (inputs, { scales }) => {
    const x = at(inputs, 0);
    perAxis(scales, x.shape.length, 'scales');
    return [
      like(
        x,
        x.shape.map((d, i) => (scales[i] === 1 ? d : Math.floor(fixed(d) * scales[i]!))),
      ),
    ];
  },
  Slice: (inputs, { starts, ends, axes, steps }) => {
    const x = at(inputs, 0);
    const shape = [...x.shape];
    axesOf(axes, shape.length).forEach((axis, i) => {
      shape[axis] = sliceLength(fixed(shape[axis]), starts[i]!, ends[i]!, steps[i]!);
    });
    return [like(x, shape)];
  },
  Squeeze: (inputs, { axes }) => {
    const { shape } = at(inputs, 0);
    const gone = axesOf(axes, shape.length);
    for (const axis of gone) if (shape[axis] !== 1) fail(`expected size 1 on axis ${axis}, got ${show(shape)}`);
    return [
      like(
        at(inputs, 0),
        shape.filter((_, i) => !gone.includes(i)),
      ),
    ];
  },
  Transpose: (inputs, { perm }) => {
    const { shape } = at(inputs, 0);
    if (show([...perm].sort((a, b) => a - b)) !== show(shape.map((_, i) => i)))
      fail(`expected a permutation of ${shape.length} axes, got [${perm.join(', ')}]`);
    return [
      like(
        at(inputs, 0),
        perm.map((axis) => shape[axis]!),
      ),
    ];
  },
  Unsqueeze: (inputs, { axes }) => {
    const { shape } = at(inputs, 0);
    const added = new Set(axesOf(axes, shape.length + axes.length));
    const rest = [...shape];
    return [
      like(
        at(inputs, 0),
        Array.from({ length: shape.length + axes.length }, (_, i) => (added.has(i) ? 1 : rest.shift()!)),
      ),
    ];
  },

  AveragePool: pool,
  MaxPool: pool,
  GlobalAveragePool: (inputs) => {
    const x = at(inputs, 0);
    return [
      like(
        x,
        x.shape.map((d, i) => (i < 2 ? d : 1)),
      ),
    ];
  },
  BatchNormalization: (inputs) => {
    perChannel(inputs, 1, at(inputs, 0).shape[1]!, ['scale', 'bias', 'mean', 'variance']);
    return [at(inputs, 0)];
  },
  Conv: (inputs, attributes) => {
    const [x, w] = [at(inputs, 0), at(inputs, 1)];
    rank(x, [3, 4, 5], 'input');
    rank(w, [x.shape.length], 'filter');
    const [out, inner, ...kernel_shape] = fixedShape(w.shape) as [number, number, ...number[]];
    const channels = fixed(x.shape[1]);
    if (channels !== inner * attributes.group || out % attributes.group)
      fail(
        `filter ${show(w.shape)} in ${attributes.group} group(s) takes ${inner * attributes.group} channels, input ${show(x.shape)} has ${channels}`,
      );
    if (inputs[2]) perChannel(inputs, 2, out, ['bias']);
    return [like(x, [x.shape[0]!, out, ...windows(spatial(x), { ...attributes, kernel_shape })])];
  },
  ConvTranspose: (inputs, { strides, pads, dilations, group, output_padding: extra }) => {
    const [x, w] = [at(inputs, 0), at(inputs, 1)];
    rank(x, [3, 4, 5], 'input');
    rank(w, [x.shape.length], 'filter');
    const [channels, outer, ...kernel] = fixedShape(w.shape) as [number, number, ...number[]];
    if (fixed(x.shape[1]) !== channels)
      fail(`filter ${show(w.shape)} takes ${channels} channels, input ${show(x.shape)} has ${x.shape[1]}`);
    if (channels % group) fail(`expected channels in multiples of the ${group} groups, got ${channels}`);
    if (inputs[2]) perChannel(inputs, 2, outer * group, ['bias']);
    const sizes = spatial(x);
    perAxis(strides, sizes.length, 'strides');
    perAxis(pads, 2 * sizes.length, 'pads');
    perAxis(dilations, sizes.length, 'dilations');
    perAxis(extra, sizes.length, 'output_padding');
    // the rows that output padding chooses among are those which the stride of the adjoint convolution leaves over
    if (extra.some((e, i) => e >= strides[i]!))
      fail(`expected output_padding below the strides ${show(strides)}, got ${show(extra)}`);
    const out = sizes.map((size, i) =>
      positive(
        strides[i]! * (size - 1) +
          dilations[i]! * (kernel[i]! - 1) +
          1 +
          extra[i]! -
          pads[i]! -
          pads[i + sizes.length]!,
        i,
        sizes,
      ),
    );
    return [like(x, [x.shape[0]!, outer * group, ...out])];
  },

  AllReduceMean: same,

  BatchNormTraining: (inputs, { axes }) => {
    const x = at(inputs, 0);
    const statistics = statisticsShape(x.shape, axes);
    for (const i of [1, 2])
      if (show(at(inputs, i).shape) !== show(statistics))
        fail(`expected scale and bias of shape ${show(statistics)}, got ${show(at(inputs, i).shape)}`);
    return [x, like(x, statistics), like(x, statistics)];
  },
  BatchNormTrainingGrad: (inputs) => [at(inputs, 1), at(inputs, 2), at(inputs, 2)],
  ConvFilterGrad: (inputs, { group, kernel_shape }) => {
    const [x, dy] = [at(inputs, 0), at(inputs, 1)];
    return [like(x, [fixed(dy.shape[1]), fixed(x.shape[1]) / group, ...kernel_shape])];
  },
  MaxPoolGrad: (inputs) => [at(inputs, 1)],
  ReluGrad: allAlike,

  NchwcAveragePool: pool,
  NchwcConv: (inputs, attributes) => shapes.Conv(inputs.slice(0, 3), attributes),
  NchwcGlobalAveragePool: (inputs) => shapes.GlobalAveragePool(inputs, {}),
  NchwcMaxPool: pool,
  NchwcReorderInput: same,
  NchwcReorderOutput: (inputs, { channels, channels_last }) => {
    const x = at(inputs, 0);
    const [n, , h, w] = fixedShape(x.shape) as [number, number, number, number];
    return [like(x, channels_last ? [n, h, w, channels] : [n, channels, h, w])];
  },
  NchwcUpsample: (inputs, attributes) => shapes.Resize(inputs, attributes),
};
