import { UserError } from '../errors.js';

/** What the operating system's codes mean to a person. */
const MEANINGS: { readonly [code: string]: string } = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'it is a file, but a folder is expected',
  EACCES: 'permission denied; check who may read it',
  EPERM: 'permission denied; check who may read it',
  ELOOP: 'its symbolic links lead in a circle',
  EMFILE: 'too many files are open; raise the limit (ulimit -n)',
  EISDIR: 'it is a folder, but a file is expected',
};

/** The system's `error` about a file or folder as a plain phrase, or its own message where there is none. */
export const systemReason = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return MEANINGS[code ?? ''] ?? message;
};

/** An error that names the path and the reason. */
export const folderError = (path: string, error: unknown): UserError =>
  new UserError(`Cannot read ${path}: ${systemReason(error)}.`);
