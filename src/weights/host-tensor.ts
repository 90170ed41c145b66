import type { ExternalData } from '../onnx/index.js';

/** The typed array that holds each element type. Floats of 16 and 8 bits travel as their bits; a bool is one byte, 0 or 1. */
export interface HostArrays {
  float64: Float64Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  float32: Float32Array;
  int32: Int32Array;
  uint32: Uint32Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  float8_e4m3fn: Uint8Array;
  float8_e5m2: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

export type DType = keyof HostArrays;

/**
 * A tensor in main memory: `data` is row-major and has as many elements as the product of `shape`; a scalar has shape [].
 * Testing `dtype` narrows the type of `data`.
 */
export type HostTensor = {
  [D in DType]: {
    readonly dtype: D;
    readonly shape: readonly number[];
    readonly data: HostArrays[D];
    /** Where the same numbers lie in a file. */
    readonly external?: ExternalData;
  };
}[DType];

/** Makes the array of an element type: of a length, or as a view of `length` elements of a buffer. */
export interface HostArrayConstructor<A> {
  new (length: number): A;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): A;
}

export const HOST_ARRAYS: { readonly [D in DType]: HostArrayConstructor<HostArrays[D]> } = {
  float64: Float64Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  float8_e4m3fn: Uint8Array,
  float8_e5m2: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};
