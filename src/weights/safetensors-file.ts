import { type FileHandle, open } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { writeAtomically } from './atomic.js';
import type { HostTensor } from './host-tensor.js';
import { asTensor, encodeSafetensorsChunks, type Safetensors, type SafetensorsContents } from './safetensors.js';
import {
  headerLength,
  LENGTH_BYTES,
  malformed,
  parseHeader,
  type SafetensorsHeader,
  type Source,
} from './safetensors-header.js';

/** What a person can mend, by system error code; anything else is passed on as it came. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; check the path',
  ENOTDIR: 'a part of its path is a file, not a folder; check the path',
  EISDIR: 'it is a folder; name the .safetensors file in it',
  EACCES: 'permission denied; make it readable',
  EPERM: 'permission denied; make it readable',
};

/**
 * Reads a safetensors file. Each tensor owns its buffer, which can thus be transferred to a worker.
 *
 * @throws UserError when there is no such file, it is not readable, or anything in it is not as the format demands
 */
export function readSafetensors(path: string): Promise<Safetensors> {
  return withFile(path, async (file, source) => {
    const { metadata, entries, dataStart } = await readHeader(file, source);
    const tensors = new Map<string, HostTensor>();
    for (const [name, entry] of entries) {
      const [begin, end] = entry.offsets;
      tensors.set(
        name,
        asTensor(entry, await readExactly(file, source, { from: dataStart + begin, to: dataStart + end })),
      );
    }
    return { metadata, tensors };
  });
}

/** Reads and checks the header of a file without touching the data. Errors are those of readSafetensors. */
export function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  return withFile(path, readHeader);
}

/**
 * Writes a safetensors file, whole or not at all; the arrays must stay unchanged until the promise settles.
 *
 * @throws UserError as encodeSafetensors and writeAtomically do
 */
export function writeSafetensors(path: string, contents: SafetensorsContents): Promise<void> {
  return writeAtomically(path, encodeSafetensorsChunks(contents));
}

async function readHeader(file: FileHandle, source: Source): Promise<SafetensorsHeader> {
  const head = await readExactly(file, source, { from: 0, to: Math.min(LENGTH_BYTES, source.size) });
  const dataStart = LENGTH_BYTES + headerLength(head, source);
  return parseHeader(await readExactly(file, source, { from: LENGTH_BYTES, to: dataStart }), source);
}

async function withFile<T>(path: string, use: (file: FileHandle, source: Source) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { size } = await file.stat();
    return await use(file, { name: path, size });
  } catch (error) {
    const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''];
    throw reason === undefined ? error : new UserError(`Cannot read ${path}: ${reason}.`);
  } finally {
    await file?.close();
  }
}

/** One read may return less than it was asked for: the system stops at 2 GiB. */
async function readExactly(file: FileHandle, source: Source, { from, to }: { from: number; to: number }) {
  const bytes = new Uint8Array(to - from);
  for (let done = 0; done < bytes.byteLength; ) {
    const length = Math.min(bytes.byteLength - done, 2 ** 30);
    const { bytesRead } = await file.read(bytes, done, length, from + done);
    if (bytesRead === 0) throw malformed(source, 'it became shorter while it was read');
    done += bytesRead;
  }
  return bytes;
}
