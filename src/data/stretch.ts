import { readSync } from 'node:fs';
import { systemReason } from './folder-error.js';
import { ImageError } from './image-error.js';
import type { Stretch } from './task.js';

/** Bytes of a part of an open file. @throws ImageError where the file ends before */
export function readStretch({ fd, offset, length }: Stretch): Uint8Array {
  const bytes = new Uint8Array(length);
  const fail = (reason: string) => new ImageError('the image', reason);
  try {
    for (let done = 0; done < length; ) {
      const read = readSync(fd, bytes, done, length - done, offset + done);
      if (read === 0) throw fail('its shard ends within it; fetch the shard again');
      done += read;
    }
  } catch (error) {
    throw error instanceof ImageError ? error : fail(systemReason(error));
  }
  return bytes;
}
