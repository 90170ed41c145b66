import { writeAtomically } from './atomic.js';
import { type ByteSource, withFile } from './byte-source.js';
import type { HostTensor } from './host-tensor.js';
import { asTensor, encodeSafetensorsChunks, type Safetensors, type SafetensorsContents } from './safetensors.js';
import { headerLength, LENGTH_BYTES, parseHeader, type SafetensorsHeader } from './safetensors-header.js';

/**
 * Reads a safetensors file. Each tensor owns its buffer, which can thus be transferred to a worker.
 *
 * @throws UserError when there is no such file, it is not readable, or anything in it is not as the format demands
 */
export function readSafetensors(path: string): Promise<Safetensors> {
  return withFile(path, async (file) => {
    const { metadata, entries, dataStart } = await readHeader(file);
    const tensors = new Map<string, HostTensor>();
    for (const [name, entry] of entries) {
      const [begin, end] = entry.offsets;
      tensors.set(name, asTensor(entry, await file.read(dataStart + begin, dataStart + end)));
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

export async function readHeader(file: ByteSource): Promise<SafetensorsHeader> {
  const head = await file.read(0, Math.min(LENGTH_BYTES, file.size));
  const dataStart = LENGTH_BYTES + headerLength(head, file);
  return parseHeader(await file.read(LENGTH_BYTES, dataStart), file);
}
