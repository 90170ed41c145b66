/** Files of what was dropped, folders at any depth. */
import { type Found, MOST_FILES } from './gathered.js';

/** Entries that are looked at before a drop is given up on: whole disks are dropped by mistake. */
const MOST_ENTRIES = 20 * MOST_FILES;

export async function droppedFiles(transfer: DataTransfer): Promise<readonly Found[]> {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  const entries = items.map((item) => item.webkitGetAsEntry()); // all at once: they are gone after the event
  const found: Found[] = [];
  const queue = entries.filter((entry) => entry !== null);
  for (let i = 0; i < queue.length && i < MOST_ENTRIES; i++) {
    const entry = queue[i]!;
    if (entry.isDirectory) queue.push(...(await childrenOf(entry as FileSystemDirectoryEntry)));
    else {
      const file = await fileOf(entry as FileSystemFileEntry);
      if (file) found.push({ path: entry.fullPath, file });
    }
  }
  return found;
}

/** Browsers tell of a hundred at a time. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (some.length === 0 || all.length > MOST_ENTRIES) return all;
    all.push(...some);
  }
}

/** Nothing where it may not be read: what is unreadable later is named then. */
const fileOf = (entry: FileSystemFileEntry) =>
  new Promise<File | undefined>((resolve) => entry.file(resolve, () => resolve(undefined)));

/** Files chosen as a folder. */
export const chosenFiles = (files: FileList | null): readonly Found[] =>
  [...(files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
