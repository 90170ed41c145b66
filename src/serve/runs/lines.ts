/** What was appended to `metrics.jsonl` since a byte. */
import { HttpError } from '../http-error.js';
import { openPlain } from './folder.js';

/** Bytes that are read at once. */
const CHUNK = 1_000_000;

export interface Appended {
  /** Records of steps and epochs, in their order. */
  readonly records: readonly object[];
  /** Byte to go on from. */
  readonly next: number;
  /** Whether the file was cut off before that byte, as a resumed run does, so that all records came anew. */
  readonly anew: boolean;
  /** Whether more is there already. */
  readonly more: boolean;
}

/** Whole lines only: the last one may be half-written. Lines that are no JSON objects are left out. */
export async function appendedSince(path: string, from: number): Promise<Appended> {
  const file = await openPlain(path, 'metrics.jsonl');
  if (!file) return { records: [], next: 0, anew: from > 0, more: false };
  try {
    const { size } = await file.stat();
    // one byte ahead, which ends a line unless the file is another than it was
    const start = Math.max(0, from - 1);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(CHUNK, Math.max(0, size - start))), {
      position: start,
    });
    if (from > size || (from > 0 && buffer[0] !== NEWLINE)) return { ...(await appendedSince(path, 0)), anew: true };
    const bytes = buffer.subarray(from - start, bytesRead);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end === 0 && bytesRead === CHUNK) throw new HttpError(413, `a line of metrics.jsonl exceeds ${CHUNK} bytes`);
    const records = bytes.subarray(0, end).toString().split('\n').flatMap(recordOf);
    return { records, next: from + end, anew: false, more: start + bytesRead < size };
  } finally {
    await file.close();
  }
}

const NEWLINE = 10;

function recordOf(line: string): readonly object[] {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null && 'epoch' in record ? [record] : [];
  } catch {
    return [];
  }
}
