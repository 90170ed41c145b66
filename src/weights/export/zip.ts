/**
 * Zip archives of stored records, as PyTorch's reader maps them: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 *
 * Written here since no library aligns records: a record's data begin at a multiple of 64 bytes, behind padding in the header's extra field.
 */
import { crc32 } from 'node:zlib';

export interface ZipRecord {
  readonly name: string;
  readonly data: Uint8Array;
}

/** PyTorch's: https://github.com/pytorch/pytorch/blob/v1.13.1/caffe2/serialize/inline_container.h */
const ALIGNMENT = 64;
/** The id of PyTorch's padding, 'FB'. */
const PADDING_ID = 0x4246;
const ZIP64_ID = 0x0001;
/** From here on, sizes and places stand in 64-bit fields. */
const MANY = 0xffffffff;
const UTF8 = 0x0800;
/** 1 January 1980, the earliest there is: the same model makes the same bytes. */
const DATE = 0x0021;

interface Placed extends ZipRecord {
  readonly encoded: Uint8Array;
  readonly crc: number;
  readonly at: number;
}

/** The archive in chunks, of which data are views. */
export function* zipChunks(records: Iterable<ZipRecord>): Generator<Uint8Array> {
  const placed: Placed[] = [];
  let at = 0;
  for (const { name, data } of records) {
    const one = { name, data, encoded: new TextEncoder().encode(name), crc: crc32(data), at };
    const header = localHeader(one);
    yield header;
    yield data;
    placed.push(one);
    at += header.length + data.length;
  }
  const start = at;
  for (const one of placed) {
    const entry = centralEntry(one);
    yield entry;
    at += entry.length;
  }
  yield end({ count: placed.length, start, size: at - start });
}

/** Little-endian fields: bytes of each, and its value. */
function fields(...given: readonly (readonly [bytes: 2 | 4 | 8, value: number])[]): Uint8Array {
  const bytes = Buffer.alloc(given.reduce((sum, [width]) => sum + width, 0));
  let at = 0;
  for (const [width, value] of given) {
    if (width === 8) bytes.writeBigUInt64LE(BigInt(value), at);
    else bytes.writeUIntLE(value, at, width);
    at += width;
  }
  return bytes;
}

const needed = (zip64: boolean): readonly [2, number] => [2, zip64 ? 45 : 20];

function localHeader({ encoded, data, crc, at }: Placed): Uint8Array {
  const large = data.length >= MANY;
  const size = large ? MANY : data.length;
  const zip64 = large ? fields([2, ZIP64_ID], [2, 16], [8, data.length], [8, data.length]) : new Uint8Array();
  const before = at + 30 + encoded.length + zip64.length + 4;
  const padding = (ALIGNMENT - (before % ALIGNMENT)) % ALIGNMENT;
  const extra = [zip64, fields([2, PADDING_ID], [2, padding]), Buffer.alloc(padding, 'Z')];
  return Buffer.concat([
    fields([4, 0x04034b50], needed(large), [2, UTF8], [2, 0], [2, 0], [2, DATE], [4, crc], [4, size], [4, size]),
    fields([2, encoded.length], [2, zip64.length + 4 + padding]),
    encoded,
    ...extra,
  ]);
}

function centralEntry({ encoded, data, crc, at }: Placed): Uint8Array {
  const large = [data.length, data.length, at].filter((value) => value >= MANY);
  const extra = large.length
    ? fields([2, ZIP64_ID], [2, 8 * large.length], ...large.map((value) => [8, value] as const))
    : new Uint8Array();
  const size = Math.min(data.length, MANY);
  const version = needed(large.length > 0);
  return Buffer.concat([
    fields([4, 0x02014b50], version, version, [2, UTF8], [2, 0], [2, 0], [2, DATE], [4, crc], [4, size], [4, size]),
    fields([2, encoded.length], [2, extra.length], [2, 0], [2, 0], [2, 0], [4, 0], [4, Math.min(at, MANY)]),
    encoded,
    extra,
  ]);
}

/** The directory's place: in 64 bits first where 32 do not reach. */
function end({ count, start, size }: { count: number; start: number; size: number }): Uint8Array {
  const large = start + size >= MANY || count >= 0xffff;
  const zip64 = large
    ? [
        fields([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, count], [8, count]),
        fields([8, size], [8, start]),
        fields([4, 0x07064b50], [4, 0], [8, start + size], [4, 1]),
      ]
    : [];
  const few = Math.min(count, 0xffff);
  return Buffer.concat([
    ...zip64,
    fields([4, 0x06054b50], [2, 0], [2, 0], [2, few], [2, few], [4, Math.min(size, MANY)], [4, Math.min(start, MANY)]),
    fields([2, 0]),
  ]);
}
