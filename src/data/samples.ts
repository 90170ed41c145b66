import { random } from '../random/index.js';
import { augment } from './augment/index.js';
import { ImageError } from './image-error.js';
import type { Decoded, Reduction, Size } from './pixels.js';
import { sharedBytes } from './shared-bytes.js';
import type { Failure, Item, Recipe, Reply, Task } from './task.js';
import { evaluationView, reductionFor, render, trainingView } from './transforms.js';

/** How a file becomes an image, wherever that happens. @throws ImageError for one that cannot be used */
export type Decode<File = string> = (
  file: File,
  options: { readonly channels: 1 | 3; readonly reduction: (full: Size) => Reduction },
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
  { recipe, decode }: { readonly recipe: Recipe; readonly decode: Decode<File> },
  into: Uint8Array,
): Promise<Decoded> {
  const { preprocessing, augmentation, seed, epoch } = recipe;
  const stream = [seed, 'augment', epoch, index, ...(repeat > 0 ? [repeat] : [])];
  const viewOf = (full: Decoded['full']) =>
    augmentation
      ? trainingView(full, preprocessing, { augmentation, random: random(...stream) })
      : evaluationView(full, preprocessing);
  const reduction = (full: Decoded['full']) => reductionFor(viewOf(full).box, preprocessing.size);
  const usable = image && (file === undefined || image.reduction === reduction(image.full)) ? image : undefined;
  const decoded = usable ?? (await decode(file as File, { channels: preprocessing.channels, reduction }));
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
      const image = await makeSample(item, { recipe, decode }, into);
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
