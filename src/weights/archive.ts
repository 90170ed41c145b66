/** Zip archives whose records are read where they lie: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import yauzl from 'yauzl';
import type { Allowance } from './allowance.js';
import { type ByteSource, partOf, unreadable } from './byte-source.js';

export const ZIP_START = [0x50, 0x4b, 0x03, 0x04];

/** More records than any checkpoint has tensors. */
const MAX_RECORDS = 100_000;
const DAMAGED = 'does not have the checksum that it claims: the file is damaged';
const STORED = 0;
const DEFLATED = 8;

/** A file inside of an archive. */
interface Entry {
  readonly method: number;
  readonly encrypted: boolean;
  readonly compressed: number;
  readonly size: number;
  /** Of the unpacked bytes; 0 where PyTorch was told not to compute any (torch.serialization.set_crc32_options). */
  readonly crc: number;
  /** Where its local header begins. */
  readonly at: number;
}

export class Archive {
  /** The record that was inflated last: its parts are often asked for one after the other. */
  private inflated: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> } | undefined;
  /** How far each record was read in order, and the checksum up to there. */
  private readonly sums = new Map<string, { readonly end: number; readonly crc: number }>();

  private constructor(
    private readonly file: ByteSource,
    private readonly entries: ReadonlyMap<string, Entry>,
    private readonly allowance: Allowance,
  ) {}

  /** @throws UserError for what is no archive, cut short, or has names that lead out of it */
  static async open(file: ByteSource, allowance: Allowance): Promise<Archive> {
    try {
      return new Archive(file, await entriesOf(file), allowance);
    } catch (error) {
      throw unreadable(file.name, `as an archive: ${(error as Error).message.replace(/\.$/, '')}`);
    }
  }

  get names(): readonly string[] {
    return [...this.entries.keys()];
  }

  /** Unpacked bytes of a record. */
  sizeOf(name: string): number | undefined {
    return this.entries.get(name)?.size;
  }

  /** The unpacked bytes of a record: read in place where it is stored, as PyTorch and NumPy do, inflated whole otherwise. */
  async record(name: string): Promise<ByteSource> {
    const entry = this.entries.get(name);
    const fail = (reason: string) => unreadable(this.file.name, `its record ${name} ${reason}`);
    if (!entry) throw fail('is missing');
    if (entry.encrypted) throw fail('is encrypted');
    if (entry.method !== STORED && entry.method !== DEFLATED)
      throw fail(`is compressed by method ${entry.method}; known are stored and deflated`);
    const from = await this.dataStart(entry, fail);
    if (entry.method === STORED)
      return this.checked(name, { part: partOf(this.file, { from, size: entry.size }), crc: entry.crc, fail });
    const bytes = this.inflated?.name === name ? this.inflated.bytes : await this.inflate(entry, { from, fail });
    this.inflated = { name, bytes };
    return { name: this.file.name, size: bytes.length, read: async (begin, end) => bytes.slice(begin, end) };
  }

  /**
   * Compares the checksum when the last byte was read, if all were read in order, as weights are; by one view after the other or at once. What is
   * read in another order or in part would have to be read twice.
   */
  private checked(
    name: string,
    { part, crc, fail }: { part: ByteSource; crc: number; fail: (reason: string) => Error },
  ): ByteSource {
    if (crc === 0) return part;
    const read = async (from: number, to: number) => {
      const bytes = await part.read(from, to);
      const end = from + bytes.length;
      const before = from === 0 ? { end: 0, crc: 0 } : this.sums.get(name);
      // what was read already, such as the beginning of a header, counts once
      if (!before || from > before.end || end <= before.end) return bytes;
      const sum = { end, crc: crc32(bytes.subarray(before.end - from), before.crc) };
      this.sums.set(name, sum);
      if (sum.end === part.size && sum.crc !== crc) throw fail(DAMAGED);
      return bytes;
    };
    return { ...part, read };
  }

  /** Behind the local header, whose name and extra field may be longer than the directory's. */
  private async dataStart({ at, compressed }: Entry, fail: (reason: string) => Error): Promise<number> {
    if (!(at + 30 <= this.file.size)) throw fail('lies outside of the file');
    const header = new DataView((await this.file.read(at, at + 30)).buffer);
    if (header.getUint32(0, true) !== 0x04034b50) throw fail('has no header where the directory says');
    const from = at + 30 + header.getUint16(26, true) + header.getUint16(28, true);
    if (!(from + compressed <= this.file.size)) throw fail('reaches beyond the end of the file: it is cut short');
    return from;
  }

  private async inflate(
    entry: Entry,
    { from, fail }: { from: number; fail: (reason: string) => Error },
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (entry.size > this.allowance.most('kept')) throw fail(`claims ${entry.size} bytes, many times the file's size`);
    this.allowance.spend('read', entry.size);
    const packed = await this.file.read(from, from + entry.compressed);
    const unpacked = await promisify(inflateRaw)(packed, { maxOutputLength: Math.max(entry.size, 1) }).catch(
      (error: Error) => {
        throw fail(`does not unpack to the ${entry.size} bytes that it claims (${error.message})`);
      },
    );
    if (unpacked.length !== entry.size) throw fail(`has ${unpacked.length} bytes instead of ${entry.size}`);
    if (entry.crc !== 0 && crc32(unpacked) !== entry.crc) throw fail(DAMAGED);
    return new Uint8Array(unpacked.buffer as ArrayBuffer, unpacked.byteOffset, unpacked.length);
  }
}

/** The central directory, read and checked by the library; whatever it throws, even in a callback, is this promise's error. */
function entriesOf(file: ByteSource): Promise<Map<string, Entry>> {
  return new Promise((resolve, reject) => {
    const collect = async () => {
      const reader = new Reader(file, reject);
      const zip = await yauzl.fromRandomAccessReaderPromise(reader, file.size, { lazyEntries: true, autoClose: false });
      const entries = new Map<string, Entry>();
      for await (const entry of zip.eachEntry()) {
        if (entries.has(entry.fileName)) throw new Error(`two records are called ${entry.fileName}`);
        if (entries.size === MAX_RECORDS) throw new Error(`it has more than ${MAX_RECORDS} records`);
        entries.set(entry.fileName, {
          method: entry.compressionMethod,
          encrypted: entry.isEncrypted(),
          compressed: entry.compressedSize,
          size: entry.uncompressedSize,
          crc: entry.crc32,
          at: entry.relativeOffsetOfLocalHeader,
        });
      }
      return entries;
    };
    collect().then(resolve, reject);
  });
}

/** How the library reads: through the source, which holds every place against the size of the file. */
class Reader extends yauzl.RandomAccessReader {
  constructor(
    private readonly file: ByteSource,
    private readonly failed: (error: unknown) => void,
  ) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    const read = async () => {
      if (!(position + length <= this.file.size)) return callback(new Error('it is cut short'));
      buffer.set(await this.file.read(position, position + length), offset);
      callback(null, length);
    };
    read().catch(this.failed);
  }
}
