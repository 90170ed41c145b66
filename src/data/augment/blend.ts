/** Operations that move every pixel away from a plainer image, as Pillow's ImageEnhance does. All work in place. */
import { luma, type Pixels } from '../pixels.js';

/** Pillow's Image.blend of two values: from + factor (to - from) in single precision, clipped, without its fraction. */
export function blended(from: number, to: number, factor: number): number {
  const value = Math.fround(from + Math.fround(Math.fround(factor) * (to - from)));
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
}

/** torchvision's adjust_saturation: away from gray; a gray image stays as it is. */
export function saturation({ data, channels }: Pixels, factor: number): void {
  if (channels === 1) return;
  for (let i = 0; i < data.length; i += 3) {
    const gray = luma(data[i] as number, data[i + 1] as number, data[i + 2] as number);
    for (let channel = i; channel < i + 3; channel++) data[channel] = blended(gray, data[channel] as number, factor);
  }
}

/** torchvision's adjust_sharpness: away from a mean over 3 x 3 pixels where the middle counts fivefold; edges stay. */
export function sharpness({ data, height, width, channels }: Pixels, factor: number): void {
  const original = new Uint8Array(data); // a Buffer's slice would be no copy
  const line = width * channels;
  for (let row = 1; row < height - 1; row++)
    for (let at = row * line + channels; at < (row + 1) * line - channels; at++) {
      const sum = threeRows(original, at, { line, channels }) + 4 * (original[at] as number);
      // sum / 13, rounded: it never lies between two whole numbers, so Pillow's single precision rounds the same way
      data[at] = blended(Math.floor((2 * sum + 13) / 26), original[at] as number, factor);
    }
}

/** The sum of the 3 x 3 values around one. */
function threeRows(data: Uint8Array, at: number, { line, channels }: { line: number; channels: number }): number {
  let sum = 0;
  for (let middle = at - line; middle <= at + line; middle += line)
    sum += (data[middle - channels] as number) + (data[middle] as number) + (data[middle + channels] as number);
  return sum;
}
