/** Folders of several files that appear all at once. */
import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { explainWrite, syncFolder, writeDurably } from './atomic.js';

/** Path inside of the folder, with / between its parts -> contents, as writeAtomically takes them. */
export type FolderContents = Readonly<Record<string, Iterable<Uint8Array> | string>>;

/**
 * Writes a whole folder or none: its files go to a temporary folder beside it, which is then renamed. Only a folder that is not there or
 * is empty is written to, since a rename cannot replace another one.
 *
 * @throws UserError when something is there already, or as writeAtomically does
 */
export async function writeFolderAtomically(path: string, files: FolderContents): Promise<void> {
  const folder = resolve(path);
  const temporary = join(dirname(folder), `.${basename(folder)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(temporary);
    for (const [name, contents] of Object.entries(files)) {
      const file = join(temporary, name);
      await mkdir(dirname(file), { recursive: true });
      await writeDurably(file, contents);
      await syncFolder(dirname(file));
    }
    await syncFolder(temporary);
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw explainFolder(path, error);
  }
  await syncFolder(dirname(folder));
}

/** A rename onto something: systems differ in what they call it. */
const TAKEN = ['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EISDIR'];

function explainFolder(path: string, error: unknown): unknown {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (syscall === 'rename' && TAKEN.includes(code ?? ''))
    return new UserError(`Cannot write ${path}: something is there already; remove it, or choose another folder.`);
  return explainWrite(path, error);
}
