/** Ways to move away from a vector. */
import { randomVector } from '../../../src/inference/points.js';
import { principalComponents } from '../../../src/inference/principal.js';

/** Steps along the two directions, each from -1 to 1. */
export type Place = readonly [across: number, up: number];

export interface Ways {
  /** What one step adds; at right angles. */
  readonly directions: readonly [Float32Array, Float32Array];
  /** Of principal components: their numbers from 1, and their parts of the variance. */
  readonly components?: readonly [Numbered, Numbered];
}

interface Numbered {
  readonly number: number;
  readonly share: number;
}

/** Vectors from which directions are told; fewer would say more of single images than of what they have in common. */
export const ENOUGH = 8;
/** Components that are looked at, two by two. */
const MOST = 6;
/** Of the variance: rounding errors. */
const NOTHING = 1e-6;
/** Standard deviations of a step. */
export const DEVIATIONS = 2;

/**
 * The pairs of directions in which vectors differ most, the strongest first; none of too few vectors. There are no more than the
 * vectors have.
 */
export function principalWays(vectors: readonly Float32Array[]): readonly Ways[] {
  if (vectors.length < ENOUGH) return [];
  const components = principalComponents(vectors, Math.min(MOST, vectors[0]!.length))
    .filter(({ share }) => share > NOTHING)
    .map(({ direction, deviation, share }, i) => ({
      step: Float32Array.from(direction, (value) => DEVIATIONS * deviation * value),
      number: i + 1,
      share,
    }));
  return Array.from({ length: Math.floor(components.length / 2) }, (_, i) => {
    const [first, second] = [components[2 * i]!, components[2 * i + 1]!];
    return { directions: [first.step, second.step], components: [first, second] };
  });
}

/** Two directions of a seed, each as long as the vector; of a vector of one number, the second is none. */
export function randomWays(vector: Float32Array, seed: number): Ways {
  const length = Math.hypot(...vector) || 1;
  const first = scaled(randomVector(vector.length, seed, 0), length);
  const other = randomVector(vector.length, seed, 1);
  const share = other.reduce((sum, value, i) => sum + value * first[i]!, 0) / length ** 2;
  const rest = other.map((value, i) => value - share * first[i]!);
  return { directions: [first, Math.hypot(...rest) < 1e-6 ? rest.fill(0) : scaled(rest, length)] };
}

export const movedBy = (
  vector: Float32Array,
  { directions: [first, second] }: Ways,
  [across, up]: Place,
): Float32Array => vector.map((value, i) => value + across * first[i]! + up * second[i]!);

function scaled(vector: Float32Array, length: number): Float32Array {
  const own = Math.hypot(...vector);
  return vector.map((value) => (value / own) * length);
}
