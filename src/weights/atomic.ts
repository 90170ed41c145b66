import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.js';

/** What a person can mend, by system error code; anything else is passed on as it came. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist; create it first',
  ENOTDIR: 'a part of its path is a file, not a folder; choose another path',
  EISDIR: 'it is a folder; choose a file name',
  EACCES: 'permission denied; choose a folder that you may write to',
  EPERM: 'permission denied; choose a folder that you may write to',
  ENAMETOOLONG: 'its name is too long; choose a shorter one',
  EROFS: 'the file system is read-only; choose another folder',
  ENOSPC: 'the disk is full; make room and try again',
  EDQUOT: 'the disk quota is used up; make room and try again',
};

/** Whether a killed process left this file unfinished, going by its name. */
export const isUnfinished = (name: string): boolean => /^\..+\.[0-9a-f]{12}\.tmp$/.test(name);

/**
 * Writes a whole file or none: a reader, a crash or a power cut meets either the old contents or the new ones, never a mixture.
 *
 * The contents go to a temporary file in the same folder (a rename is atomic within one file system only), which is synced,
 * renamed over `path`, and made durable by syncing the folder. After an error the temporary file is removed and `path` is
 * untouched; only a killed process leaves one behind (`isUnfinished`), which is safe to delete.
 *
 * @param path the file to create or replace
 * @param contents text (written as UTF-8) or chunks, which are pulled one at a time and never held together
 * @throws UserError when the folder is missing, not writable or full; whatever the iterable throws
 */
export async function writeAtomically(path: string, contents: Iterable<Uint8Array> | string): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeDurably(temporary, contents);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw explainWrite(path, error);
  }
  await syncFolder(folder);
}

/** Creates a file, which must not be there yet, and syncs it. */
export async function writeDurably(path: string, contents: Iterable<Uint8Array> | string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for (const chunk of typeof contents === 'string' ? [Buffer.from(contents)] : contents)
      await writeFully(file, chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** One write may take less than it was given: the system stops at 2 GiB, or at a full disk. */
async function writeFully(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, done, Math.min(chunk.byteLength - done, 2 ** 30));
    done += bytesWritten;
  }
}

/** Where folders cannot be opened or synced (Windows, some network file systems), the rename is as durable as it gets. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** What a person can mend as a UserError, everything else as it came. */
export function explainWrite(path: string, error: unknown): unknown {
  const reason = REASONS[(error as NodeJS.ErrnoException | null)?.code ?? ''];
  return reason === undefined ? error : new UserError(`Cannot write ${path}: ${reason}.`);
}
