/**
 * The gradient of a convolution for its filter is itself a convolution, in which stride and dilation change places:
 * dw[o, i, a] = sum over n, t of x[n, i, stride t + dilation a - pad] dy[n, o, t]; the batch is what is summed over.
 */
import {
  type Attributes,
  constant,
  conv,
  elements,
  fixedShape,
  matmul,
  reshape,
  slice,
  transpose,
  type Value,
} from '../../graph/index.js';
import { filterGradByColumns, filterOutweighsImages } from './columns.js';

type Geometry = Attributes['ConvFilterGrad'];

export function convFilterGrad([x, dy]: readonly Value[], attributes: Geometry): readonly Value[] {
  const columns = { ...attributes, image: x!.shape, features: dy!.shape };
  if (filterOutweighsImages(columns)) return [filterGradByColumns(x!, dy!, columns)];
  if (endPads(x!, dy!, attributes).every((end, i) => -end < (x!.shape[2 + i] as number)))
    return [formulation(x!, attributes)(x!, dy!, attributes)];
  // a stride so long that the only window sees nothing but padding
  const shape = [dy!.shape[1] as number, (x!.shape[1] as number) / attributes.group, ...attributes.kernel_shape];
  return [constant(new Float32Array(elements(shape)), shape)];
}

const all = (values: readonly number[], value: number) => values.every((v) => v === value);

function formulation(x: Value, { group, kernel_shape, dilations, pads }: Geometry) {
  if (group !== 1 || x.shape.length !== 4 || !all(dilations, 1)) return general;
  return all(kernel_shape, 1) && all(pads, 0) ? pointwise : allTaps;
}

/** End pads with which a window of dy's extent, moved by single taps, fits exactly kernel_shape times; may be negative. */
const endPads = (x: Value, dy: Value, { kernel_shape: kernel, strides, pads, dilations }: Geometry) =>
  kernel.map((k, i) => {
    const [size, out] = [x.shape[2 + i] as number, dy.shape[2 + i] as number];
    return strides[i]! * (out - 1) + dilations[i]! * (k - 1) + 1 - size - pads[i]!;
  });

/** Cuts rows and columns that no window reached, so that all end pads are 0 or more. */
function reached(x: Value, ends: readonly number[]): Value {
  const cuts = ends.flatMap((end, i) => (end < 0 ? [{ axis: 2 + i, start: 0, end }] : []));
  return cuts.length > 0 ? slice(x, cuts) : x;
}

/** 1 x 1: one matrix product, [out, n h w] by [n h w, c]. */
function pointwise(x: Value, dy: Value, { strides }: Geometry): Value {
  const [n, out, h, w] = fixedShape(dy.shape) as [number, number, number, number];
  const c = x.shape[1] as number;
  const seen = all(strides, 1)
    ? x
    : slice(
        x,
        strides.map((step, i) => ({ axis: 2 + i, start: 0, end: Number.POSITIVE_INFINITY, step })),
      );
  const left = reshape(transpose(dy, [1, 0, 2, 3]), [out, n * h * w]);
  const right = reshape(transpose(seen, [0, 2, 3, 1]), [n * h * w, c]);
  return reshape(matmul(left, right), [out, c, 1, 1]);
}

/**
 * k x k: one convolution over x laid out [1, n, h, w c], whose kernel is dy dilated by (stride, stride c);
 * its output [1, out, k, k c] is the filter with channels last.
 */
function allTaps(x: Value, dy: Value, attributes: Geometry): Value {
  const ends = endPads(x, dy, attributes);
  const seen = reached(x, ends);
  const [n, c, h, w] = fixedShape(seen.shape) as [number, number, number, number];
  const [kh, kw] = attributes.kernel_shape as [number, number];
  const [top, left] = attributes.pads as [number, number];
  const [bottom, right] = ends.map((end) => Math.max(end, 0)) as [number, number];
  const [sh, sw] = attributes.strides as [number, number];
  const rows = reshape(transpose(seen, [0, 2, 3, 1]), [1, n, h, w * c]);
  const dw = conv(rows, transpose(dy, [1, 0, 2, 3]), {
    dilations: [sh, sw * c],
    pads: [top, left * c, bottom, right * c],
  });
  return transpose(reshape(dw, [dy.shape[1] as number, kh, kw, c]), [0, 3, 1, 2]);
}

/** Any group, dilation and number of axes: batch and channels change places, groups lie along the channels. */
function general(x: Value, dy: Value, attributes: Geometry): Value {
  const { group, strides, dilations, pads } = attributes;
  const ends = endPads(x, dy, attributes);
  const seen = reached(x, ends);
  const [n, c, ...sizes] = fixedShape(seen.shape) as [number, number, ...number[]];
  const inner = c / group;
  const axes = sizes.map((_, i) => i + 3);
  const image = reshape(transpose(reshape(seen, [n, group, inner, ...sizes]), [2, 1, 0, ...axes]), [
    inner,
    group * n,
    ...sizes,
  ]);
  const filter = transpose(dy, [1, 0, ...sizes.map((_, i) => i + 2)]);
  const dw = conv(image, filter, {
    strides: dilations,
    dilations: strides,
    pads: [...pads.slice(0, sizes.length), ...ends.map((end) => Math.max(end, 0))],
    group,
  });
  return transpose(dw, [1, 0, ...sizes.map((_, i) => i + 2)]);
}
