/** Where images come from: plain data, without behaviour. */

import type { CacheOptions } from './shards/cache.js';
import { type Names, nameAt } from './shards/names.js';
import { sharedBytes } from './shared-bytes.js';

export type Source = FileSource | RasterSource | ShardSource;

/** Image files, decoded when they are needed. */
export interface FileSource {
  readonly kind: 'files';
  /** The folder that all paths are relative to; '' when they stand for themselves. */
  readonly root: string;
  /** One string per file: all that is held of an image before its turn comes. */
  readonly paths: readonly string[];
  /** [n] one class id each; absent when unlabelled. */
  readonly labels?: Int32Array;
}

/** Pixels that are in memory already, shared by all workers. */
export interface RasterSource {
  readonly kind: 'raster';
  readonly name: string;
  /** [n, h, w, c] on a SharedArrayBuffer. */
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** [n] one class id each; absent when unlabelled. */
  readonly labels?: Int32Array;
}

/** Images in tar archives, read where they lie: 20 bytes and a name for each. */
export interface ShardSource {
  readonly kind: 'shards';
  readonly set: ShardSet;
  /** [n] numbers of the images in the set. */
  readonly rows: Uint32Array;
  /** [n] one class id each; absent when unlabelled. */
  readonly labels?: Int32Array;
}

/** All samples of some shards, one shard behind the other. */
export interface ShardSet {
  readonly shards: readonly Shard[];
  /** [shards + 1] which sample each begins with, and how many there are. */
  readonly starts: Uint32Array;
  /** [samples] first byte of each image in its shard. */
  readonly offsets: Float64Array;
  /** [samples] bytes of each. */
  readonly lengths: Uint32Array;
  /** [samples] */
  readonly keys: Names;
  /** Where shards of servers are kept. */
  readonly cache: CacheOptions;
}

export interface Shard {
  readonly name: string;
  /** Path or address. */
  readonly at: string;
  /** Of the whole archive. */
  readonly bytes: number;
}

/** A stretch of a shard. */
export interface Piece {
  /** Its number in the set. */
  readonly shard: number;
  readonly offset: number;
  readonly length: number;
}

/** The parts of a data set, by the names this project uses for them. */
export type SplitName = 'train' | 'validation' | 'test';

/** What reading a folder yields, before anything is set aside for validation. */
export interface Found {
  /** Class names by id; empty when unlabelled. */
  readonly classes: readonly string[];
  readonly splits: { readonly train: Source } & { readonly [Split in SplitName]?: Source };
  readonly warnings: readonly string[];
}

/** Number of images in `source`. */
export function sizeOf(source: Source): number {
  if (source.kind === 'files') return source.paths.length;
  return source.kind === 'shards' ? source.rows.length : source.pixels.length / imageBytes(source);
}

/** Bytes of one image: h * w * c. */
export const imageBytes = ({ height, width, channels }: RasterSource): number => height * width * channels;

/** The path by which file `index` is opened. */
export const filePath = ({ root, paths }: FileSource, index: number): string =>
  root === '' ? (paths[index] as string) : `${root}/${paths[index]}`;

/** Number of the shard that a sample of `set` is in: the last that does not begin behind it. */
export function shardOf({ starts }: ShardSet, row: number): number {
  let [low, high] = [0, starts.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] as number) <= row) low = middle;
    else high = middle;
  }
  return low;
}

/** Where image `index` lies. */
export function pieceOf({ set, rows }: ShardSource, index: number): Piece {
  const row = rows[index] as number;
  return { shard: shardOf(set, row), offset: set.offsets[row] as number, length: set.lengths[row] as number };
}

/** `photos-000012.tar/rose/17`; keys come from outside, so what would move a cursor is left out. */
function sampleName({ set, rows }: ShardSource, index: number): string {
  const row = rows[index] as number;
  return `${set.shards[shardOf(set, row)]?.name}/${nameAt(set.keys, row).replace(/\p{Cc}/gu, '?')}`;
}

/** What to call image `index` before a person: its file, 'cifar10 test #17', or its shard and its key. */
export function describe(source: Source, index: number): string {
  if (source.kind === 'files') return filePath(source, index);
  return source.kind === 'shards' ? sampleName(source, index) : `${source.name} #${index}`;
}

/** The images `indices` of `source`, in that order. */
export function subset(source: Source, indices: readonly number[] | Uint32Array): Source {
  const labels = source.labels && { labels: Int32Array.from(indices, (i) => source.labels?.[i] as number) };
  if (source.kind === 'files')
    return { ...source, paths: Array.from(indices, (i) => source.paths[i] as string), ...labels };
  if (source.kind === 'shards')
    return { ...source, rows: Uint32Array.from(indices, (i) => source.rows[i] as number), ...labels };
  const bytes = imageBytes(source);
  const pixels = sharedBytes(indices.length * bytes);
  for (const [to, from] of indices.entries())
    pixels.set(source.pixels.subarray(from * bytes, (from + 1) * bytes), to * bytes);
  return { ...source, pixels, ...labels };
}
