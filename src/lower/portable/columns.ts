/**
 * Convolution, its adjoint and its filter's gradient as one matrix product each over the whole batch, for layers whose filter
 * outweighs their images: the last stages of a small image have maps of 2 x 2 or 1 x 1. The plain operator would go through
 * the whole filter for every image, and turn or transpose it before.
 *
 * With x unfolded to columns X [c k k, n oh ow], filter W [o, c k k] and gradients Y [o, n oh ow]:
 * y = W X, dX = W' Y, dW = Y X' (Chellapilla et al. 2006, https://inria.hal.science/inria-00112631).
 */
import {
  type ConvAttributes,
  concat,
  fixedShape,
  gemm,
  matmul,
  reshape,
  type Shape,
  slice,
  transpose,
  type Value,
} from '../../graph/index.js';
import { fold, positions, type Slide, unfold } from './windows.js';

/** A convolution from images [n, c, h, w] to features [n, o, oh, ow] through a filter [o, c, kh, kw]. */
export interface Geometry extends ConvAttributes {
  readonly image: Shape;
  readonly features: Shape;
  readonly kernel_shape: readonly number[];
}

/** Positions per feature up to which columns win; beyond, making them costs what the product saves: docs/performance.md, "Small maps". */
const POSITIONS_PER_FEATURE = 4;

/** Whether one product over columns is the faster way. */
export function filterOutweighsImages({ image, features, dilations, group }: Geometry): boolean {
  if (image.length !== 4 || group !== 1 || dilations.some((d) => d !== 1)) return false;
  if ([...image, ...features].some((d) => typeof d !== 'number')) return false;
  const [n, o, oh, ow] = features as readonly [number, number, number, number];
  return n > 1 && n * oh * ow <= POSITIONS_PER_FEATURE * o;
}

/** x [n, c, h, w], w [o, c, kh, kw] -> [n, o, oh, ow]. */
export function convByColumns(x: Value, w: Value, geometry: Geometry): Value {
  return fromRows(matmul(rowsOf(w), columnsOf(x, geometry)), geometry.features);
}

/** dy [n, o, oh, ow], w [o, c, kh, kw] -> [n, c, h, w]. */
export function adjointByColumns(dy: Value, w: Value, geometry: Geometry): Value {
  const [n, c] = fixedShape(geometry.image) as [number, number];
  const { kernel_shape, features } = geometry;
  const taps = positions(kernel_shape).length;
  const columns = reshape(gemm(rowsOf(w), asRows(dy), undefined, { transA: true }), [c, taps, n, ...spatial(features)]);
  const shares = Array.from({ length: taps }, (_, tap) =>
    reshape(slice(columns, [{ axis: 1, start: tap, end: tap + 1 }]), [c, n, ...spatial(features)]),
  );
  return transpose(fold(shares, slideOf(geometry)), BATCH_AND_CHANNELS);
}

/** x [n, c, h, w], dy [n, o, oh, ow] -> [o, c, kh, kw]. */
export function filterGradByColumns(x: Value, dy: Value, geometry: Geometry): Value {
  const product = gemm(asRows(dy), columnsOf(x, geometry), undefined, { transB: true });
  return reshape(product, [dy.shape[1] as number, x.shape[1] as number, ...geometry.kernel_shape]);
}

/** The permutation that makes the batch the second axis, and its own inverse. */
const BATCH_AND_CHANNELS = [1, 0, 2, 3];

const spatial = (shape: Shape) => fixedShape(shape.slice(2));

const slideOf = ({ image, features, ...attributes }: Geometry): Slide => ({
  ...attributes,
  sizes: spatial(image),
  counts: spatial(features),
});

/** [o, …] -> [o, rest]. */
const rowsOf = (w: Value): Value => reshape(w, [w.shape[0] as number, -1]);

/** [n, o, oh, ow] -> [o, n oh ow]. */
const asRows = (y: Value): Value => rowsOf(transpose(y, BATCH_AND_CHANNELS));

/** [o, n oh ow] -> [n, o, oh, ow]. */
function fromRows(rows: Value, features: Shape): Value {
  const [n, o, oh, ow] = fixedShape(features) as [number, number, number, number];
  return transpose(reshape(rows, [o, n, oh, ow]), BATCH_AND_CHANNELS);
}

/** [n, c, h, w] -> [c kh kw, n oh ow]. */
function columnsOf(x: Value, geometry: Geometry): Value {
  const [n, c] = fixedShape(geometry.image) as [number, number];
  const count = n * spatial(geometry.features).reduce((a, b) => a * b, 1);
  const taps = unfold(transpose(x, BATCH_AND_CHANNELS), slideOf(geometry)).map((tap) => reshape(tap, [c, 1, count]));
  return reshape(taps.length === 1 ? taps[0]! : concat(taps, 1), [-1, count]);
}
