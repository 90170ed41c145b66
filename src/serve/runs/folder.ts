/** The folder of runs, as far as clients may see it: its own folders and their plain files, and no link that leads out. */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HttpError } from '../http-error.js';

/** Bytes of a file that is read whole. */
const LARGEST = { 'config.json': 4_000_000, 'metrics.jsonl': 256_000_000 } as const;
export type RunFile = keyof typeof LARGEST;

/** Folders that are looked into. */
const MOST = 1000;

/** Names of folders, not ways to them. */
const isName = (name: string): boolean =>
  name.length <= 255 && !name.startsWith('.') && !/[/\\]/.test(name) && !name.includes('\0');

export interface Found {
  readonly name: string;
  readonly path: string;
}

/** The runs right below a folder: folders with a `config.json`. @returns up to 1,000, and whether there are more */
export async function findRuns(root: string): Promise<{ readonly runs: readonly Found[]; readonly more: boolean }> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() && isName(entry.name)).map(({ name }) => name);
  const runs: Found[] = [];
  for (const name of names.sort().slice(0, MOST)) {
    const path = join(root, name);
    if (await changed(path, 'config.json')) runs.push({ name, path });
  }
  return { runs, more: names.length > MOST };
}

/** @throws HttpError 404 where there is no such run */
export async function findRun(root: string, name: string): Promise<Found> {
  const path = join(root, name);
  const there = isName(name) && (await lstat(path).catch(() => undefined))?.isDirectory();
  if (there && (await changed(path, 'config.json'))) return { name, path };
  throw new HttpError(404, 'there is no run of this name; GET /v1/runs lists what there is');
}

/** When a plain file of a run changed last, in milliseconds since 1970, and its bytes; undefined where there is none. */
export async function changed(
  path: string,
  name: RunFile | 'report.html',
): Promise<{ readonly time: number; readonly size: number } | undefined> {
  const found = await lstat(join(path, name)).catch(() => undefined);
  return found?.isFile() ? { time: found.mtimeMs, size: found.size } : undefined;
}

/** @throws HttpError 413 for a file that is too large to be read whole, 404 for a link */
export async function checkSize(path: string, name: RunFile): Promise<void> {
  const found = await lstat(join(path, name)).catch(() => undefined);
  if (found && !found.isFile()) throw new HttpError(404, `its ${name} is not a plain file`);
  if (found && found.size > LARGEST[name])
    throw new HttpError(413, `its ${name} has ${found.size} bytes; at most ${LARGEST[name]} are read`);
}

/** Opens a plain file; undefined where there is none. */
export const openPlain = (path: string, name: RunFile): Promise<FileHandle | undefined> =>
  open(join(path, name), constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
