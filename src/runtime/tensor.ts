import type { Arrays, DType } from '../graph/index.js';

/** A tensor in plain memory, row major. */
export type Tensor = {
  [D in DType]: { readonly dtype: D; readonly shape: readonly number[]; readonly data: Arrays[D] };
}[DType];
export type TensorOf<D extends DType> = Extract<Tensor, { readonly dtype: D }>;
export type Tensors = Readonly<Record<string, Tensor>>;

/** A float32 tensor of the given data and shape. */
export const float32 = (data: Float32Array, shape: readonly number[]): TensorOf<'float32'> => ({
  dtype: 'float32',
  shape,
  data,
});
