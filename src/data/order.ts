/** In which order an epoch shows its images. */
import { permutation, random } from '../random/index.js';
import { type ShardSource, type Source, shardOf, sizeOf } from './source.js';

/** Images that a shuffle of shards mixes, where nobody says how many. */
export const SHUFFLE_BUFFER = 10_000;

export interface OrderOptions {
  readonly shuffle: boolean;
  readonly seed: number;
  readonly epoch: number;
  /**
   * Of shards: images among which one is drawn, default `SHUFFLE_BUFFER`. Shards come in a drawn order, each from its beginning
   * to its end, and no image is moved back by more than this many places: so few shards are read at a time. At least as many as there
   * are images: any order at all, as for other images.
   */
  readonly shuffleBuffer?: number | undefined;
}

/** Numbers of the images of `source` in the order of an epoch; undefined for their own. It depends on the options alone. */
export function orderOf(source: Source, options: OrderOptions): Uint32Array | undefined {
  const { shuffle, seed, epoch, shuffleBuffer = SHUFFLE_BUFFER } = options;
  if (!shuffle) return undefined;
  const length = sizeOf(source);
  if (source.kind !== 'shards' || shuffleBuffer >= length) return permutation(length, seed, 'shuffle', epoch);
  const stream = streamOf(source, shardOrder(source, options));
  const { integer } = random(seed, 'shuffle', epoch);
  return sorted(stream, length + shuffleBuffer, (place) => place + integer(shuffleBuffer));
}

/** The shards of `source` that it has images of, in the order in which they are wanted. */
export function shardOrder({ set, rows }: ShardSource, { shuffle, seed, epoch }: OrderOptions): readonly number[] {
  const count = set.shards.length;
  const wanted = new Uint8Array(count);
  for (const row of rows) wanted[shardOf(set, row)] = 1;
  const order = shuffle ? permutation(count, seed, 'shards', epoch) : Uint32Array.from({ length: count }, (_, i) => i);
  return [...order.filter((shard) => wanted[shard] === 1)];
}

/** The images as they come when shards are read one after the other, each from its beginning. */
function streamOf({ set, rows }: ShardSource, shards: readonly number[]): Uint32Array {
  const turn = new Uint32Array(set.shards.length);
  for (const [i, shard] of shards.entries()) turn[shard] = i;
  const numbers = Uint32Array.from(rows, (_, i) => i);
  return sorted(numbers, shards.length, (_, i) => turn[shardOf(set, rows[i] as number)] as number);
}

/** Sorts by whole numbers below `end`, equal ones staying in order: by counting, which takes a step for each. */
function sorted(values: Uint32Array, end: number, keyOf: (place: number, value: number) => number): Uint32Array {
  const keys = values.map((value, place) => keyOf(place, value));
  const starts = new Uint32Array(end + 1);
  for (const key of keys) starts[key + 1] = (starts[key + 1] as number) + 1;
  for (let key = 0; key < end; key++) starts[key + 1] = (starts[key + 1] as number) + (starts[key] as number);
  const result = new Uint32Array(values.length);
  for (const [place, key] of keys.entries()) {
    const at = starts[key] as number;
    result[at] = values[place] as number;
    starts[key] = at + 1;
  }
  return result;
}
