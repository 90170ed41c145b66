import { random } from '../random/index.js';
import { type Decoded, decodeImage, ImageError } from './decode.js';
import {
  type Augmentation,
  evaluationView,
  type Preprocessing,
  reductionFor,
  render,
  trainingView,
} from './transforms.js';

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

/** One image to be made a sample: from a file, or decoded already. */
export interface Item {
  readonly index: number;
  readonly label: number;
  readonly file?: string;
  readonly image?: Decoded;
}

/** Items for the free places of a batch. */
export interface Task {
  readonly items: readonly Item[];
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

const shared = (image: Decoded): Decoded => {
  const data = new Uint8Array(new SharedArrayBuffer(image.data.length));
  data.set(image.data);
  return { ...image, data };
};

/**
 * Makes one sample in `into`, [h, w, c]; returns the decoded image. All chance comes from (seed, epoch, index), and how an
 * image is decoded only from its size and that chance: the result is the same on any worker, and with or without a cache.
 */
async function makeSample({ index, file, image }: Item, recipe: Recipe, into: Uint8Array): Promise<Decoded> {
  const { preprocessing, augmentation, seed, epoch } = recipe;
  const viewOf = (full: Decoded['full']) =>
    augmentation
      ? trainingView(full, preprocessing, { augmentation, random: random(seed, 'augment', epoch, index) })
      : evaluationView(full, preprocessing);
  const reduction = (full: Decoded['full']) => reductionFor(viewOf(full).box, preprocessing.size);
  const usable = image && (file === undefined || image.reduction === reduction(image.full)) ? image : undefined;
  const decoded = usable ?? (await decodeImage(file as string, { channels: preprocessing.channels, reduction }));
  render(decoded, { view: viewOf(decoded.full), preprocessing }, into);
  return decoded;
}

/** Fills free places of the task's batch with its items, in order, leaving out images that cannot be read. */
export async function fill({ items, batch, recipe, keep, stop }: Task): Promise<Reply> {
  const { size, channels } = recipe.preprocessing;
  const bytes = size[0] * size[1] * channels;
  const failures: Failure[] = [];
  const decoded: { index: number; image: Decoded }[] = [];
  for (const item of items) {
    if (Atomics.load(stop, 0) !== 0) break;
    const place = batch.count;
    try {
      const image = await makeSample(item, recipe, batch.images.subarray(place * bytes, (place + 1) * bytes));
      if (keep && image !== item.image) decoded.push({ index: item.index, image: shared(image) });
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      failures.push({ index: item.index, reason: error.reason });
      continue;
    }
    batch.labels[place] = item.label;
    batch.indices[place] = item.index;
    batch.count++;
  }
  return { batch, failures, decoded };
}
