/** Tensors that stay in their file until their numbers are asked for. */
import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { UserError } from '../errors.js';
import type { ExternalData } from '../onnx/index.js';
import { unreadable } from './byte-source.js';
import type { HostTensor } from './host-tensor.js';
import { asTensor, type Safetensors } from './safetensors.js';
import { readSafetensorsHeader } from './safetensors-file.js';
import type { TensorEntry } from './safetensors-header.js';

export interface OpenSafetensors extends Safetensors {
  /** @throws UserError when the file is another by now, so that what was read of it may not belong together */
  expectSame(): Promise<void>;
}

/**
 * As `readSafetensors`, but each tensor is read when its `data` are first asked for, and says by `external` where an engine finds it: what nobody looks
 * at is never read. The file must stay as it is meanwhile; a new one may take its name.
 *
 * @throws UserError as readSafetensors; where `data` are asked for, when the file is another by then
 */
export async function openSafetensors(path: string): Promise<OpenSafetensors> {
  const known = await stat(path).catch(() => undefined); // reading the header says what is wrong
  const { metadata, entries, dataStart } = await readSafetensorsHeader(path);
  const file = await realpath(path);
  const expect = (now: Stats) => {
    if (!known || identity(now) !== identity(known))
      throw unreadable(path, 'it was changed while it was read', 'Run it again.');
  };
  const read = (offset: number, length: number): Uint8Array => {
    const descriptor = openSync(file, 'r');
    try {
      expect(fstatSync(descriptor));
      return bytesOf(descriptor, { offset, length });
    } finally {
      closeSync(descriptor);
    }
  };
  const tensors = [...entries].map(([name, entry]) => {
    const [begin, end] = entry.offsets;
    const place = { folder: dirname(file), location: basename(file), offset: dataStart + begin, length: end - begin };
    return [name, tensorAt(entry, place, () => asTensor(entry, read(place.offset, place.length)))] as const;
  });
  return { metadata, tensors: new Map(tensors), expectSame: async () => expect(await stat(file)) };
}

const identity = ({ dev, ino, size, mtimeMs }: Stats): string => [dev, ino, size, mtimeMs].join();

/** An own property, so that copies and messages have the numbers too. */
function tensorAt({ dtype, shape }: TensorEntry, external: ExternalData, read: () => HostTensor): HostTensor {
  let known: HostTensor | undefined;
  const tensor = {
    dtype,
    shape,
    get data() {
      known ??= read();
      return known.data;
    },
    ...(external.offset % 4 === 0 && { external }),
  };
  return tensor as HostTensor;
}

function bytesOf(descriptor: number, { offset, length }: Pick<ExternalData, 'offset' | 'length'>): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const read = readSync(descriptor, bytes, done, Math.min(length - done, 2 ** 30), offset + done);
    if (read === 0) throw new UserError('the file became shorter while it was read');
    done += read;
  }
  return bytes;
}
