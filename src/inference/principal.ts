/** Principal components, of feature maps and of vectors: the few directions in which positions, or vectors, differ most. */
import { random } from '../random/index.js';
import type { Features } from './layers.js';

/** Positions from which directions are told, evenly spread: more would change them little. */
const SEEN = 1024;
/** Rounds of subspace iteration; what has not settled by then are directions of nearly equal variance, either of which will do. */
const ROUNDS = 40;
/** Beside the first, a direction of less than this says rounding errors. */
const NOTHING = 1e-9;

/**
 * How far each position of maps [c, h, w] lies from the mean along the `count` directions of most variance, [images * h * w] each, by
 * subspace iteration (Golub & Van Loan, "Matrix Computations", section 8.2.4): a full decomposition of 2,048 channels would take
 * minutes. Each direction points where more channels grow, since its sign is arbitrary. Where there are fewer directions, zeros.
 */
export function principalScores(maps: readonly Features[], count: number): readonly Float64Array[] {
  const [channels, height, width] = maps[0]!.shape as readonly [number, number, number];
  const area = height * width;
  const total = maps.length * area;
  const seen = Math.min(total, SEEN);
  const rows = Array.from({ length: seen }, (_, i) => {
    const position = Math.floor((i * total) / seen);
    const { data } = maps[Math.floor(position / area)]!;
    return Float64Array.from({ length: channels }, (_, c) => data[c * area + (position % area)]!);
  });
  const mean = centred(rows);
  return directionsOf(rows, count).map((direction) => {
    const scores = new Float64Array(total);
    for (const [image, { data }] of maps.entries())
      for (let c = 0; c < channels; c++)
        for (let i = 0; i < area; i++) scores[image * area + i]! += direction[c]! * (data[c * area + i]! - mean[c]!);
    return scores;
  });
}

/** A direction in which vectors differ. */
export interface Component {
  /** [d], of length 1; zeros where the vectors have no more directions to differ in. */
  readonly direction: Float64Array;
  /** Standard deviation of the vectors along it. */
  readonly deviation: number;
  /** Its part of the variance of all directions, from 0 to 1. */
  readonly share: number;
}

/** The `count` directions in which vectors [d] differ most, the strongest first, at right angles. */
export function principalComponents(vectors: readonly ArrayLike<number>[], count: number): readonly Component[] {
  const rows = vectors.map((vector) => Float64Array.from(vector));
  centred(rows);
  const whole = rows.reduce((sum, row) => sum + dot(row, row), 0);
  return directionsOf(rows, count).map((direction) => {
    const own = rows.reduce((sum, row) => sum + dot(row, direction) ** 2, 0);
    return { direction, deviation: Math.sqrt(own / rows.length), share: whole > 0 ? own / whole : 0 };
  });
}

/** Takes their mean from rows, in place. @returns the mean */
function centred(rows: readonly Float64Array[]): Float64Array {
  const mean = new Float64Array(rows[0]!.length);
  for (const row of rows) for (let i = 0; i < mean.length; i++) mean[i]! += row[i]! / rows.length;
  for (const row of rows) for (let i = 0; i < mean.length; i++) row[i]! -= mean[i]!;
  return mean;
}

/** Orthonormal directions of most variance of centred rows, the strongest first. */
function directionsOf(rows: readonly Float64Array[], count: number): readonly Float64Array[] {
  const { length } = rows[0]!;
  let directions: Float64Array[] = Array.from({ length: count }, (_, i) => {
    const { normal } = random(0, 'principal', i);
    return Float64Array.from({ length }, normal);
  });
  for (let round = 0; round < ROUNDS; round++) directions = orthonormal(directions.map((v) => spread(rows, v)));
  return directions.map((v) => (v.reduce((sum, value) => sum + value, 0) < 0 ? v.map((value) => -value) : v));
}

/** X' X v of rows X. */
function spread(rows: readonly Float64Array[], v: Float64Array): Float64Array {
  const made = new Float64Array(v.length);
  for (const row of rows) {
    const amount = dot(row, v);
    for (let i = 0; i < v.length; i++) made[i]! += amount * row[i]!;
  }
  return made;
}

/** Gram-Schmidt; what is left of a vector that those before it make up becomes zero. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const largest = Math.sqrt(dot(vectors[0]!, vectors[0]!));
  const made: Float64Array[] = [];
  for (const vector of vectors) {
    const rest = vector.slice();
    for (const other of made) {
      const share = dot(rest, other);
      for (let i = 0; i < rest.length; i++) rest[i]! -= share * other[i]!;
    }
    const norm = Math.sqrt(dot(rest, rest));
    made.push(norm > NOTHING * largest ? rest.map((value) => value / norm) : rest.fill(0));
  }
  return made;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
