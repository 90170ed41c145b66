/** Types of elements, and the arrays that hold them. */
export type DType = 'float32' | 'uint8' | 'int32' | 'int64' | 'bool';

export interface Arrays {
  float32: Float32Array;
  uint8: Uint8Array;
  int32: Int32Array;
  int64: BigInt64Array;
  bool: Uint8Array;
}
