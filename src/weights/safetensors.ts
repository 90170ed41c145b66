// The safetensors format in memory, for Node and browsers alike; files are in safetensors-file.ts.
// https://github.com/huggingface/safetensors#format
// Both the format and this code are little-endian, as is every machine that the runtime supports.

import { UserError } from '../errors.js';
import { HOST_ARRAYS, type HostTensor } from './host-tensor.js';
import {
  byteLength,
  FORMATS,
  headerLength,
  LENGTH_BYTES,
  MAX_HEADER_BYTES,
  METADATA,
  parseHeader,
  type SafetensorsHeader,
  type Source,
  type TensorEntry,
} from './safetensors-header.js';

/** What a safetensors file holds. */
export interface Safetensors {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the file's header. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
}

export interface SafetensorsContents {
  /** Free text beside the tensors; none by default, as in most files. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Names must be unique; their order is kept. A Map fits. */
  readonly tensors: Iterable<readonly [name: string, tensor: HostTensor]>;
}

/**
 * Reads a whole file in memory.
 *
 * The tensors are views of `bytes` where their alignment allows, which it does in every file written here, and copies elsewhere.
 *
 * @param options.name what the bytes are called in error messages
 * @throws UserError when anything about the bytes is not as the format demands, naming it
 */
export function decodeSafetensors(bytes: Uint8Array, { name = 'the given bytes' } = {}): Safetensors {
  const { metadata, entries, dataStart } = decodeSafetensorsHeader(bytes, { name, size: bytes.byteLength });
  const tensors = new Map<string, HostTensor>();
  for (const [key, entry] of entries) {
    const [begin, end] = entry.offsets;
    tensors.set(key, asTensor(entry, bytes.subarray(dataStart + begin, dataStart + end)));
  }
  return { metadata, tensors };
}

/** Reads and checks the header alone; `bytes` may be the beginning of a longer source. */
export function decodeSafetensorsHeader(bytes: Uint8Array, source: Source): SafetensorsHeader {
  const length = headerLength(bytes, source);
  return parseHeader(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length), source);
}

/** The bytes of one entry as a tensor: a view, or a copy where the view would be misaligned. */
export function asTensor({ dtype, shape }: TensorEntry, bytes: Uint8Array): HostTensor {
  const size = FORMATS[dtype].bytes;
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return { dtype, shape, data: new HOST_ARRAYS[dtype](buffer, byteOffset, byteLength / size) } as HostTensor;
}

/**
 * Writes a whole file in memory.
 *
 * @throws UserError when a name is taken twice or reserved, a shape does not fit its data, or the header exceeds 100 MB
 */
export function encodeSafetensors(contents: SafetensorsContents): Uint8Array {
  const chunks = [...encodeSafetensorsChunks(contents)];
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/**
 * The same file piece by piece: the header, then a view of each tensor's data, so that nothing is held twice.
 *
 * The header names the tensors in the given order; their data lies widest elements first, as in the reference implementation, which
 * aligns every tensor although the format allows no gaps.
 */
export function* encodeSafetensorsChunks({ metadata = {}, tensors }: SafetensorsContents): Generator<Uint8Array> {
  const named = checkTensors(tensors);
  const placed = [...named].sort(([, a], [, b]) => FORMATS[b.dtype].bytes - FORMATS[a.dtype].bytes);
  const offsets = new Map<string, readonly [number, number]>();
  let end = 0;
  for (const [name, { data }] of placed) {
    const begin = end;
    end += data.byteLength;
    offsets.set(name, [begin, end]);
  }
  yield encodeHeader(
    metadata,
    [...named].map(([name, tensor]) => [name, { ...tensor, offsets: offsets.get(name)! }]),
  );
  for (const [, { data }] of placed) yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Spaces fill the header up to a multiple of eight bytes. The object is joined by hand: JavaScript's would reorder numeric names. */
function encodeHeader(metadata: Readonly<Record<string, string>>, entries: [string, TensorEntry][]): Uint8Array {
  const pairs: [string, unknown][] = entries.map(([name, { dtype, shape, offsets }]) => [
    name,
    { dtype: FORMATS[dtype].tag, shape, data_offsets: offsets },
  ]);
  if (Object.keys(metadata).length > 0) pairs.unshift([METADATA, metadata]);
  const members = pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const length = Math.ceil(json.byteLength / 8) * 8;
  if (length > MAX_HEADER_BYTES)
    throw new UserError(
      `The header takes ${length} bytes, the format allows ${MAX_HEADER_BYTES}: shorten the metadata.`,
    );
  const bytes = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}

function checkTensors(tensors: SafetensorsContents['tensors']): Map<string, HostTensor> {
  const named = new Map<string, HostTensor>();
  for (const [name, tensor] of tensors) {
    const fail = (reason: string) => new UserError(`Cannot store tensor ${JSON.stringify(name)}: ${reason}.`);
    if (name === METADATA) throw fail('the name is reserved for metadata; choose another');
    if (named.has(name)) throw fail('an earlier tensor has the same name; choose another');
    const expected = byteLength(tensor.dtype, tensor.shape);
    if (tensor.data.byteLength !== expected)
      throw fail(
        `${tensor.dtype} of shape [${tensor.shape}] takes ${expected} bytes, but its data has ${tensor.data.byteLength}`,
      );
    named.set(name, tensor);
  }
  return named;
}
