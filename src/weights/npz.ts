/** NumPy's archives: a .npy record per array. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
import type { Archive } from './archive.js';
import { type ByteSource, partOf, unreadable } from './byte-source.js';
import type { DType } from './host-tensor.js';
import { ELEMENT_BYTES, elementsOf, rowMajor, type StoredTensor } from './stored-tensor.js';

const SUFFIX = '.npy';
const MAGIC = '\x93NUMPY';
/** A dictionary of three entries is no longer. */
const MAX_HEADER_BYTES = 65_536;
const MAX_AXES = 32;

/** NumPy's name of a little-endian type -> ours. */
const TYPES: Readonly<Record<string, DType>> = {
  '<f8': 'float64',
  '<f4': 'float32',
  '<f2': 'float16',
  '<i8': 'int64',
  '<u8': 'uint64',
  '<i4': 'int32',
  '<u4': 'uint32',
  '<i2': 'int16',
  '<u2': 'uint16',
  '|i1': 'int8',
  '|u1': 'uint8',
  '|b1': 'bool',
};

export const isNumpyArchive = (archive: Archive): boolean => archive.names.some((name) => name.endsWith(SUFFIX));

/** The arrays of an archive by their names. */
export async function readNpz(file: ByteSource, archive: Archive): Promise<ReadonlyMap<string, StoredTensor>> {
  const tensors = new Map<string, StoredTensor>();
  for (const record of archive.names.filter((name) => name.endsWith(SUFFIX)))
    tensors.set(record.slice(0, -SUFFIX.length), await tensorOf(file, { archive, record }));
  return tensors;
}

async function tensorOf(
  file: ByteSource,
  { archive, record }: { archive: Archive; record: string },
): Promise<StoredTensor> {
  const fail = (reason: string) => unreadable(file.name, `its record ${record} ${reason}`);
  const { start, ...array } = await arrayIn(await archive.record(record), fail);
  const size = elementsOf(array.shape) * ELEMENT_BYTES[array.dtype];
  return { ...array, storage: async () => partOf(await archive.record(record), { from: start, size }) };
}

/** The array of a .npy file. @throws UserError for what is none, of other types, or cut short */
export async function readNpy(file: ByteSource): Promise<StoredTensor> {
  const { start, ...array } = await arrayIn(file, (reason) => unreadable(file.name, `it ${reason}`));
  return { ...array, storage: async () => partOf(file, { from: start, size: file.size - start }) };
}

/** What the header in front of an array says, and where the array begins. */
async function arrayIn(
  bytes: ByteSource,
  fail: (reason: string) => Error,
): Promise<Omit<StoredTensor, 'storage'> & { readonly start: number }> {
  const head = await bytes.read(0, Math.min(bytes.size, 12));
  const [major] = head.subarray(6);
  if (head.length < 12 || String.fromCharCode(...head.subarray(0, 6)) !== MAGIC || !major || major > 3)
    throw fail('is no array of NumPy');
  const view = new DataView(head.buffer);
  const [length, start] = major === 1 ? [view.getUint16(8, true), 10] : [view.getUint32(8, true), 12];
  if (length > MAX_HEADER_BYTES || start + length > bytes.size) throw fail(`has a header of ${length} bytes`);
  // behind what was read already: a checksum is of bytes in their order
  const rest = await bytes.read(head.length, start + length);
  const text = new TextDecoder().decode(Buffer.concat([head.subarray(start), rest]));
  const { dtype, shape, fortran } = describe(text, fail);
  const size = elementsOf(shape) * ELEMENT_BYTES[dtype];
  if (!Number.isSafeInteger(size) || start + length + size > bytes.size)
    throw fail(`of ${dtype} [${shape}] is cut short`);
  const strides = fortran ? rowMajor(shape.toReversed()).reverse() : rowMajor(shape);
  return { dtype, shape, strides, offset: 0, start: start + length };
}

const entry = (text: string, key: string, value: string): string | undefined =>
  new RegExp(`'${key}': *(${value}) *[,}]`).exec(text)?.[1];

/** Three entries of a Python dictionary, read as text. */
function describe(text: string, fail: (reason: string) => Error) {
  const type = entry(text, 'descr', "'[^']{1,16}'")?.slice(1, -1);
  const order = entry(text, 'fortran_order', 'True|False');
  const sizes = entry(text, 'shape', '\\([0-9, ]*\\)');
  if (type === undefined || order === undefined || sizes === undefined)
    throw fail(`is described by ${text.slice(0, 80).trim()}; expected descr, fortran_order and shape of plain numbers`);
  const dtype = TYPES[type];
  if (!dtype) throw fail(`has numbers of type ${type}; known are ${Object.keys(TYPES).join(', ')}`);
  const shape = sizes.match(/\d+/g)?.map(Number) ?? [];
  if (shape.length > MAX_AXES) throw fail(`has ${shape.length} axes`);
  return { dtype, shape, fortran: order === 'True' };
}
