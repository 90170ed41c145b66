import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { UserError } from '../errors.js';
import { folderError } from './folder-error.js';
import type { Listing } from './image-files.js';
import type { Found } from './source.js';

/** A data set kept as large files in one folder. */
export interface KnownFormat {
  /** Whether a folder with these entries holds this format. */
  recognises(listing: Pick<Listing, 'others' | 'folders'>): boolean;
  read(root: string, names: readonly string[], task: 'classify' | 'reconstruct'): Promise<Found>;
}

const inflate = promisify(gunzip);

/** The bytes of a file, decompressed when its name ends in .gz. */
export async function readWhole(path: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((error) => {
    throw folderError(path, error);
  });
  if (!path.endsWith('.gz')) return bytes;
  return inflate(bytes).catch((error: Error) => {
    throw new UserError(`${path}: expected a whole gzip file (${error.message}); fetch it again.`);
  });
}

/** @throws UserError when a label is not the id of one of `classes` */
export function checkLabels(labels: Int32Array, classes: readonly string[], path: string): void {
  const at = labels.findIndex((label) => label >= classes.length);
  if (at >= 0)
    throw new UserError(
      `${path}: image ${at} has label ${labels[at]}, but there are ${classes.length} classes (labels 0 to ${classes.length - 1}).`,
    );
}

/** Names for classes that have none: their ids. */
export const numbered = (count: number): string[] => Array.from({ length: count }, (_, id) => String(id));
