/**
 * The gradient of max pooling without the `Indices` output, which WebGPU lacks. Tap by tap of the window in scan order: the
 * first tap that equals the maximum wins its window and takes the whole gradient, as in PyTorch.
 */
import {
  cast,
  constant,
  elements,
  equal,
  fixedShape,
  mul,
  type PoolAttributes,
  sub,
  type Value,
} from '../../graph/index.js';
import { fold, unfold } from './windows.js';

/** Below every activation, and still finite, so that 0 times it is 0. */
const LOWEST = -3.4028234663852886e38;

export function maxPoolGrad([dy, x, y]: readonly Value[], attributes: PoolAttributes): readonly Value[] {
  const [sizes, counts] = [fixedShape(x!.shape.slice(2)), fixedShape(y!.shape.slice(2))];
  const slide = { ...attributes, axis: 2, sizes, counts };
  let open = constant(new Float32Array(elements(y!.shape)).fill(1), y!.shape);
  const shares = unfold(x!, slide, LOWEST).map((seen) => {
    const won = mul(cast(equal(seen, y!), 'float32'), open);
    open = sub(open, won);
    return mul(dy!, won);
  });
  return [fold(shares, slide)];
}
