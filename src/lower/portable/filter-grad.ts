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
  type Shape,
  slice,
  transpose,
  type Value,
} from '../../graph/index.js';
import { filterGradByColumns, filterOutweighsImages } from './columns.js';

type Geometry = Attributes['ConvFilterGrad'];
type Sized = Pick<Value, 'shape'>;

export function convFilterGrad([x, dy]: readonly Value[], attributes: Geometry): readonly Value[] {
  const columns = { ...attributes, image: x!.shape, features: dy!.shape };
  if (filterOutweighsImages(columns)) return [filterGradByColumns(x!, dy!, columns)];
  if (!seesPaddingOnly(x!, dy!, attributes)) return [formulation(x!, dy!, attributes)];
  const shape = [dy!.shape[1] as number, (x!.shape[1] as number) / attributes.group, ...attributes.kernel_shape];
  return [constant(new Float32Array(elements(shape)), shape)];
}

/** With a stride so long that the only window sees nothing but padding. */
export const seesPaddingOnly = (x: Sized, dy: Sized, attributes: Geometry): boolean =>
  endPads(x, dy, 2, attributes).some((end, i) => -end >= (x.shape[2 + i] as number));

const all = (values: readonly number[], value: number) => values.every((v) => v === value);

function formulation(x: Value, dy: Value, attributes: Geometry): Value {
  if (!isDense(x.shape, attributes)) return general(x, dy, attributes);
  const dw = denseFilterGrad(channelsLast(x), transpose(dy, [1, 0, 2, 3]), attributes);
  const [out, , , c] = fixedShape(dw.shape) as [number, number, number, number];
  return all(attributes.kernel_shape, 1) ? reshape(dw, [out, c, 1, 1]) : transpose(dw, [0, 3, 1, 2]);
}

/**
 * [n, c, h, w] -> [n, h, w, c] as one turn of [c, n h w] instead of one for each image: the engine hands every one of them to its
 * threads anew, which was most of what they took. The copy before it is of whole images. See docs/performance.md, "Turned at once".
 */
function channelsLast(x: Value): Value {
  const [n, c, h, w] = fixedShape(x.shape) as [number, number, number, number];
  const images = reshape(transpose(x, [1, 0, 2, 3]), [c, n * h * w]);
  return reshape(transpose(images, [1, 0]), [n, h, w, c]);
}

/** Whether `denseFilterGrad` can: images without groups and dilation. */
export const isDense = (x: Shape, { group, dilations }: Geometry): boolean =>
  group === 1 && x.length === 4 && all(dilations, 1);

/** x [n, h, w, c], dy [out, n, oh, ow] -> dw [out, kh, kw, c]. */
export function denseFilterGrad(x: Value, dy: Value, attributes: Geometry): Value {
  const pointwise = all(attributes.kernel_shape, 1) && all(attributes.pads, 0);
  return (pointwise ? pointwiseGrad : allTaps)(x, dy, attributes);
}

/** End pads with which a window of dy's extent, moved by single taps, fits exactly kernel_shape times; may be negative. */
const endPads = (x: Sized, dy: Sized, axis: number, { kernel_shape: kernel, strides, pads, dilations }: Geometry) =>
  kernel.map((k, i) => {
    const [size, out] = [x.shape[axis + i] as number, dy.shape[2 + i] as number];
    return strides[i]! * (out - 1) + dilations[i]! * (k - 1) + 1 - size - pads[i]!;
  });

/** Cuts rows and columns that no window reached, so that all end pads are 0 or more. */
function reached(x: Value, axis: number, ends: readonly number[]): Value {
  const cuts = ends.flatMap((end, i) => (end < 0 ? [{ axis: axis + i, start: 0, end }] : []));
  return cuts.length > 0 ? slice(x, cuts) : x;
}

/** 1 x 1: one matrix product, [out, n h w] by [n h w, c]. */
function pointwiseGrad(x: Value, dy: Value, { strides }: Geometry): Value {
  const [out, n, h, w] = fixedShape(dy.shape) as [number, number, number, number];
  const c = x.shape[3] as number;
  const cuts = strides.map((step, i) => ({ axis: 1 + i, start: 0, end: Number.POSITIVE_INFINITY, step }));
  const seen = all(strides, 1) ? x : slice(x, cuts);
  return reshape(matmul(reshape(dy, [out, n * h * w]), reshape(seen, [n * h * w, c])), [out, 1, 1, c]);
}

/** k x k: one convolution over x as [1, n, h, w c], whose kernel is dy dilated by (stride, stride c); it puts out [1, out, k, k c]. */
function allTaps(x: Value, dy: Value, attributes: Geometry): Value {
  const ends = endPads(x, dy, 1, attributes);
  const seen = reached(x, 1, ends);
  const [n, h, w, c] = fixedShape(seen.shape) as [number, number, number, number];
  const [kh, kw] = attributes.kernel_shape as [number, number];
  const [top, left] = attributes.pads as [number, number];
  const [bottom, right] = ends.map((end) => Math.max(end, 0)) as [number, number];
  const [sh, sw] = attributes.strides as [number, number];
  const dw = conv(reshape(seen, [1, n, h, w * c]), dy, {
    dilations: [sh, sw * c],
    pads: [top, left * c, bottom, right * c],
  });
  return reshape(dw, [dy.shape[0] as number, kh, kw, c]);
}

/** Any group, dilation and number of axes: batch and channels change places, groups lie along the channels. */
function general(x: Value, dy: Value, attributes: Geometry): Value {
  const { group, strides, dilations, pads } = attributes;
  const ends = endPads(x, dy, 2, attributes);
  const seen = reached(x, 2, ends);
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
