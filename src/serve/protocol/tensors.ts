/** Tensors of the inference protocol, as JSON and as bytes behind it. */
import type { Port } from '../engine.js';
import { HttpError } from '../http-error.js';
import type { InferRequest } from './schemas.js';

type Input = InferRequest['inputs'][number];
type Numbers = Uint8Array | Float32Array;

interface Datatype {
  readonly name: 'UINT8' | 'FP32';
  readonly array: { new (length: number): Numbers; new (buffer: ArrayBuffer): Numbers };
  /** What JSON numbers must be. */
  readonly fits: (value: unknown) => boolean;
  readonly range: string;
}

const datatypes: { readonly [D in Port['dtype']]?: Datatype } = {
  uint8: {
    name: 'UINT8',
    array: Uint8Array as Datatype['array'],
    fits: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255,
    range: 'whole numbers from 0 to 255',
  },
  float32: {
    name: 'FP32',
    array: Float32Array as Datatype['array'],
    fits: (value) => typeof value === 'number' && Number.isFinite(Math.fround(value)),
    range: 'numbers of float32',
  },
};
const datatypeOf = ({ dtype }: Port): Datatype => datatypes[dtype]!;

export const metadataOf = (port: Port) => ({
  name: port.name,
  datatype: datatypeOf(port).name,
  shape: [-1, ...port.shape],
});

export interface Given {
  /** Numbers of all rows. */
  readonly data: Numbers;
  readonly rows: number;
}

/**
 * The tensor of an input, and what is left of the bytes behind the JSON.
 * @throws HttpError 400 for other shapes and types than the model's, and for data that do not fit them
 */
export function readInput(port: Port, { shape, datatype, data, parameters = {} }: Input, bytes: Uint8Array) {
  const type = datatypeOf(port);
  const wanted = `${type.name} [${['n', ...port.shape].join(', ')}]`;
  const isShaped = shape.length === port.shape.length + 1 && port.shape.every((d, i) => d === shape[i + 1]);
  if (datatype !== type.name || !isShaped || shape[0]! < 1)
    throw new HttpError(400, `expected ${port.name} as ${wanted}, got ${datatype} [${shape.join(', ')}]`);
  const rows = shape[0]!;
  const length = port.shape.reduce((product, d) => product * d, rows);
  const { binary_data_size: size } = parameters;
  if (size === undefined) return { given: { data: readNumbers(port, data, length), rows }, rest: bytes };
  if (data !== undefined) throw new HttpError(400, `${port.name} has data and binary_data_size: expected one of them`);
  const needed = length * (type.name === 'FP32' ? 4 : 1);
  if (size !== needed || bytes.length < needed)
    throw new HttpError(
      400,
      `expected ${needed} bytes for ${port.name} [${shape.join(', ')}], got binary_data_size ${size} with ${bytes.length} bytes behind the JSON`,
    );
  const own = new Uint8Array(bytes.subarray(0, needed)).buffer; // floats must lie at multiples of 4; little-endian, as the engine's machines are
  return { given: { data: new type.array(own), rows }, rest: bytes.subarray(needed) };
}

function readNumbers(port: Port, data: readonly unknown[] | undefined, length: number): Numbers {
  const { array, fits, range } = datatypeOf(port);
  if (!data) throw new HttpError(400, `${port.name} has no data and no binary_data_size`);
  const flat: readonly unknown[] = data.some(Array.isArray) ? data.flat(port.shape.length) : data;
  if (flat.length !== length)
    throw new HttpError(400, `expected ${length} numbers for ${port.name}, got ${flat.length}`);
  const numbers = new array(length);
  for (let i = 0; i < length; i++) {
    if (!fits(flat[i])) throw new HttpError(400, `expected ${range} for ${port.name}, got ${excerpt(flat[i])}`);
    numbers[i] = flat[i] as number;
  }
  return numbers;
}

const excerpt = (value: unknown): string => `${JSON.stringify(value)}`.slice(0, 40);

/** Row `i` of so many. */
export const rowOf = ({ data, rows }: Given, i: number): Numbers =>
  data.subarray((i * data.length) / rows, ((i + 1) * data.length) / rows);

/** An output of rows, its data in the JSON or behind it. */
export function writeOutput(port: Port, rows: readonly Numbers[], binary: boolean) {
  const described = { name: port.name, shape: [rows.length, ...port.shape], datatype: datatypeOf(port).name };
  if (!binary) return { output: { ...described, data: rows.flatMap((row) => Array.from(row)) }, bytes: [] };
  const bytes = rows.map((row) => new Uint8Array(row.buffer as ArrayBuffer, row.byteOffset, row.byteLength));
  const size = bytes.reduce((sum, { length }) => sum + length, 0);
  return { output: { ...described, parameters: { binary_data_size: size } }, bytes };
}
