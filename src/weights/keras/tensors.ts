/** Weights of Keras as those that stand for the same here. */
import type { Allowance } from '../allowance.js';
import { type ByteSource, unreadable } from '../byte-source.js';
import type { Hdf5File } from '../hdf5/file.js';
import type { Dataset } from '../hdf5/messages.js';
import type { DType } from '../host-tensor.js';
import { ELEMENT_BYTES, elementsOf, readFloats, rowMajor, type StoredTensor } from '../stored-tensor.js';

/** Bytes of a floating-point number -> its type. HDF5's class of them is 1. */
const FLOATS: Readonly<Record<number, DType>> = { 2: 'float16', 4: 'float32', 8: 'float64' };
const FLOAT = 1;
const MAX_AXES = 8;

export interface Given {
  readonly name: string;
  readonly file: Hdf5File;
  readonly allowance: Allowance;
}

/** A data set as it is, which is read when it is asked for. @throws UserError for what is no array of numbers in this file */
export function storedIn(
  { name, file }: Given,
  { path, type, size, littleEndian, shape, elsewhere }: Dataset,
): StoredTensor {
  const fail = (reason: string) => unreadable(name, `its ${path} ${reason}`);
  const dtype = type === FLOAT ? FLOATS[size] : undefined;
  if (!dtype || !littleEndian)
    throw fail(`has numbers of another type than ${Object.values(FLOATS).join(', ')} in little-endian order`);
  if (elsewhere) throw fail('lies in another file, which is not read');
  if (!shape || shape.length > MAX_AXES) throw fail(`has ${shape?.length ?? 'no'} axes`);
  const bytes = elementsOf(shape) * ELEMENT_BYTES[dtype];
  if (!Number.isSafeInteger(bytes)) throw fail(`of [${shape}] has more numbers than can be counted`);
  return {
    dtype,
    shape,
    strides: rowMajor(shape),
    offset: 0,
    storage: async () => inMemory(name, await file.read(path, bytes)),
  };
}

const inMemory = (name: string, bytes: Uint8Array<ArrayBuffer>): ByteSource => ({
  name,
  size: bytes.length,
  read: async (from, to) => bytes.slice(from, to),
});

/** The same numbers with their axes in another order. */
export const transposed = (tensor: StoredTensor, axes: readonly number[]): StoredTensor => ({
  ...tensor,
  shape: axes.map((axis) => tensor.shape[axis]!),
  strides: axes.map((axis) => tensor.strides[axis]!),
});

/** What a function makes of the numbers, in float32. */
export const computed = (
  { allowance, name }: Given,
  tensor: StoredTensor,
  compute: (numbers: Float32Array) => Promise<Float32Array> | Float32Array,
): StoredTensor => ({
  dtype: 'float32',
  shape: tensor.shape,
  strides: rowMajor(tensor.shape),
  offset: 0,
  storage: async () => {
    const numbers = await compute((await readFloats(tensor, allowance)).data);
    return inMemory(name, new Uint8Array(numbers.buffer as ArrayBuffer, numbers.byteOffset, numbers.byteLength));
  },
});
