/** Small maps at the size of an image. */
import type { Features } from './layers.js';

/**
 * A map [h, w] at another size by bilinear interpolation. Pixels are squares whose middles carry the values, as PyTorch's
 * `interpolate` has it without `align_corners`; what lies beyond the outermost middles is theirs.
 */
export function enlarged({ shape, data }: Features, [height, width]: readonly [number, number]): Float32Array {
  const [h, w] = shape as readonly [number, number];
  const rows = Array.from({ length: height }, (_, y) => between(y, h, height));
  const columns = Array.from({ length: width }, (_, x) => between(x, w, width));
  const large = new Float32Array(height * width);
  let at = 0;
  for (const { low: top, high: bottom, share: down } of rows)
    for (const { low, high, share } of columns) {
      const above = data[top * w + low]! * (1 - share) + data[top * w + high]! * share;
      const below = data[bottom * w + low]! * (1 - share) + data[bottom * w + high]! * share;
      large[at++] = above * (1 - down) + below * down;
    }
  return large;
}

/** Which two of `from` values place `i` of `to` lies between, and how far towards the second. */
function between(i: number, from: number, to: number) {
  const place = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
  const low = Math.floor(place);
  return { low, high: Math.min(low + 1, from - 1), share: place - low };
}
