import { stat } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { folderError } from './folder-error.js';
import { EXTENSIONS, findImages, type Listing, list, naturally } from './image-files.js';
import type { FileSource, Found, SplitName } from './source.js';

/** What people call the splits, in lower case. */
export const SPLIT_NAMES: { readonly [folder: string]: SplitName } = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
  testing: 'test',
};

const LAYOUT =
  'expected a folder for each class: DATA/train/<class>/*.jpg with DATA/val/<class>/*.jpg, or DATA/<class>/*.jpg';

type Folders = { readonly [Split in SplitName]?: string };

/**
 * The folder of each split, or undefined when the folders are classes. A class may be called 'train' among other vehicles:
 * it takes a second split, or the absence of anything else, to make it one.
 */
function splitFolders(root: string, folders: readonly string[]): { found: Folders; strangers: string[] } | undefined {
  const found: { [Split in SplitName]?: string } = {};
  const strangers: string[] = [];
  for (const folder of folders) {
    const split = SPLIT_NAMES[folder.toLowerCase()];
    if (!split) strangers.push(folder);
    else if (found[split] === undefined) found[split] = folder;
    else throw new UserError(`${root} has both ${found[split]}/ and ${folder}/ for the same split; keep one of them.`);
  }
  const known = folders.length - strangers.length;
  if (known === 0 || (known === 1 && strangers.length > 0)) return undefined;
  if (found.train === undefined)
    throw new UserError(
      `${root} has ${folders.map((folder) => `${folder}/`).join(' and ')} but no train/. Add train/, or give the folder inside.`,
    );
  return { found, strangers };
}

const none = (root: string, others: number) =>
  new UserError(
    `${root} holds no images: expected files ending in ${EXTENSIONS}, found ${others === 0 ? 'no files' : `${others} other files`}.`,
  );

/** Every image below `root`, whatever folder it is in. */
async function unlabelled(root: string): Promise<FileSource> {
  const { images, others } = await findImages(root);
  if (images.length === 0) throw none(root, others);
  return { kind: 'files', root, paths: images.sort() };
}

interface Labelled {
  readonly source: FileSource & { labels: Int32Array };
  readonly classes: readonly string[];
  readonly warnings: readonly string[];
}

/** The images of each class folder in `root`, ids in the order of their names. */
async function labelled(root: string, { folders, images }: Listing): Promise<Labelled> {
  if (folders.length === 0)
    throw new UserError(`${root}: ${LAYOUT}. Found ${images.length} images and no folders in it.`);
  const paths: string[] = [];
  const counts: number[] = [];
  const warnings =
    images.length > 0 ? [`${root}: the ${images.length} images beside the class folders are not used.`] : [];
  let others = 0;
  for (const folder of folders) {
    const inside = await findImages(`${root}/${folder}`);
    for (const image of inside.images.sort()) paths.push(`${folder}/${image}`);
    counts.push(inside.images.length);
    others += inside.others;
    if (inside.images.length === 0) warnings.push(`Class '${folder}' has no images in ${root}/${folder}.`);
  }
  if (paths.length === 0) throw none(root, others);
  const labels = Int32Array.from(counts.flatMap((count, label) => new Array<number>(count).fill(label)));
  return { source: { kind: 'files', root, paths, labels }, classes: folders, warnings };
}

/** @throws UserError naming the classes that one split has and the other lacks */
function checkSameClasses(train: Labelled, other: Labelled): void {
  const lacking = (from: Labelled, classes: readonly string[]) =>
    classes.filter((name) => !from.classes.includes(name));
  const [missing, extra] = [lacking(other, train.classes), lacking(train, other.classes)];
  if (missing.length === 0 && extra.length === 0) return;
  const parts = [
    ...(missing.length > 0 ? [`${missing.join(', ')} missing`] : []),
    ...(extra.length > 0 ? [`${extra.join(', ')} not among the training classes`] : []),
  ];
  throw new UserError(
    `${other.source.root} must have the same class folders as ${train.source.root}, but: ${parts.join('; ')}. Add an empty folder where a class has no images.`,
  );
}

/**
 * Reads an image folder: `split/class/` or `class/`, or for `reconstruct` any images with or without splits.
 * @throws UserError when it has another shape, fewer than two classes or no images
 */
export async function imageFolder(root: string, listing: Listing, task: 'classify' | 'reconstruct'): Promise<Found> {
  const splits = splitFolders(root, listing.folders);
  const strange = splits?.strangers.map((name) => `${root}/${name} is no split and is not used.`) ?? [];
  const folders: Folders = Object.fromEntries(
    Object.entries(splits?.found ?? {}).map(([split, folder]) => [split, `${root}/${folder}`]),
  );
  if (task === 'reconstruct') {
    const sources = await each(folders, unlabelled);
    return { classes: [], splits: { ...sources, train: sources.train ?? (await unlabelled(root)) }, warnings: strange };
  }
  const parts = await each(folders, async (folder) => labelled(folder, await list(folder)));
  const train = parts.train ?? (await labelled(root, listing));
  const { classes } = train;
  if (classes.length < 2)
    throw new UserError(
      `${train.source.root}: a classifier needs at least two classes, but there is only '${classes[0]}'; ${LAYOUT}.`,
    );
  const others = [parts.validation, parts.test].filter((part) => part !== undefined);
  for (const other of others) checkSameClasses(train, other);
  const sources = Object.fromEntries(Object.entries(parts).map(([split, { source }]) => [split, source]));
  return {
    classes,
    splits: { ...sources, train: train.source },
    warnings: [...strange, ...[train, ...others].flatMap(({ warnings }) => warnings)],
  };
}

/** Applies `read` to the folder of each split, one after the other. */
async function each<T>(folders: Folders, read: (folder: string) => Promise<T>): Promise<{ [Split in SplitName]?: T }> {
  const results: { [Split in SplitName]?: T } = {};
  for (const [split, folder] of Object.entries(folders)) results[split as SplitName] = await read(folder);
  return results;
}

/**
 * Files as they are named, folders as the images in them in natural order.
 * @throws UserError when a path cannot be read or a folder holds no images
 */
export async function looseImages(paths: readonly string[]): Promise<string[]> {
  const all: string[] = [];
  for (const path of paths) {
    const kind = await stat(path).catch((error) => {
      throw folderError(path, error);
    });
    if (!kind.isDirectory()) {
      all.push(path);
      continue;
    }
    const { images, others } = await findImages(path);
    if (images.length === 0) throw none(path, others);
    for (const image of images.sort(naturally)) all.push(`${path.replace(/\/+$/, '')}/${image}`);
  }
  if (all.length === 0) throw new UserError('Expected images or folders of images, but no path was given.');
  return all;
}
