/** TensorProto -> typed array. */
import { UserError } from '../errors.js';
import { type Arrays, type DType, show } from '../graph/index.js';
import { fromHalf, fromUpperHalf } from '../graph/small-floats.js';
import type { TensorProto } from './proto/onnx_pb.js';

export interface Stored {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Arrays[DType];
}

/** How one of ONNX's data types is read. Floats of other widths become float32. */
interface Row {
  readonly dtype: DType;
  readonly bytes: number;
  readonly raw: (buffer: ArrayBuffer) => Arrays[DType];
  /** Of the field for this type; `int32_data` has the bits of what is smaller. */
  readonly typed: (proto: TensorProto) => Arrays[DType];
}

const halves = (bits: ArrayLike<number>) => Float32Array.from(bits, fromHalf);
const upperHalves = (bits: ArrayLike<number>) => Float32Array.from(bits, fromUpperHalf);

/** TensorProto.DataType -> how it is read. */
const rows: Readonly<Record<number, Row>> = {
  1: { dtype: 'float32', bytes: 4, raw: (b) => new Float32Array(b), typed: (p) => Float32Array.from(p.floatData) },
  2: { dtype: 'uint8', bytes: 1, raw: (b) => new Uint8Array(b), typed: (p) => Uint8Array.from(p.int32Data) },
  3: { dtype: 'int8', bytes: 1, raw: (b) => new Int8Array(b), typed: (p) => Int8Array.from(p.int32Data) },
  6: { dtype: 'int32', bytes: 4, raw: (b) => new Int32Array(b), typed: (p) => Int32Array.from(p.int32Data) },
  7: { dtype: 'int64', bytes: 8, raw: (b) => new BigInt64Array(b), typed: (p) => BigInt64Array.from(p.int64Data) },
  9: { dtype: 'bool', bytes: 1, raw: (b) => new Uint8Array(b), typed: (p) => Uint8Array.from(p.int32Data) },
  10: { dtype: 'float32', bytes: 2, raw: (b) => halves(new Uint16Array(b)), typed: (p) => halves(p.int32Data) },
  11: {
    dtype: 'float32',
    bytes: 8,
    raw: (b) => Float32Array.from(new Float64Array(b)),
    typed: (p) => Float32Array.from(p.doubleData),
  },
  16: {
    dtype: 'float32',
    bytes: 2,
    raw: (b) => upperHalves(new Uint16Array(b)),
    typed: (p) => upperHalves(p.int32Data),
  },
};

/** What elements of an ONNX data type are here. @throws UserError for types that there are not here */
export function dtypeOfCode(code: number, what: string): DType {
  const row = rows[code];
  if (row) return row.dtype;
  throw new UserError(
    `${what} has ONNX data type ${code}; supported are float32, float16, bfloat16, float64, int8, uint8, int32, int64 and bool`,
  );
}

/** The most axes of a tensor: more than any network has, and few enough to walk. */
const MOST_AXES = 16;

/** @throws UserError where type, shape and bytes do not go together */
export function tensorOf(proto: TensorProto): Stored {
  const what = `tensor '${proto.name}'`;
  if (proto.externalData.length > 0 || proto.dataLocation === 1)
    throw new UserError(`${what} lies in another file; save the model as one file`);
  const dtype = dtypeOfCode(proto.dataType, what);
  const { bytes, raw, typed } = rows[proto.dataType]!;
  if (proto.dims.length > MOST_AXES)
    throw new UserError(`${what} has ${proto.dims.length} axes; expected ${MOST_AXES} at most`);
  const shape = proto.dims.map(Number);
  const count = shape.reduce((a, b) => a * b, 1);
  if (shape.some((d) => d < 0) || !Number.isSafeInteger(count))
    throw new UserError(`${what} has the impossible shape ${show(shape)}`);
  const { rawData } = proto;
  if (rawData.length > 0 && rawData.length !== count * bytes)
    throw new UserError(`${what} of shape ${show(shape)} needs ${count * bytes} bytes, the file has ${rawData.length}`);
  const data = rawData.length > 0 ? raw(new Uint8Array(rawData).buffer) : typed(proto);
  if (data.length !== count)
    throw new UserError(`${what} of shape ${show(shape)} needs ${count} elements, the file has ${data.length}`);
  return { dtype, shape, data };
}
