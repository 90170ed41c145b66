import { basename, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { CIFAR } from './cifar.js';
import { IDX } from './idx.js';
import { list } from './image-files.js';
import { imageFolder, looseImages } from './image-folder.js';
import { type Dataset, dataset, type Splits } from './numbered.js';
import { openShards, SHARDS, type ShardOptions } from './shards/index.js';
import { isShards, shardsName } from './shards/pattern.js';
import type { Found, Source } from './source.js';
import { holdOut } from './split.js';

export { type Dataset, dataset, type Splits } from './numbered.js';
export type { FileSource, RasterSource, Source } from './source.js';

export interface OpenOptions {
  /**
   * Share of the training images set aside where the folder brings no validation or test images of its own, default 0.2.
   * 0 sets nothing aside: validation is then the training set itself, which is what judging a model on a whole folder needs.
   */
  readonly validationFraction?: number;
  /** Decides which images are set aside, default 0. */
  readonly seed?: number;
  /** 'classify' (default) needs labels; 'reconstruct' takes any images and ignores what classes they are in. */
  readonly task?: 'classify' | 'reconstruct';
  /** Of shards: where they are kept, and how long a server may take. */
  readonly shards?: Omit<ShardOptions, 'task'>;
}

/**
 * Opens the folder `path`, whichever of the known kinds it is:
 * - images in `split/class/` (splits train or training; val, valid or validation; test or testing) or in `class/`;
 *   for `task: 'reconstruct'` any folder with images in it, at any depth;
 * - IDX files under MNIST's official names, gzipped or not;
 * - CIFAR-10 or CIFAR-100 in the binary version;
 * - tar shards, which may also be named by a pattern such as `shard-{000000..000127}.tar`, of paths or addresses.
 *
 * Classes are ordered as torchvision's ImageFolder orders them. A test split takes the place of a missing validation split.
 * @throws UserError when the path is missing or unreadable, holds no images, or its classes do not fit each other
 */
export async function openData(path: string, options: OpenOptions = {}): Promise<Splits> {
  const { validationFraction = 0.2, seed = 0, task = 'classify' } = options;
  if (!(validationFraction >= 0 && validationFraction < 1))
    throw new UserError(`The validation fraction must be at least 0 and below 1, but is ${validationFraction}.`);
  const chosen = { validationFraction, seed };
  if (isShards(path)) return complete(shardsName(path), await openShards(path, { ...options.shards, task }), chosen);
  const root = path.replace(/(?<=.)\/+$/, '');
  const listing = await list(root);
  const format = [IDX, ...CIFAR, SHARDS].find(({ recognises }) => recognises(listing));
  const found = format ? await format.read(root, listing.others, task) : await imageFolder(root, listing, task);
  return complete(basename(resolve(root)), found, chosen);
}

/**
 * Images named one by one or by their folders (searched at any depth, in natural order: 2.jpg before 10.jpg), unlabelled; or those
 * of shards, named by one pattern.
 * @throws UserError when a path is missing or unreadable, a folder holds no images, or a shard is missing
 */
export async function openImages(paths: readonly string[]): Promise<Dataset> {
  const shards = paths.find(isShards);
  if (shards !== undefined && paths.length > 1)
    throw new UserError(`Expected images and folders, or one pattern of shards, but ${shards} came among others.`);
  if (shards !== undefined) {
    const { splits } = await openShards(shards, { task: 'reconstruct', strict: true });
    return dataset(shardsName(shards), splits.train);
  }
  return dataset('images', { kind: 'files', root: '', paths: await looseImages(paths) });
}

/** Fills in the validation split where the folder brought none. */
function complete(
  name: string,
  { classes, splits, warnings }: Found,
  { validationFraction, seed }: { validationFraction: number; seed: number },
): Splits {
  const named = (split: string, source: Source) => dataset(`${name} ${split}`, source, classes);
  const { train, test } = splits;
  const validation = splits.validation ?? test;
  if (validation)
    return {
      train: named('train', train),
      validation: named(splits.validation ? 'validation' : 'test', validation),
      ...(splits.validation && test && { test: named('test', test) }),
      warnings,
    };
  if (validationFraction === 0) {
    const all = named('train', train);
    return { train: all, validation: all, warnings };
  }
  const parts = holdOut(train, { fraction: validationFraction, seed });
  return { train: named('train', parts.train), validation: named('validation', parts.validation), warnings };
}
