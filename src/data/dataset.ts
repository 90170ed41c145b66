import { basename, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { CIFAR } from './cifar.js';
import { IDX } from './idx.js';
import { list } from './image-files.js';
import { imageFolder, looseImages } from './image-folder.js';
import { type Dataset, dataset, type Splits } from './numbered.js';
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
}

/**
 * Opens the folder `path`, whichever of the known kinds it is:
 * - images in `split/class/` (splits train or training; val, valid or validation; test or testing) or in `class/`;
 *   for `task: 'reconstruct'` any folder with images in it, at any depth;
 * - IDX files under MNIST's official names, gzipped or not;
 * - CIFAR-10 or CIFAR-100 in the binary version.
 *
 * Classes are ordered as torchvision's ImageFolder orders them. A test split takes the place of a missing validation split.
 * @throws UserError when the path is missing or unreadable, holds no images, or its classes do not fit each other
 */
export async function openData(path: string, options: OpenOptions = {}): Promise<Splits> {
  const { validationFraction = 0.2, seed = 0, task = 'classify' } = options;
  if (!(validationFraction >= 0 && validationFraction < 1))
    throw new UserError(`The validation fraction must be at least 0 and below 1, but is ${validationFraction}.`);
  const root = path.replace(/(?<=.)\/+$/, '');
  const listing = await list(root);
  const format = [IDX, ...CIFAR].find(({ recognises }) => recognises(listing.others));
  const found = format ? await format.read(root, listing.others) : await imageFolder(root, listing, task);
  return complete(basename(resolve(root)), found, { validationFraction, seed });
}

/**
 * Images named one by one or by their folders (searched at any depth, in natural order: 2.jpg before 10.jpg), unlabelled.
 * @throws UserError when a path is missing or unreadable, or a folder holds no images
 */
export async function openImages(paths: readonly string[]): Promise<Dataset> {
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
