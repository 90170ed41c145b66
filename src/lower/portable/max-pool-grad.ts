/**
 * The gradient of max pooling without the `Indices` output, which WebGPU lacks. Tap by tap of the window in scan order: the
 * first tap that equals the maximum takes what is left of its window's gradient, which is all or nothing, as in PyTorch.
 */
import { cast, equal, fixedShape, mul, type PoolAttributes, sub, type Value } from '../../graph/index.js';
import { fold, positions, type Slide, unfold } from './windows.js';

/** Below every activation, and still finite, so that 0 times it is 0. */
export const LOWEST = -3.4028234663852886e38;

export function maxPoolGrad([dy, x, y]: readonly Value[], attributes: PoolAttributes): readonly Value[] {
  const slide = slideOver(x!, y!, 2, attributes);
  const seen = unfold(x!, slide, LOWEST);
  return [maxPoolGradBy(dy!, slide, (tap) => cast(equal(seen[tap]!, y!), 'float32'))];
}

/** Windows y over images x whose spatial axes start at `axis`. */
export function slideOver(x: Value, y: Value, axis: number, attributes: PoolAttributes): Slide {
  const spatial = ({ shape }: Value) => fixedShape(shape.slice(axis, axis + attributes.kernel_shape.length));
  return { ...attributes, axis, sizes: spatial(x), counts: spatial(y) };
}

/** @param isMaximum per tap in scan order, 1 in the windows whose maximum it equals, 0 in others; in dy's shape */
export function maxPoolGradBy(dy: Value, slide: Slide, isMaximum: (tap: number) => Value): Value {
  let left = dy;
  const shares = positions(slide.kernel_shape).map((_, tap, { length }) => {
    // one tap must be the maximum: what the others leave is the last one's
    if (tap === length - 1) return left;
    const share = mul(left, isMaximum(tap));
    left = sub(left, share);
    return share;
  });
  return fold(shares, slide);
}
