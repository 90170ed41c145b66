/** Types of elements, and the arrays that hold them. */
export type DType = 'float32' | 'int8' | 'uint8' | 'int32' | 'int64' | 'bool';

/** The typed array that holds elements of each type. */
export interface Arrays {
  float32: Float32Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int32: Int32Array;
  int64: BigInt64Array;
  bool: Uint8Array;
}
