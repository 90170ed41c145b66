/** What explains an image, drawn over it. */
import { balance, heat, type Rgb } from './colours.js';
import { enlarged } from './enlarge.js';
import type { Attributions, ClassMap } from './explanation.js';

/** Pixels [h, w, c]. */
export interface Raster {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** How much a colour covers of the image where the map is strongest. */
const COVER = 0.85;

/** A class map over its image: the stronger it speaks for the class, the warmer the colour, and the more of it. Pixels [h, w, 3]. */
export function drawClassMap(image: Raster, { map }: Pick<ClassMap, 'map'>): Raster {
  const { height, width } = image;
  const amounts = enlarged(map, [height, width]);
  const most = amounts.reduce((largest, value) => Math.max(largest, value), Number.MIN_VALUE);
  return painted(image, (i, pixel) => {
    const amount = amounts[i]! / most;
    return blended(grayOf(pixel), heat(amount), COVER * amount);
  });
}

/** Of pixels, this share is drawn at full strength: a few extreme ones would make all others invisible. */
const FULL = 0.01;

/** What each pixel adds to a class, channels summed up, over its pale image: orange speaks for the class, blue against it. [h, w, 3] */
export function drawAttributions(image: Raster, { attributions }: Pick<Attributions, 'attributions'>): Raster {
  const [channels, height, width] = attributions.shape as readonly [number, number, number];
  const sums = new Float32Array(height * width);
  for (const [i, value] of attributions.data.entries()) sums[i % sums.length]! += value;
  if (channels * sums.length !== attributions.data.length)
    throw new RangeError(`attributions of ${attributions.shape}`);
  const sorted = sums.map(Math.abs).sort();
  const full = Math.max(sorted[Math.floor((1 - FULL) * (sorted.length - 1))]!, Number.MIN_VALUE);
  const column = (x: number) => Math.floor((x * width) / image.width);
  const row = (y: number) => Math.floor((y * height) / image.height);
  return painted(image, (i, pixel) => {
    const at = row(Math.floor(i / image.width)) * width + column(i % image.width);
    const amount = Math.min(1, Math.max(-1, sums[at]! / full));
    return blended(paleOf(pixel), balance(amount), Math.abs(amount) ** 0.6);
  });
}

/** Luma of ITU-R BT.601. */
const luma = ([r, g, b]: Rgb): number => 0.299 * r + 0.587 * g + 0.114 * b;
/** Halfway to gray, so that the map has the colours. */
const grayOf = (pixel: Rgb): Rgb => blended(pixel, [luma(pixel), luma(pixel), luma(pixel)], 0.5);
const paleOf = (pixel: Rgb): Rgb => blended([luma(pixel), luma(pixel), luma(pixel)], [247, 247, 247], 0.72);
const blended = (below: Rgb, above: Rgb, cover: number): Rgb =>
  below.map((value, c) => value * (1 - cover) + above[c]! * cover) as never;

/** Every pixel anew. */
function painted({ data, height, width, channels }: Raster, paint: (i: number, pixel: Rgb) => Rgb): Raster {
  const made = new Uint8Array(height * width * 3);
  for (let i = 0; i < height * width; i++) {
    const from = i * channels;
    const pixel: Rgb =
      channels === 3 ? [data[from]!, data[from + 1]!, data[from + 2]!] : [data[from]!, data[from]!, data[from]!];
    made.set(paint(i, pixel).map(Math.round), 3 * i);
  }
  return { data: made, height, width, channels: 3 };
}

/** An image whose pixels are squares of so many. */
export function zoomed({ data, height, width, channels }: Raster, times: number): Raster {
  const large = { height: height * times, width: width * times };
  const made = new Uint8Array(large.height * large.width * channels);
  for (let y = 0, at = 0; y < large.height; y++)
    for (let x = 0; x < large.width; x++) {
      const from = (Math.floor(y / times) * width + Math.floor(x / times)) * channels;
      for (let c = 0; c < channels; c++) made[at++] = data[from + c]!;
    }
  return { data: made, ...large, channels };
}
