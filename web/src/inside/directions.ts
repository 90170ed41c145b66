/** Ways to move away from a vector. */
import { randomVector } from '../../../src/inference/points.js';

/** Steps along the two directions, each from -1 to 1. */
export type Place = readonly [across: number, up: number];

/** Two directions of a seed at right angles, each as long as the vector; of a vector of one number, the second is none. */
export function directionsAround(vector: Float32Array, seed: number): readonly [Float32Array, Float32Array] {
  const length = Math.hypot(...vector) || 1;
  const first = scaled(randomVector(vector.length, seed, 0), length);
  const other = randomVector(vector.length, seed, 1);
  const share = other.reduce((sum, value, i) => sum + value * first[i]!, 0) / length ** 2;
  const rest = other.map((value, i) => value - share * first[i]!);
  return [first, Math.hypot(...rest) < 1e-6 ? rest.fill(0) : scaled(rest, length)];
}

export const movedBy = (
  vector: Float32Array,
  [first, second]: readonly [Float32Array, Float32Array],
  [across, up]: Place,
): Float32Array => vector.map((value, i) => value + across * first[i]! + up * second[i]!);

function scaled(vector: Float32Array, length: number): Float32Array {
  const own = Math.hypot(...vector);
  return vector.map((value) => (value / own) * length);
}
