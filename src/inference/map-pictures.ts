/** Maps as pictures: one by one, or all channels of a stage in the three dimensions that colours have. */
import { Matrix, NIPALS } from 'ml-matrix';
import { heat, oklab } from './colours.js';
import type { Features } from './layers.js';
import type { Raster } from './overlay.js';

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

/** Positions from which directions are told: more change them little. */
const SEEN = 2048;
/** Rounds of the power method for each direction, and how little it turns in the last. */
const POWER = { maxIterations: 200, terminationCriteria: 1e-8 };
/** Standard deviations that span the colours, and how far these reach. */
const SPAN = 2.5;
const [GRAY, LIGHT, COLOUR] = [0.58, 0.34, 0.16];

/**
 * Maps of one stage for several images [c, h, w], as pictures [h, w, 3]: their first three principal components over positions and
 * images become lightness and the two axes of colour. So positions look alike where all channels together are alike, and colours
 * mean the same in all of the pictures. The mean over channels would show less: it says how much is active, not what.
 */
export function principalPictures(maps: readonly Features[]): Raster[] {
  const [channels, height, width] = maps[0]!.shape as readonly [number, number, number];
  const area = height * width;
  const at = (position: number, c: number) => maps[Math.floor(position / area)]!.data[c * area + (position % area)]!;
  const total = maps.length * area;
  const seen = Array.from({ length: Math.min(total, SEEN) }, (_, i, { length } = { length: Math.min(total, SEEN) }) =>
    Math.floor((i * total) / length),
  );
  const mean = Float64Array.from(
    { length: channels },
    (_, c) => seen.reduce((sum, p) => sum + at(p, c), 0) / seen.length,
  );
  const directions = directionsOf(new Matrix(seen.map((p) => Array.from(mean, (m, c) => at(p, c) - m))));
  const scores = directions.map((direction) => {
    const values = Float64Array.from({ length: total }, (_, p) =>
      direction.reduce((sum, d, c) => sum + d * (at(p, c) - mean[c]!), 0),
    );
    const scale = SPAN * Math.max(Math.sqrt(varianceOf(values)), 1e-12);
    return values.map((value) => Math.min(1, Math.max(-1, value / scale)));
  });
  const score = (n: number, p: number) => scores[n]?.[p] ?? 0;
  return maps.map((_, image) =>
    pictureOf(height, width, (i) => {
      const p = image * area + i;
      return oklab(GRAY + LIGHT * score(0, p), COLOUR * score(1, p), COLOUR * score(2, p));
    }),
  );
}

/** Up to three directions of most variance of centred rows; each points where more channels grow, since its sign is arbitrary. */
function directionsOf(rows: Matrix): number[][] {
  const directions: number[][] = [];
  let rest = rows;
  for (let i = 0; i < Math.min(3, rows.columns, rows.rows); i++) {
    if (rest.norm() < 1e-9 * Math.max(rows.norm(), Number.MIN_VALUE) || rest.norm() === 0) break;
    const { w, xResidual } = new NIPALS(rest, POWER);
    const direction = w.to1DArray();
    const sign = direction.reduce((sum: number, value: number) => sum + value, 0) < 0 ? -1 : 1;
    directions.push(direction.map((value: number) => sign * value));
    rest = xResidual;
  }
  return directions;
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
