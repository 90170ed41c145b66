/**
 * Convolution, its adjoint and its filter's gradient as one matrix product each over the whole batch, for layers whose filter
 * outweighs their images: the last stages of a small image have maps of 2 x 2 or 1 x 1. The plain operator would go through
 * the whole filter for every image, and turn or transpose it before.
 *
 * With x unfolded to columns X [c k k, oh ow n], filter W [o, c k k] and features Y [o, oh ow n]:
 * Y = W X, dX = W' dY, dW = dY X' (Chellapilla et al. 2006, https://inria.hal.science/inria-00112631).
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

/** Positions below which they lose: a product narrower than a vector register is summed in one run, which costs half a digit. */
const LEAST_POSITIONS = 16;

/** Whether one product over columns is the faster way, and no less exact. */
export function filterOutweighsImages({ image, features, dilations, group }: Geometry): boolean {
  if (image.length !== 4 || group !== 1 || dilations.some((d) => d !== 1)) return false;
  if ([...image, ...features].some((d) => typeof d !== 'number')) return false;
  const [n, o, oh, ow] = features as readonly [number, number, number, number];
  const count = n * oh * ow;
  return n > 1 && count >= LEAST_POSITIONS && count <= POSITIONS_PER_FEATURE * o;
}

/** x [n, c, h, w], w [o, c, kh, kw] -> [n, o, oh, ow]. */
export function convByColumns(x: Value, w: Value, geometry: Geometry): Value {
  const [n, o, oh, ow] = fixedShape(geometry.features) as Four;
  return batchFirst(reshape(matmul(rowsOf(w), columnsOf(x, geometry)), [o, oh, ow, n]));
}

/** dy [n, o, oh, ow], w [o, c, kh, kw] -> [n, c, h, w]. */
export function adjointByColumns(dy: Value, w: Value, geometry: Geometry): Value {
  const [n, , oh, ow] = fixedShape(geometry.features) as Four;
  const c = geometry.image[1] as number;
  const taps = positions(geometry.kernel_shape).length;
  const columns = gemm(rowsOf(w), rowsOf(batchLast(dy)), undefined, { transA: true });
  const byTap = reshape(columns, [c, taps, oh * ow * n]);
  const shares = Array.from({ length: taps }, (_, tap) =>
    reshape(slice(byTap, [{ axis: 1, start: tap, end: tap + 1 }]), [c, oh, ow, n]),
  );
  return batchFirst(fold(shares, slideOf(geometry)));
}

/** x [n, c, h, w], dy [n, o, oh, ow] -> [o, c, kh, kw]. */
export function filterGradByColumns(x: Value, dy: Value, geometry: Geometry): Value {
  const product = gemm(rowsOf(batchLast(dy)), columnsOf(x, geometry), undefined, { transB: true });
  return reshape(product, [dy.shape[1] as number, x.shape[1] as number, ...geometry.kernel_shape]);
}

type Four = [number, number, number, number];

/** [n, c, h, w] -> [c, h, w, n]: small maps are moved about in runs of the batch instead of two or three pixels. */
const batchLast = (x: Value): Value => transpose(x, [1, 2, 3, 0]);
/** [c, h, w, n] -> [n, c, h, w]. */
const batchFirst = (x: Value): Value => transpose(x, [3, 0, 1, 2]);

/** [o, …] -> [o, rest]. */
const rowsOf = (w: Value): Value => reshape(w, [w.shape[0] as number, -1]);

/** Over [c, h, w, n]. */
const slideOf = ({ image, features, ...attributes }: Geometry): Slide => ({
  ...attributes,
  axis: 1,
  sizes: fixedShape(image.slice(2)),
  counts: fixedShape(features.slice(2)),
});

/** [n, c, h, w] -> [c kh kw, oh ow n]. */
function columnsOf(x: Value, geometry: Geometry): Value {
  const [n, , oh, ow] = fixedShape(geometry.features) as Four;
  const c = x.shape[1] as number;
  const taps = unfold(batchLast(x), slideOf(geometry)).map((tap) => reshape(tap, [c, 1, oh * ow * n]));
  return reshape(concat(taps, 1), [-1, oh * ow * n]);
}
