/** Where images come from: plain data, without behaviour. */
import { sharedBytes } from './shared-bytes.js';

export type Source = FileSource | RasterSource;

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
export const sizeOf = (source: Source): number =>
  source.kind === 'files' ? source.paths.length : source.pixels.length / imageBytes(source);

/** Bytes of one image: h * w * c. */
export const imageBytes = ({ height, width, channels }: RasterSource): number => height * width * channels;

/** The path by which file `index` is opened. */
export const filePath = ({ root, paths }: FileSource, index: number): string =>
  root === '' ? (paths[index] as string) : `${root}/${paths[index]}`;

/** What to call image `index` before a person: its file, or 'cifar10 test #17'. */
export const describe = (source: Source, index: number): string =>
  source.kind === 'files' ? filePath(source, index) : `${source.name} #${index}`;

/** The images `indices` of `source`, in that order. */
export function subset(source: Source, indices: readonly number[]): Source {
  const labels = source.labels && { labels: Int32Array.from(indices, (i) => source.labels?.[i] as number) };
  if (source.kind === 'files') return { ...source, paths: indices.map((i) => source.paths[i] as string), ...labels };
  const bytes = imageBytes(source);
  const pixels = sharedBytes(indices.length * bytes);
  for (const [to, from] of indices.entries())
    pixels.set(source.pixels.subarray(from * bytes, (from + 1) * bytes), to * bytes);
  return { ...source, pixels, ...labels };
}
