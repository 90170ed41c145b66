/**
 * Headers of tar archives, read and written: POSIX.1-1988 (ustar) with the long names of POSIX.1-2001 (pax) and of GNU.
 * Format: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html, "ustar Interchange Format", and
 * https://www.gnu.org/software/tar/manual/html_node/Standard.html
 */

export const BLOCK = 512;

/** The size of contents with what fills their last block. */
export const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

/** Field -> first byte and length. */
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 6],
  version: [263, 2],
  prefix: [345, 155],
} as const satisfies { readonly [field: string]: readonly [first: number, length: number] };
type Field = keyof typeof FIELDS;

const field = (block: Uint8Array, name: Field): Uint8Array => {
  const [first, length] = FIELDS[name];
  return block.subarray(first, first + length);
};

const decoder = new TextDecoder();
const encoder = new TextEncoder();

const text = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
};

/** Octal digits, or behind a first byte of 128 a big-endian number (GNU, for sizes from 8 GiB on). NaN where it is neither. */
function number(bytes: Uint8Array): number {
  if (bytes[0] === 0x80) return bytes.subarray(1).reduce((value, byte) => value * 256 + byte, 0);
  const digits = text(bytes).trim();
  return digits === '' ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

/** Sum of all bytes, those of the sum itself taken as spaces. */
function checksum(block: Uint8Array): number {
  const [first, length] = FIELDS.checksum;
  let sum = 32 * length;
  for (let i = 0; i < BLOCK; i++) if (i < first || i >= first + length) sum += block[i] as number;
  return sum;
}

/** What an entry is: a file, a header for the entry behind it, something else with contents, or without. */
export type EntryKind = 'file' | 'pax' | 'long name' | 'other' | 'empty';

const KINDS: { readonly [flag: string]: EntryKind } = {
  '': 'file', // from before POSIX: a zero byte
  '0': 'file',
  '7': 'file',
  x: 'pax',
  L: 'long name',
  // links, devices, folders and pipes, which have no contents whatever size they name
  '1': 'empty',
  '2': 'empty',
  '3': 'empty',
  '4': 'empty',
  '5': 'empty',
  '6': 'empty',
};

export interface Header {
  readonly kind: EntryKind;
  readonly name: string;
  /** Of the contents. */
  readonly size: number;
}

/** One block as a header; 'end' for zeros, which end an archive; 'damaged' for anything else. */
export function readHeader(block: Uint8Array): Header | 'end' | 'damaged' {
  if (block[0] === 0 && block.every((byte) => byte === 0)) return 'end';
  const size = number(field(block, 'size'));
  if (number(field(block, 'checksum')) !== checksum(block) || !Number.isSafeInteger(size)) return 'damaged';
  const prefix = text(field(block, 'magic')) === 'ustar' ? text(field(block, 'prefix')) : ''; // GNU has times there
  const name = text(field(block, 'name'));
  const kind = KINDS[text(field(block, 'type'))] ?? 'other';
  return { kind, name: prefix === '' ? name : `${prefix}/${name}`, size: kind === 'empty' ? 0 : size };
}

/** What a pax header says of the entry behind it. Records are `length key=value\n`, the length counting all of that. */
export function readPax(bytes: Uint8Array): { readonly name?: string; readonly size?: number } {
  const said: { name?: string; size?: number } = {};
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(decoder.decode(bytes.subarray(at, space)));
    if (!(Number.isInteger(length) && length > space - at && at + length <= bytes.length)) break;
    const [key, ...rest] = decoder.decode(bytes.subarray(space + 1, at + length - 1)).split('=');
    if (key === 'path') said.name = rest.join('=');
    if (key === 'size') said.size = Number(rest.join('='));
    at += length;
  }
  return said;
}

/** The name in the contents of a GNU header for long names. */
export const readLongName = text;

function write(block: Uint8Array, name: Field, value: string | number): void {
  const [first, length] = FIELDS[name];
  const digits = typeof value === 'number' ? `${value.toString(8).padStart(length - 1, '0')}` : value;
  block.set(encoder.encode(digits).subarray(0, length), first);
}

/** One header, the same for the same entry: of nobody, from 1970, readable by all. */
function block(type: string, name: Uint8Array, size: number): Uint8Array {
  const made = new Uint8Array(BLOCK);
  made.set(name, FIELDS.name[0]);
  for (const [key, value] of Object.entries({ mode: 0o644, uid: 0, gid: 0, size, mtime: 0 }))
    write(made, key as Field, value);
  write(made, 'type', type);
  write(made, 'magic', 'ustar');
  write(made, 'version', '00');
  write(made, 'checksum', `${checksum(made).toString(8).padStart(6, '0')}\0 `);
  return made;
}

const filled = (contents: Uint8Array): Uint8Array => {
  const made = new Uint8Array(padded(contents.length));
  made.set(contents);
  return made;
};

/** A record whose length counts its own digits. */
function record(key: string, value: string): string {
  const rest = encoder.encode(` ${key}=${value}\n`).length;
  const digits = `${rest + `${rest}`.length}`.length;
  return `${rest + digits} ${key}=${value}\n`;
}

/** Header and contents of a file as blocks; a name over 100 bytes gets a pax header before it. */
export function* writeEntry(name: string, contents: Uint8Array): Generator<Uint8Array> {
  const bytes = encoder.encode(name);
  if (bytes.length > FIELDS.name[1]) {
    const pax = encoder.encode(record('path', name));
    yield block('x', encoder.encode('pax'), pax.length);
    yield filled(pax);
  }
  yield block('0', bytes.subarray(0, FIELDS.name[1]), contents.length);
  yield filled(contents);
}

/** What ends an archive. */
export const END = new Uint8Array(2 * BLOCK);
