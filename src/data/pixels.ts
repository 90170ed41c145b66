/** Images as numbers, wherever they come from: also for browsers, which have a decoder of their own. */

/** A decoded image, [h, w, c] sRGB, 0 to 255. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** A part of an image, in whole pixels, and the size of the whole. */
export interface Place extends Size {
  readonly top: number;
  readonly left: number;
}

/** A decoded image that remembers how large its file says it is. */
export interface Decoded extends Pixels {
  /** Size in the file, upright. */
  readonly full: Size;
  /** How many times smaller than that it was decoded. */
  readonly reduction: Reduction;
  /** Where the pixels lie in the whole image, decoded so much smaller; absent where they are all of it. */
  readonly within?: Place;
}

export interface Size {
  readonly height: number;
  readonly width: number;
}

/**
 * Reductions at which a JPEG decodes at 1/2, 1/4 or 1/8 of its size, with half as much again left to the resampling after:
 * libvips uses the scaled decoder (shrink-on-load) only when some reduction remains.
 */
export const REDUCTIONS = [1, 3, 6, 12] as const;
export type Reduction = (typeof REDUCTIONS)[number];

/** ITU-R BT.601 luma in 16-bit fixed point, the formula of Pillow's mode L. */
export const luma = (red: number, green: number, blue: number): number =>
  (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;

/** The same image, [h, w, c], in gray or in colour. */
export function withChannels(data: Uint8Array, from: 1 | 3, to: 1 | 3): Uint8Array {
  if (from === to) return data;
  const count = data.length / from;
  const result = new Uint8Array(count * to);
  if (to === 1)
    for (let i = 0; i < count; i++)
      result[i] = luma(data[3 * i] as number, data[3 * i + 1] as number, data[3 * i + 2] as number);
  else for (let i = 0; i < count; i++) result.fill(data[i] as number, 3 * i, 3 * i + 3);
  return result;
}

/** The largest reduction that no side of an image is too small for. */
export const fitting = ({ height, width }: Size, wanted: Reduction): Reduction =>
  Math.min(height, width) >= 2 * wanted ? wanted : 1;
