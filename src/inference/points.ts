/** Places in the space of vectors that a model makes images of, and ways between them; no engine is needed, so pages have them too. */
import { UserError } from '../errors.js';
import { random } from '../random/index.js';

/** What is known of the vectors of a model. */
export interface Space {
  /** Length of its vectors. */
  readonly latent: number;
  /** Names of the classes of which it makes images; none where it knows no classes. */
  readonly classes: readonly string[];
}

/** Where in its space of vectors an image lies. */
export interface Point {
  /** [latent] */
  readonly vector: Float32Array;
  /** Number of the class, of models that know classes. */
  readonly class?: number | undefined;
}

/**
 * What a decoder is fed for a point: [latent + classes], the class one-hot behind the vector.
 * @throws UserError for points that lack a class, or of another length
 */
export function rowOf({ vector, class: number }: Point, { latent, classes }: Space) {
  if (vector.length !== latent) throw new UserError(`expected vectors of ${latent}, got one of ${vector.length}`);
  if (classes.length > 0 && classes[number ?? -1] === undefined)
    throw new UserError(
      `this model makes images of a class: expected one of 0 to ${classes.length - 1}, got ${number}`,
    );
  const row = new Float32Array(latent + classes.length);
  row.set(vector);
  if (classes.length > 0) row[latent + number!] = 1;
  return row;
}

/** The vector number `index` of a seed: standard normal, whatever is drawn beside it. */
export function randomVector(length: number, seed: number, index: number): Float32Array {
  const { normal } = random(seed, 'latent', index);
  return Float32Array.from({ length }, normal);
}

interface Drawing {
  readonly count: number;
  readonly seed: number;
  /** Number of the class of all; by default one class after the other. */
  readonly class?: number | undefined;
}

/** Points to sample at: fewer are the first of more. */
export const randomPoints = ({ latent, classes }: Space, { count, seed, class: only }: Drawing): readonly Point[] =>
  Array.from({ length: count }, (_, i) => ({
    vector: randomVector(latent, seed, i),
    ...(classes.length > 0 && { class: only ?? i % classes.length }),
  }));

/**
 * From a (0) to b (1) along the great circle, with lengths in between: Shoemake 1985, and White 2016, section 3.1,
 * https://arxiv.org/abs/1609.04468. Normal vectors lie near a sphere, inside of which a straight line would lead.
 */
export function spherical(a: Float32Array, b: Float32Array, share: number): Float32Array {
  const norm = (v: Float32Array) => Math.hypot(...v);
  const product = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const angle = Math.acos(Math.min(1, Math.max(-1, product / Math.max(norm(a) * norm(b), Number.MIN_VALUE))));
  const sine = Math.sin(angle);
  const straight = sine < 1e-6;
  const [left, right] = straight
    ? [1 - share, share]
    : [Math.sin((1 - share) * angle) / sine, Math.sin(share * angle) / sine];
  return a.map((value, i) => left * value + right * b[i]!);
}
