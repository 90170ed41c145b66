/** Tensors of the inference protocol: what REST and gRPC have in common. */
import type { Port, Row } from '../engine.js';
import { HttpError } from '../http-error.js';

export type Numbers = Uint8Array | Float32Array;

interface Datatype {
  readonly name: 'UINT8' | 'FP32';
  readonly array: {
    new (length: number): Numbers;
    new (buffer: ArrayBuffer): Numbers;
    readonly BYTES_PER_ELEMENT: number;
  };
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

/** An input as it came, in whichever encoding. */
export interface GivenInput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** Its so many numbers; asked for once, in the order of the inputs. @throws HttpError 400 for others */
  readonly read: (port: Port, length: number) => Numbers;
}

/** Inputs by name, each the numbers of so many rows. */
export interface Columns {
  readonly rows: number;
  readonly data: Readonly<Record<string, Numbers>>;
}

/** @throws HttpError 400 for other names, shapes and types than the model's, and for data that do not fit them */
export function columnsOf(ports: readonly Port[], inputs: readonly GivenInput[]): Columns {
  const missing = new Map(ports.map((port) => [port.name, port]));
  const given = inputs.map((input) => {
    const port = missing.get(input.name);
    if (!port)
      throw new HttpError(400, `no input is called '${input.name}': expected ${[...missing.keys()].join(', ')}, once`);
    missing.delete(input.name);
    const rows = countRows(port, input);
    return { name: input.name, rows, data: input.read(port, lengthOf(port, rows)) };
  });
  if (missing.size > 0) throw new HttpError(400, `the input ${[...missing.keys()].join(', ')} is missing`);
  const [{ rows }] = given as [(typeof given)[number]];
  const other = given.find((one) => one.rows !== rows);
  if (other) throw new HttpError(400, `expected ${rows} rows of ${other.name} too, got ${other.rows}`);
  return { rows, data: Object.fromEntries(given.map(({ name, data }) => [name, data])) };
}

/** A row of each input for each sample: windows on the columns. */
export const rowsOf = ({ rows, data }: Columns): Row[] =>
  Array.from({ length: rows }, (_, i) =>
    Object.fromEntries(Object.entries(data).map(([name, numbers]) => [name, rowOf(numbers, { row: i, rows })])),
  );

const lengthOf = ({ shape }: Port, rows: number): number => shape.reduce((product, d) => product * d, rows);

function countRows(port: Port, { datatype, shape }: GivenInput): number {
  const { name } = datatypeOf(port);
  const isShaped = shape.length === port.shape.length + 1 && port.shape.every((d, i) => d === shape[i + 1]);
  if (datatype === name && isShaped && shape[0]! >= 1) return shape[0]!;
  const wanted = `${name} [${['n', ...port.shape].join(', ')}]`;
  throw new HttpError(400, `expected ${port.name} as ${wanted}, got ${datatype} [${shape.join(', ')}]`);
}

const rowOf = (data: Numbers, { row, rows }: { row: number; rows: number }): Numbers =>
  data.subarray((row * data.length) / rows, ((row + 1) * data.length) / rows);

/** Bytes of so many elements of an input. */
export const bytesOf = (port: Port, length: number): number => length * datatypeOf(port).array.BYTES_PER_ELEMENT;

/** Little-endian elements, as the engine's machines have them: bytes as they are, copied where elements must lie at multiples of their size. */
export function fromBytes(port: Port, bytes: Uint8Array): Numbers {
  const { array } = datatypeOf(port);
  return array.BYTES_PER_ELEMENT === 1 ? bytes : new array(new Uint8Array(bytes).buffer);
}

/** @throws HttpError 400 for another number of numbers, or some that do not fit */
export function fromNumbers(port: Port, data: readonly unknown[], length: number): Numbers {
  const { array, fits, range } = datatypeOf(port);
  if (data.length !== length)
    throw new HttpError(400, `expected ${length} numbers for ${port.name}, got ${data.length}`);
  const numbers = new array(length);
  for (let i = 0; i < length; i++) {
    if (!fits(data[i])) throw new HttpError(400, `expected ${range} for ${port.name}, got ${excerpt(data[i])}`);
    numbers[i] = data[i] as number;
  }
  return numbers;
}

const excerpt = (value: unknown): string => `${JSON.stringify(value)}`.slice(0, 40);

/** What an output of rows is. */
export const describe = (port: Port, rows: readonly Numbers[]) => ({
  name: port.name,
  shape: [rows.length, ...port.shape],
  datatype: datatypeOf(port).name,
});

/** All rows in memory of their own. */
export function joined(rows: readonly Numbers[]): Numbers {
  const length = rows.reduce((sum, row) => sum + row.length, 0);
  const all = rows[0] instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length);
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return all;
}

export const toBytes = (rows: readonly Numbers[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(joined(rows).buffer as ArrayBuffer);

/** @throws HttpError 400 for outputs that there are not */
export function checkOutputs(port: Port, wanted: readonly { readonly name: string }[]): void {
  const other = wanted.find(({ name }) => name !== port.name);
  if (other) throw new HttpError(400, `no output is called '${other.name}': expected ${port.name}`);
}
