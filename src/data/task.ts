/** What goes to a worker and comes back: without the decoder itself, which only workers load. */
import type { Decoded } from './pixels.js';
import type { Augmentation, Preprocessing } from './transforms.js';

/** What a network is fed at once. */
export interface Batch {
  /** [n, h, w, c], 0 to 255. */
  readonly images: Uint8Array;
  /** [n] class ids, -1 when unlabelled. */
  readonly labels: Int32Array;
  /** [n] numbers of the images in their dataset. */
  readonly indices: Int32Array;
  /** Valid samples; the rest are zeros with label and index -1. */
  count: number;
}

/** How all samples of an epoch are made. */
export interface Recipe {
  readonly preprocessing: Preprocessing;
  /** Absent: the centre, as in evaluation. */
  readonly augmentation?: Augmentation;
  readonly seed: number;
  readonly epoch: number;
}

/** A stretch of an open file, good in every thread. */
export interface Stretch {
  readonly fd: number;
  readonly offset: number;
  readonly length: number;
}

/** One image to be made a sample: from a file or a part of one, or decoded already. */
export interface Item<File = string | Stretch> {
  readonly index: number;
  readonly label: number;
  /** Which of the image's times in the epoch's order it is, from 0. */
  readonly repeat: number;
  readonly file?: File;
  readonly image?: Decoded;
}

/** Items for the free places of a batch. */
export interface Task<File = string | Stretch> {
  readonly items: readonly Item<File>[];
  readonly batch: Batch;
  readonly recipe: Recipe;
  /** Whether to return the images that had to be decoded, on shared memory. */
  readonly keep: boolean;
  /** [1] shared; no longer 0 when nobody waits for the batch any more. */
  readonly stop: Int32Array;
}

export interface Failure {
  readonly index: number;
  readonly reason: string;
  /** What is broken, where that is more than this image. */
  readonly file?: string;
}

export interface Reply {
  readonly batch: Batch;
  readonly failures: readonly Failure[];
  readonly decoded: readonly { readonly index: number; readonly image: Decoded }[];
}

/** A batch of `size` free places. */
export function emptyBatch(size: number, { size: [height, width], channels }: Preprocessing): Batch {
  return {
    images: new Uint8Array(size * height * width * channels),
    labels: new Int32Array(size).fill(-1),
    indices: new Int32Array(size).fill(-1),
    count: 0,
  };
}
