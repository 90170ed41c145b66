/** Vectors of images as Parquet, for data frames and databases: https://parquet.apache.org/docs/file-format/ */
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { UserError } from '../../errors.js';
import type { VectorsFile, WrittenVector } from './vectors-file.js';

/** Under this key of the file's metadata stands what the vectors were made by. */
const MODEL = 'resmirror.model';

const schema: SchemaElement[] = [
  { name: 'root', num_children: 5 },
  { name: 'image', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'label', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'modified', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
  { name: 'bytes', type: 'INT64', repetition_type: 'OPTIONAL' },
  { name: 'embedding', converted_type: 'LIST', num_children: 1, repetition_type: 'REQUIRED' },
  { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
  { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
];

/** Numbers of a row group: the library takes an object of each of them while it writes. */
const GROUP = 2 ** 20;

/** A file in chunks: image, label, modified (ms), bytes, and embedding as list<float32>. */
export function* parquetChunks({ vectors, model }: VectorsFile): Generator<Uint8Array> {
  const writer = new ByteWriter();
  // numbers of a network hardly compress, and few of them are equal
  const parquet = new ParquetWriter({
    writer,
    schema,
    codec: 'UNCOMPRESSED',
    kvMetadata: model === undefined ? [] : [{ key: MODEL, value: model }],
    createdBy: 'resmirror',
  });
  const written = function* () {
    yield writer.getBytes().slice();
    writer.index = 0;
  };
  const rows = Math.max(1, Math.floor(GROUP / (vectors[0]?.vector.length || 1)));
  for (let from = 0; from < vectors.length; from += rows) {
    const part = vectors.slice(from, from + rows);
    parquet.write({
      columnData: [
        { name: 'image', data: part.map(({ image }) => image) },
        { name: 'label', data: part.map(({ label }) => label) },
        { name: 'modified', data: part.map(({ modified }) => modified ?? null) },
        { name: 'bytes', data: part.map(({ bytes }) => (bytes === undefined ? null : BigInt(bytes))) },
        { name: 'embedding', data: part.map(({ vector }) => [...vector]), encoding: 'PLAIN', statistics: false },
      ],
      rowGroupSize: rows,
    });
    yield* written();
  }
  parquet.finish();
  yield* written();
}

/** More than a machine holds in memory. */
const MAX_ROWS = 10_000_000;
/** Columns that are asked for; others may stand beside them. */
const NEEDED = ['image', 'embedding'];
const WANTED = [...NEEDED, 'label', 'modified', 'bytes'];

/** In this thread, which a damaged file may keep busy for ever: `readParquet` is for others. @throws UserError */
export async function readParquetHere(path: string): Promise<VectorsFile> {
  const fail = (reason: string) =>
    new UserError(
      `Cannot read ${path}: ${reason}. Files of vectors are written by 'resmirror embed' and 'search --index'.`,
    );
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    const names = metadata.schema.map(({ name }) => name);
    const missing = NEEDED.filter((name) => !names.includes(name));
    if (missing.length > 0) throw fail(`it has no column ${missing.join(' and ')}`);
    const numbers = metadata.row_groups
      .flatMap(({ columns }) => columns)
      .reduce((sum, { meta_data }) => sum + Number(meta_data?.num_values ?? 0), 0);
    // a number takes four bytes, or fewer where many are equal: not a hundredth of that
    if (Number(metadata.num_rows) > MAX_ROWS || numbers > 32 * file.byteLength)
      throw fail(`it claims ${metadata.num_rows} rows and ${numbers} numbers in ${file.byteLength} bytes`);
    const columns = WANTED.filter((name) => names.includes(name));
    const vectors: WrittenVector[] = [];
    for (let start = 0; start < Number(metadata.num_rows); ) {
      // a part at a time: lists of JavaScript take several times the room of the numbers in them
      const end = Math.min(
        Number(metadata.num_rows),
        start + Math.max(1, Math.floor(GROUP / (vectors[0]?.vector.length ?? GROUP))),
      );
      const rows = await parquetReadObjects({ file, metadata, columns, rowStart: start, rowEnd: end });
      if (rows.length !== end - start) throw fail('it is cut short');
      for (const row of rows) vectors.push(vectorOf(row, fail));
      start = end;
    }
    const model = metadata.key_value_metadata?.find(({ key }) => key === MODEL)?.value;
    return { vectors, ...(model !== undefined && { model }) };
  } catch (error) {
    throw error instanceof UserError ? error : fail(`as Parquet: ${(error as Error).message}`);
  }
}

function vectorOf(row: Record<string, unknown>, fail: (reason: string) => Error): WrittenVector {
  const { image, label, modified, bytes, embedding } = row;
  if (typeof image !== 'string') throw fail('its column image holds more than texts');
  if (!Array.isArray(embedding) || !embedding.every((value) => typeof value === 'number'))
    throw fail('its column embedding holds more than lists of numbers');
  return {
    image,
    label: typeof label === 'string' ? label : '',
    vector: Float32Array.from(embedding as number[]),
    ...(typeof modified === 'number' && { modified }),
    ...(typeof bytes === 'bigint' && { bytes: Number(bytes) }),
  };
}
