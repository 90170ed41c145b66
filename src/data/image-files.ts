import type { Dirent } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { folderError } from './folder-error.js';

const IMAGE = /\.(jpe?g|png|webp|gif|avif|tiff?)$/i;
/** How a person would write the extensions above. */
export const EXTENSIONS = 'jpg, jpeg, png, webp, gif, avif, tif or tiff';

/** Whether a file is an image, by its ending. */
export const isImage = (name: string): boolean => IMAGE.test(name);

/** Left by systems and archivers, never meant: .DS_Store, ._photo.jpg, __MACOSX. */
const hidden = (name: string) => name.startsWith('.') || name === '__MACOSX';

/** Python's order of strings, by code point: for class names, since ids follow from their order. */
export const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

let collator: Intl.Collator | undefined;
/** 2.jpg before 10.jpg. */
export function naturally(a: string, b: string): number {
  collator ??= new Intl.Collator('en', { numeric: true }); // takes 10 ms, which not every command needs
  return collator.compare(a, b) || byCodePoint(a, b);
}

/** What one folder holds, links followed. */
export interface Listing {
  /** Image files by extension. */
  readonly images: string[];
  /** Folders, sorted. */
  readonly folders: string[];
  /** Other files. */
  readonly others: string[];
}

/** A link that leads nowhere counts as a file: opening it will say what is wrong. */
const isFolder = async (folder: string, entry: Dirent): Promise<boolean> =>
  entry.isSymbolicLink()
    ? stat(`${folder}/${entry.name}`).then(
        (target) => target.isDirectory(),
        () => false,
      )
    : entry.isDirectory();

/**
 * Lists one folder, a thousand entries at a time, so that a million files cost no more than their names.
 * @throws UserError when it cannot be read
 */
export async function list(folder: string): Promise<Listing> {
  const images: string[] = [];
  const folders: string[] = [];
  const others: string[] = [];
  try {
    for await (const entry of await opendir(folder, { bufferSize: 1024 })) {
      if (hidden(entry.name)) continue;
      if (await isFolder(folder, entry)) folders.push(entry.name);
      else if (isImage(entry.name)) images.push(entry.name);
      else others.push(entry.name);
    }
  } catch (error) {
    throw folderError(folder, error);
  }
  return { images, folders: folders.sort(byCodePoint), others };
}

/**
 * All images in `root` at any depth, as paths relative to it, unsorted. Every folder is entered once, by whatever links it
 * is reached, so links that lead in a circle end.
 */
export async function findImages(root: string): Promise<{ images: string[]; others: number }> {
  const images: string[] = [];
  const entered = new Set<string>();
  const waiting = [''];
  let others = 0;
  for (const below of waiting) {
    const folder = below === '' ? root : `${root}/${below}`;
    const { dev, ino } = await stat(folder).catch((error) => {
      throw folderError(folder, error);
    });
    if (entered.has(`${dev}:${ino}`)) continue;
    entered.add(`${dev}:${ino}`);
    const listing = await list(folder);
    for (const name of listing.images) images.push(below + name);
    for (const name of listing.folders) waiting.push(`${below}${name}/`);
    others += listing.others.length;
  }
  return { images, others };
}
