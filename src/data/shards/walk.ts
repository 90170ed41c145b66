/** Walking through a tar archive by its headers: contents are stepped over, so a shard of large images is read in part only. */
import type { FileHandle } from 'node:fs/promises';
import { BLOCK, padded, readHeader, readLongName, readPax } from './tar.js';

/** A file in an archive. Its name is a text and never a path on a disk. */
export interface Entry {
  readonly name: string;
  /** First byte of its contents. */
  readonly offset: number;
  readonly size: number;
}

/** Read at once where one thing follows the other, as in shards of tiny images. */
const WINDOW = 128 * 1024;
/** Read behind contents that were stepped over: the headers and the label before the next large image. */
const GLANCE = 4 * 1024;
/** A step over so many bytes costs less than reading them. */
const STEP = 16 * 1024;
/** The most that a header for the next entry may hold: 4,096 letters are the longest path of Linux. */
const LONG_HEADER = 64 * 1024;

/** The bytes around a place of a file, read ahead. What it gives is good until the next call. */
class Window {
  #bytes = new Uint8Array(0);
  #start = 0;

  constructor(private readonly file: FileHandle) {}

  /** `length` bytes from `position` on where they are here already. */
  peek(position: number, length: number): Uint8Array | undefined {
    const from = position - this.#start;
    return from >= 0 && from + length <= this.#bytes.length ? this.#bytes.subarray(from, from + length) : undefined;
  }

  /** The same, read; fewer where the file ends. */
  async load(position: number, length: number): Promise<Uint8Array> {
    const stepped = position - (this.#start + this.#bytes.length) > STEP;
    const buffer = new Uint8Array(Math.max(stepped ? GLANCE : WINDOW, length));
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.file.read(buffer, filled, buffer.length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    this.#bytes = buffer.subarray(0, filled);
    this.#start = position;
    return this.#bytes.subarray(0, length);
  }
}

export interface Walk {
  /** Bytes of the archive. */
  readonly size: number;
  /** Whether the contents of a file are to be read. */
  wants(entry: Entry): boolean;
  /** Hears of every file that is there as a whole; `contents` are good during the call only. */
  visit(entry: Entry, contents: Uint8Array | undefined): void;
}

/** Walks to the end. Returns what is wrong with the archive, as a phrase; undefined where it is whole. */
export async function walkTar(file: FileHandle, { size, wants, visit }: Walk): Promise<string | undefined> {
  const window = new Window(file);
  let said: { name?: string; size?: number } = {};
  for (let at = 0; ; ) {
    const block = window.peek(at, BLOCK) ?? (await window.load(at, BLOCK));
    if (block.length < BLOCK) return `it is cut off after ${size} bytes`;
    const header = readHeader(block);
    if (header === 'end') return undefined;
    if (header === 'damaged')
      return at === 0 ? 'it is no tar archive' : `it is damaged: there is no header at byte ${at}`;
    const entry = { name: said.name ?? header.name, offset: at + BLOCK, size: said.size ?? header.size };
    const next = entry.offset + padded(entry.size);
    if (!Number.isSafeInteger(next)) return `it is damaged: the header at byte ${at} names a size of ${entry.size}`;
    if (entry.offset + entry.size > size) return `it is cut off after ${size} bytes, within ${shown(entry.name)}`;
    const announces = header.kind === 'pax' || header.kind === 'long name';
    if (announces && header.size > LONG_HEADER)
      return `it is damaged: the header at byte ${at} has ${header.size} bytes, more than ${LONG_HEADER}`;
    if (announces) {
      const contents = window.peek(entry.offset, header.size) ?? (await window.load(entry.offset, header.size));
      said = { ...said, ...(header.kind === 'pax' ? readPax(contents) : { name: readLongName(contents) }) };
      at = entry.offset + padded(header.size);
      continue;
    }
    said = {};
    if (header.kind === 'file')
      visit(
        entry,
        wants(entry)
          ? (window.peek(entry.offset, entry.size) ?? (await window.load(entry.offset, entry.size)))
          : undefined,
      );
    at = next;
  }
}

/** Names come from outside: short, and without what would move a cursor. */
export const shown = (name: string): string => `'${name.replace(/\p{Cc}/gu, '?').slice(0, 100)}'`;
