// The head of a safetensors file: eight bytes of length, then JSON that says where each tensor lies in the bytes after it.
// https://github.com/huggingface/safetensors#format

import { UserError } from '../errors.js';
import type { DType } from './host-tensor.js';
import { topLevelKeys } from './strict-json.js';

/** Bytes of the little-endian integer in front of the JSON. */
export const LENGTH_BYTES = 8;

/** The limit of the reference implementation, so that a corrupt length does not ask for all memory. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Of the reserved entry with free text: string to string. */
export const METADATA = '__metadata__';

/** The format's name of each element type, and the bytes that an element takes. */
export const FORMATS: { readonly [D in DType]: { readonly tag: string; readonly bytes: number } } = {
  float64: { tag: 'F64', bytes: 8 },
  int64: { tag: 'I64', bytes: 8 },
  uint64: { tag: 'U64', bytes: 8 },
  float32: { tag: 'F32', bytes: 4 },
  int32: { tag: 'I32', bytes: 4 },
  uint32: { tag: 'U32', bytes: 4 },
  float16: { tag: 'F16', bytes: 2 },
  bfloat16: { tag: 'BF16', bytes: 2 },
  float8_e4m3fn: { tag: 'F8_E4M3', bytes: 1 },
  float8_e5m2: { tag: 'F8_E5M2', bytes: 1 },
  int16: { tag: 'I16', bytes: 2 },
  uint16: { tag: 'U16', bytes: 2 },
  int8: { tag: 'I8', bytes: 1 },
  uint8: { tag: 'U8', bytes: 1 },
  bool: { tag: 'BOOL', bytes: 1 },
};

const DTYPES = new Map((Object.keys(FORMATS) as DType[]).map((dtype) => [FORMATS[dtype].tag, dtype]));

export interface TensorEntry {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** First byte and the byte after the last, counted from `dataStart`. */
  readonly offsets: readonly [begin: number, end: number];
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the file's JSON. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** Bytes of the file before the tensors. */
  readonly dataStart: number;
}

/** What is being read: its name for messages, and how many bytes it has. */
export interface Source {
  readonly name: string;
  readonly size: number;
}

export const malformed = (source: Source, reason: string) =>
  new UserError(`Cannot read ${source.name} as safetensors: ${reason}. Fetch or save it again.`, 'damaged-file');

/**
 * Reads the length of the JSON from the first eight bytes.
 *
 * @throws UserError when the file is shorter than that, or the length exceeds the file or 100 MB
 */
export function headerLength(head: Uint8Array, source: Source): number {
  if (source.size < LENGTH_BYTES || head.byteLength < LENGTH_BYTES)
    throw malformed(source, `it has ${source.size} bytes, and a header length alone takes ${LENGTH_BYTES}`);
  const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES)
    throw malformed(source, `its header claims ${length} bytes, over the format's limit of ${MAX_HEADER_BYTES}`);
  if (Number(length) > source.size - LENGTH_BYTES)
    throw malformed(source, `its header claims ${length} bytes, but only ${source.size - LENGTH_BYTES} follow`);
  return Number(length);
}

/**
 * Checks the JSON of a header in full: after this every entry lies inside the file and the entries cover it without overlap or hole,
 * so that what a reader allocates never exceeds the size of the file.
 *
 * @throws UserError that names the source, the tensor and what is wrong with it
 */
export function parseHeader(json: Uint8Array, source: Source): SafetensorsHeader {
  const dataStart = LENGTH_BYTES + json.byteLength;
  const { keys, values } = parseObject(json, source);
  const entries = new Map(
    keys.filter((key) => key !== METADATA).map((name) => [name, parseEntry(name, values[name], source)]),
  );
  checkLayout(entries, source, source.size - dataStart);
  return { metadata: parseMetadata(values[METADATA] ?? {}, source), entries, dataStart };
}

function parseObject(json: Uint8Array, source: Source): { keys: string[]; values: Record<string, unknown> } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json);
    if (!text.startsWith('{')) throw new SyntaxError('it must begin with {');
    return { keys: topLevelKeys(text), values: JSON.parse(text) };
  } catch (error) {
    throw malformed(source, `its header is not valid JSON (${(error as Error).message})`);
  }
}

function parseMetadata(value: unknown, source: Source): Record<string, string> {
  if (!isObject(value) || Object.values(value).some((text) => typeof text !== 'string'))
    throw malformed(source, `${METADATA} must map strings to strings`);
  return value as Record<string, string>;
}

function parseEntry(name: string, value: unknown, source: Source): TensorEntry {
  const fail = (reason: string) => malformed(source, `tensor ${JSON.stringify(name)} ${reason}`);
  if (!isObject(value)) throw fail('is not described by an object');
  const { dtype: tag, shape, data_offsets: offsets } = value;
  const dtype = DTYPES.get(tag as string);
  if (dtype === undefined) throw fail(`has dtype ${show(tag)}; known are ${[...DTYPES.keys()].join(', ')}`);
  if (!isSizes(shape)) throw fail(`has shape ${show(shape)}; expected a list of sizes`);
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!)
    throw fail(`has data_offsets ${show(offsets)}; expected [begin, end], begin not after end`);
  const [begin, end] = offsets as [number, number];
  const bytes = byteLength(dtype, shape);
  if (bytes !== end - begin) {
    const needed = Number.isNaN(bytes) ? 'more bytes than any file has' : `${bytes} bytes`;
    throw fail(`of ${tag} and shape ${show(shape)} takes ${needed}, but its data_offsets span ${end - begin}`);
  }
  return { dtype, shape, offsets: [begin, end] };
}

/** Bytes of a tensor, or NaN when a size is not a whole number or the product exceeds what a number counts exactly. */
export function byteLength(dtype: DType, shape: readonly number[]): number {
  if (!isSizes(shape)) return Number.NaN;
  const exact = (product: number) => (Number.isSafeInteger(product) ? product : Number.NaN);
  return shape.reduce((product, size) => exact(product * size), FORMATS[dtype].bytes);
}

/** Sorted by place, each tensor begins where the one before it ends, and the last ends with the file. */
function checkLayout(entries: ReadonlyMap<string, TensorEntry>, source: Source, dataBytes: number): void {
  let covered = 0;
  const placed = [...entries].sort(([, { offsets: a }], [, { offsets: b }]) => a[0] - b[0] || a[1] - b[1]);
  for (const [name, { offsets }] of placed) {
    const [begin, end] = offsets;
    const tensor = `tensor ${JSON.stringify(name)} at ${show(offsets)}`;
    if (begin < covered) throw malformed(source, `${tensor} overlaps the tensor before it, which ends at ${covered}`);
    if (begin > covered) throw malformed(source, `bytes ${covered} to ${begin} before ${tensor} belong to no tensor`);
    if (end > dataBytes)
      throw malformed(source, `${tensor} exceeds the ${dataBytes} bytes of data: the file is cut short`);
    covered = end;
  }
  if (covered < dataBytes) throw malformed(source, `${dataBytes - covered} bytes follow the last tensor`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

/** A value of the header in a message, cut to a readable length. */
const show = (value: unknown) => (JSON.stringify(value) ?? 'nothing').slice(0, 80);
