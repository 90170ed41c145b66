import type { Arrays, DType } from '../graph/index.js';
import type { ExternalData } from '../onnx/index.js';

/** A tensor in plain memory, row major. */
export type Tensor = {
  [D in DType]: {
    readonly dtype: D;
    readonly shape: readonly number[];
    readonly data: Arrays[D];
    /** Where the same numbers lie in a file. */
    readonly external?: ExternalData;
  };
}[DType];
/** A tensor of one type. */
export type TensorOf<D extends DType> = Extract<Tensor, { readonly dtype: D }>;
/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** A float32 tensor of the given data and shape. */
export const float32 = (data: Float32Array, shape: readonly number[]): TensorOf<'float32'> => ({
  dtype: 'float32',
  shape,
  data,
});

/** The memory that tensors lie in, each piece once. */
export const buffersOf = (tensors: readonly Tensor[]): ArrayBuffer[] => [
  ...new Set(tensors.map(({ data }) => data.buffer as ArrayBuffer)),
];

const arrays: { readonly [D in DType]: new (memory: ArrayBuffer) => Arrays[D] } = {
  float32: Float32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
};

/**
 * The same numbers in memory of their own, whatever they are a view of: it can be handed over to another thread.
 *
 * @param spare memory to take, if it has their size
 */
export function copyOf({ dtype, shape, data }: Tensor, spare?: ArrayBuffer): Tensor {
  const memory = spare?.byteLength === data.byteLength ? spare : new ArrayBuffer(data.byteLength);
  new Uint8Array(memory).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return { dtype, shape, data: new arrays[dtype](memory) } as Tensor;
}
