/** A tensor as files of other programs hold it: a strided view of typed bytes that are read when they are asked for. */
import { fromEighth, fromHalf, fromUpperHalf } from '../graph/small-floats.js';
import type { Allowance } from './allowance.js';
import type { ByteSource } from './byte-source.js';
import type { DType } from './host-tensor.js';
import type { Weights } from './model.js';

export interface StoredTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** In elements, from each index to the next; none are negative. */
  readonly strides: readonly number[];
  /** Of the first element, in elements of the storage. */
  readonly offset: number;
  /** All bytes of the storage. */
  readonly storage: () => Promise<ByteSource>;
}

export const ELEMENT_BYTES: { readonly [D in DType]: number } = {
  float64: 8,
  int64: 8,
  uint64: 8,
  float32: 4,
  int32: 4,
  uint32: 4,
  float16: 2,
  bfloat16: 2,
  float8_e4m3fn: 1,
  float8_e5m2: 1,
  int16: 2,
  uint16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

type Read = (view: DataView, at: number) => number;

/** One number out of little-endian bytes. */
const READ: { readonly [D in DType]: Read } = {
  float64: (view, at) => view.getFloat64(at, true),
  int64: (view, at) => Number(view.getBigInt64(at, true)),
  uint64: (view, at) => Number(view.getBigUint64(at, true)),
  float32: (view, at) => view.getFloat32(at, true),
  int32: (view, at) => view.getInt32(at, true),
  uint32: (view, at) => view.getUint32(at, true),
  float16: (view, at) => fromHalf(view.getUint16(at, true)),
  bfloat16: (view, at) => fromUpperHalf(view.getUint16(at, true)),
  float8_e4m3fn: (view, at) => fromEighth(view.getUint8(at)),
  float8_e5m2: (view, at) => fromHalf(view.getUint8(at) << 8),
  int16: (view, at) => view.getInt16(at, true),
  uint16: (view, at) => view.getUint16(at, true),
  int8: (view, at) => view.getInt8(at),
  uint8: (view, at) => view.getUint8(at),
  bool: (view, at) => view.getUint8(at),
};

export const elementsOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Strides of a row-major array. */
export const rowMajor = (shape: readonly number[]): number[] => shape.map((_, i) => elementsOf(shape.slice(i + 1)));

/** Elements from the first to the last, both included; 0 of an empty tensor. */
export const spanOf = ({ shape, strides }: Pick<StoredTensor, 'shape' | 'strides'>): number =>
  elementsOf(shape) === 0 ? 0 : 1 + shape.reduce((last, size, i) => last + (size - 1) * strides[i]!, 0);

/** Row-major float32 of a stored tensor. Only the bytes between its first and last element are read. */
export async function readFloats(tensor: StoredTensor, allowance: Allowance): Promise<Weights[string]> {
  const { dtype, shape, offset } = tensor;
  const size = ELEMENT_BYTES[dtype];
  const span = spanOf(tensor);
  allowance.spend('kept', 4 * elementsOf(shape));
  allowance.spend('read', span * size);
  const storage = await tensor.storage();
  if (dtype === 'float32' && isRowMajor(tensor)) {
    const { buffer } = await storage.read(offset * size, (offset + span) * size);
    return { dtype: 'float32', shape, data: new Float32Array(buffer) };
  }
  const data = new Float32Array(elementsOf(shape));
  await gather(tensor, { storage, data, span });
  return { dtype: 'float32', shape, data };
}

/** A stride counts only where there is more than one index. */
function isRowMajor({ shape, strides }: StoredTensor): boolean {
  const expected = rowMajor(shape);
  return shape.every((size, i) => size === 1 || strides[i] === expected[i]) || elementsOf(shape) === 0;
}

/** Elements that are converted at once where they lie in order: never is a whole large tensor held in two types. */
const PIECE = 2 ** 20;

async function gather(
  tensor: StoredTensor,
  { storage, data, span }: { storage: ByteSource; data: Float32Array; span: number },
): Promise<void> {
  const { dtype, shape, strides, offset } = tensor;
  const [size, read] = [ELEMENT_BYTES[dtype], READ[dtype]];
  const fetch = async (from: number, count: number) =>
    new DataView((await storage.read((offset + from) * size, (offset + from + count) * size)).buffer);
  if (isRowMajor(tensor)) {
    for (let from = 0; from < data.length; from += PIECE) {
      const count = Math.min(PIECE, data.length - from);
      const view = await fetch(from, count);
      for (let i = 0; i < count; i++) data[from + i] = read(view, i * size);
    }
    return;
  }
  const view = await fetch(0, span);
  const index = shape.map(() => 0);
  for (let to = 0, at = 0; to < data.length; to++) {
    data[to] = read(view, at * size);
    // the next index in row-major order, the last axis fastest
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= shape[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
}
