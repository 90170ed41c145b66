/**
 * A counter-based random generator: every draw is a pure function of (seed, stream, counter), so results never depend on
 * the number of workers, on the order of work or on what was drawn elsewhere, and resuming means setting a counter.
 *
 * Mixing: the 32-bit finaliser of MurmurHash3 applied to a Weyl sequence, the construction of SplitMix
 * (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, section 3).
 */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number;
  /** Uniform integer in [0, below). */
  integer(below: number): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
}

const mix = (x: number): number => {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

/** Folds numbers and strings into one 32-bit key. */
const keyOf = (parts: readonly (number | string)[]): number => {
  let key = 0x9e3779b9;
  const fold = (n: number) => {
    key = mix(key ^ mix((n | 0) + 0x7f4a7c15));
  };
  for (const part of parts) {
    if (typeof part === 'number') {
      fold(part);
      fold(Math.floor(part / 2 ** 32));
    } else for (let i = 0; i < part.length; i++) fold(part.charCodeAt(i));
    fold(0x5bd1e995); // a separator: ['ab', 'c'] and ['a', 'bc'] are different streams
  }
  return key;
};

/** An independent stream named by its parts, for example `random(seed, 'augment', epoch, index)`. */
export function random(...stream: readonly (number | string)[]): Random {
  const key = keyOf(stream);
  const second = mix(key ^ 0x68e31da4);
  let counter = 0;
  const next = () => mix((mix((key + Math.imul(++counter, 0x9e3779b9)) | 0) + second) | 0);
  const uniform = () => next() / 2 ** 32;
  return {
    uniform,
    integer: (below) => Math.floor(uniform() * below),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/** The numbers 0 … length - 1 in an order fixed by the stream (Fisher-Yates). */
export function permutation(length: number, ...stream: readonly (number | string)[]): Uint32Array {
  const { integer } = random(...stream);
  const order = Uint32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = integer(i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}
