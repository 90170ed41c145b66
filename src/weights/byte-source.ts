/** Files that are read in pieces. */
import { type FileHandle, open } from 'node:fs/promises';
import { UserError } from '../errors.js';

/** Bytes of known number that are fetched when they are needed. */
export interface ByteSource {
  /** What it is called before people. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Where they lie on disk; nowhere, where they were unpacked. */
  readonly place?: { readonly path: string; readonly from: number };
  /** Bytes `from` up to `to`, which must lie inside, in a buffer of their own. */
  read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** What a person can mend, by system error code; anything else is passed on as it came. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; check the path',
  ENOTDIR: 'a part of its path is a file, not a folder; check the path',
  EISDIR: 'it is a folder; name the file in it',
  EACCES: 'permission denied; make it readable',
  EPERM: 'permission denied; make it readable',
};

/** Why a file is not taken: its name, the reason, and what to do. */
export const unreadable = (name: string, reason: string, remedy = 'Fetch or save it again.') =>
  new UserError(`Cannot read ${name}: ${reason}. ${remedy}`);

/** Opens a file for as long as `use` takes. @throws UserError when it is not there or not readable */
export async function withFile<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { size } = await file.stat();
    return await use(fileSource(file, { name: path, size }));
  } catch (error) {
    const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''];
    throw reason === undefined ? error : new UserError(`Cannot read ${path}: ${reason}.`);
  } finally {
    await file?.close();
  }
}

const fileSource = (file: FileHandle, { name, size }: Pick<ByteSource, 'name' | 'size'>): ByteSource => ({
  name,
  size,
  place: { path: name, from: 0 },
  async read(from, to) {
    if (!(from >= 0 && from <= to && to <= size))
      throw unreadable(name, `bytes ${from} to ${to} are wanted, but it has ${size}: it is cut short or damaged`);
    const bytes = new Uint8Array(to - from);
    // one read may return less than it was asked for: the system stops at 2 GiB
    for (let done = 0; done < bytes.byteLength; ) {
      const length = Math.min(bytes.byteLength - done, 2 ** 30);
      const { bytesRead } = await file.read(bytes, done, length, from + done);
      if (bytesRead === 0) throw unreadable(name, 'it became shorter while it was read');
      done += bytesRead;
    }
    return bytes;
  },
});

/** A part of a source as a source of its own; all of it must lie inside. */
export const partOf = (source: ByteSource, { from, size }: { from: number; size: number }): ByteSource => ({
  name: source.name,
  size,
  ...(source.place && { place: { ...source.place, from: source.place.from + from } }),
  read: (begin, end) => source.read(from + begin, from + Math.min(end, size)),
});
