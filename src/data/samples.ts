import { random } from '../random/index.js';
import { augment } from './augment/index.js';
import { ImageError } from './image-error.js';
import type { Decoded } from './pixels.js';
import { sharedBytes } from './shared-bytes.js';
import type { Failure, Item, Recipe, Reply, Task } from './task.js';
import { type Decoding, decodingFor, evaluationView, render, trainingView } from './transforms.js';

/** How a file becomes an image, wherever that happens; more may come than the part that is wanted. @throws ImageError for one that cannot be used */
export type Decode<File = string> = (
  file: File,
  options: Omit<Decoding, 'part'> & Partial<Decoding>,
) => Promise<Decoded>;

const shared = (image: Decoded): Decoded => {
  const data = sharedBytes(image.data.length);
  data.set(image.data);
  return { ...image, data };
};

/**
 * Makes one sample in `into`, [h, w, c]; returns the decoded image. All chance comes from (seed, epoch, index, repeat), and
 * how an image is decoded only from its size and that chance: the result is the same on any worker, with or without a cache.
 */
async function makeSample<File>(
  { index, repeat, file, image }: Item<File>,
  { recipe, decode, keep }: { readonly recipe: Recipe; readonly decode: Decode<File>; readonly keep: boolean },
  into: Uint8Array,
): Promise<Decoded> {
  const { preprocessing, augmentation, seed, epoch } = recipe;
  const stream = [seed, 'augment', epoch, index, ...(repeat > 0 ? [repeat] : [])];
  const viewOf = (full: Decoded['full']) =>
    augmentation
      ? trainingView(full, preprocessing, { augmentation, random: random(...stream) })
      : evaluationView(full, preprocessing);
  const { part, ...decoding } = decodingFor(viewOf, preprocessing);
  const isUsable = image && (file === undefined || image.reduction === decoding.reduction(image.full));
  const decoded = isUsable ? image : await decode(file as File, keep ? decoding : { ...decoding, part });
  render(decoded, { view: viewOf(decoded.full), preprocessing }, into);
  if (augmentation) {
    const { size, channels, mean = [0.5, 0.5, 0.5] } = preprocessing;
    augment({ data: into, height: size[0], width: size[1], channels }, augmentation, { stream, mean });
  }
  return decoded;
}

/** Fills free places of the task's batch with its items, in order, leaving out images that cannot be read. */
export async function fill<File>(
  { items, batch, recipe, keep, stop }: Task<File>,
  decode: Decode<File>,
): Promise<Reply> {
  const { size, channels } = recipe.preprocessing;
  const bytes = size[0] * size[1] * channels;
  const failures: Failure[] = [];
  const decoded: { index: number; image: Decoded }[] = [];
  for (const item of items) {
    if (Atomics.load(stop, 0) !== 0) break;
    const place = batch.count;
    try {
      const into = batch.images.subarray(place * bytes, (place + 1) * bytes);
      const image = await makeSample(item, { recipe, decode, keep }, into);
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
