/** Maps as pictures: one by one, or all channels of a stage in the three dimensions that colours have. */
import { heat, oklab } from './colours.js';
import type { Features } from './layers.js';
import type { Raster } from './overlay.js';
import { principalScores } from './principal.js';

/** A map of one channel, its least value dark and its largest light. [h, w, 3] */
export function mapPicture({ shape, data }: Features, channel: number): Raster {
  const [, height, width] = shape as readonly [number, number, number];
  const map = data.subarray(channel * height * width, (channel + 1) * height * width);
  const [low, high] = rangeOf(map);
  return pictureOf(height, width, (i) => heat((map[i]! - low) / Math.max(high - low, Number.MIN_VALUE)));
}

/** Channels whose maps vary most from position to position, in the order of their numbers. */
export function liveliest({ shape, data }: Features, count: number): readonly number[] {
  const [channels, height, width] = shape as readonly [number, number, number];
  const spread = Array.from({ length: channels }, (_, c) =>
    varianceOf(data.subarray(c * height * width, (c + 1) * height * width)),
  );
  const best = [...spread.keys()].sort((a, b) => spread[b]! - spread[a]! || a - b).slice(0, count);
  return best.sort((a, b) => a - b);
}

/** Standard deviations that span the colours, and how far these reach. */
const SPAN = 2.5;
const [GRAY, LIGHT, COLOUR] = [0.58, 0.34, 0.16];

/**
 * Maps of one stage for several images [c, h, w], as pictures [h, w, 3]: their first three principal components over positions and
 * images become lightness and the two axes of colour. So positions look alike where all channels together are alike, and colours
 * mean the same in all of the pictures. The mean over channels would show less: it says how much is active, not what.
 * @param images that the maps belong to: light is then where these are light, rather than where more channels are active
 */
export function principalPictures(maps: readonly Features[], images?: readonly Raster[]): Raster[] {
  const [, height, width] = maps[0]!.shape as readonly [number, number, number];
  const area = height * width;
  const components = principalScores(maps, 3).map((values) => {
    const scale = SPAN * Math.max(Math.sqrt(varianceOf(values)), 1e-12);
    return values.map((value) => Math.min(1, Math.max(-1, value / scale)));
  });
  const [first, red, yellow] = components as [Float64Array, Float64Array, Float64Array];
  const light = images && isNegative(first, images, [height, width]) ? first.map((value) => -value) : first;
  return maps.map((_, image) =>
    pictureOf(height, width, (i) => {
      const at = image * area + i;
      return oklab(GRAY + LIGHT * light[at]!, COLOUR * red[at]!, COLOUR * yellow[at]!);
    }),
  );
}

/** Whether maps [images, height, width] are light where the images are dark. */
function isNegative(
  scores: Float64Array,
  images: readonly Raster[],
  [height, width]: readonly [number, number],
): boolean {
  const brightness = images.flatMap((image) =>
    Array.from({ length: height * width }, (_, i) => {
      const y = Math.floor(((Math.floor(i / width) + 0.5) * image.height) / height);
      const x = Math.floor((((i % width) + 0.5) * image.width) / width);
      const at = (y * image.width + x) * image.channels;
      return image.data.subarray(at, at + image.channels).reduce((sum, value) => sum + value, 0);
    }),
  );
  const mean = brightness.reduce((sum, value) => sum + value, 0) / brightness.length;
  return brightness.reduce((sum, value, i) => sum + (value - mean) * scores[i]!, 0) < 0;
}

function pictureOf(height: number, width: number, colour: (i: number) => readonly number[]): Raster {
  const data = new Uint8Array(height * width * 3);
  for (let i = 0; i < height * width; i++) data.set(colour(i), 3 * i);
  return { data, height, width, channels: 3 };
}

function rangeOf(values: ArrayLike<number>): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) [low, high] = [Math.min(low, values[i]!), Math.max(high, values[i]!)];
  return [low, high];
}

function varianceOf(values: Float32Array | Float64Array): number {
  let [sum, squares] = [0, 0];
  for (const value of values) sum += value;
  for (const value of values) squares += (value - sum / values.length) ** 2;
  return squares / values.length;
}
