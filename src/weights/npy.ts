/** NumPy's file format, version 1.0: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
import { endianness } from 'node:os';

const MAGIC = [0x93, ...Buffer.from('NUMPY'), 1, 0];
/** Data begin at a multiple of this. */
const ALIGNMENT = 64;

/** A float32 matrix [rows, length] as a .npy file in chunks: the header, then a chunk per row. Rows are of one length. */
export function* npyRows(rows: readonly Float32Array[]): Generator<Uint8Array> {
  yield header([rows.length, rows[0]?.length ?? 0]);
  for (const row of rows) yield littleEndian(row);
}

/** Magic, length of the rest in two bytes, and a Python dictionary padded with spaces to the alignment. */
function header(shape: readonly [number, number]): Uint8Array {
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`;
  const fixed = MAGIC.length + 2;
  const total = Math.ceil((fixed + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT;
  const text = `${dictionary.padEnd(total - fixed - 1)}\n`;
  const start = Buffer.from([...MAGIC, text.length & 0xff, text.length >> 8]);
  return Buffer.concat([start, Buffer.from(text)]);
}

function littleEndian(row: Float32Array): Uint8Array {
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32();
}
