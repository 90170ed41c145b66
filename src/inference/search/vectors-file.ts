/** Vectors of images on disk: Parquet with everything about them, or NumPy's .npy with the names in a text file beside it. */
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { UserError } from '../../errors.js';
import { Allowance } from '../../weights/allowance.js';
import { withFile } from '../../weights/byte-source.js';
import { npyRows, writeAtomically } from '../../weights/index.js';
import { readNpy } from '../../weights/npz.js';
import { readFloats } from '../../weights/stored-tensor.js';
import type { ImageVector } from './image-index.js';

export interface WrittenVector extends ImageVector {
  /** When the file was last written to, in milliseconds since 1970, and its size: whether it is still the same. */
  readonly modified?: number;
  readonly bytes?: number;
}

/** What a file of vectors holds. */
export interface VectorsFile {
  readonly vectors: readonly WrittenVector[];
  /** What they were made by (`modelKey`). */
  readonly model?: string;
}

interface Format {
  readonly read: (path: string) => Promise<VectorsFile>;
  /** Writes the whole file or none. Resolves to the files written. */
  readonly write: (path: string, file: VectorsFile) => Promise<readonly string[]>;
}

const namesBeside = (path: string) => path.replace(/\.npy$/, '.txt');

/** Ending -> format. */
const formats: Readonly<Record<string, Format>> = {
  '.parquet': {
    read: async (path) => (await import('./parquet-file.js')).readParquet(path),
    async write(path, file) {
      const { parquetChunks } = await import('./parquet.js');
      await writeAtomically(path, parquetChunks(file));
      return [path];
    },
  },
  '.npy': {
    read: readArray,
    async write(path, { vectors }) {
      await writeAtomically(path, npyRows(vectors.map(({ vector }) => vector)));
      await writeAtomically(namesBeside(path), vectors.map(({ image }) => `${image}\n`).join(''));
      return [path, namesBeside(path)];
    },
  },
};
export const VECTOR_ENDINGS = Object.keys(formats);

/** Whether a path is called as a file of vectors. */
export const isVectorsFile = (path: string): boolean => VECTOR_ENDINGS.some((ending) => path.endsWith(ending));

const formatOf = (path: string): Format => {
  const ending = VECTOR_ENDINGS.find((one) => path.endsWith(one));
  if (!ending) throw new UserError(`expected a file of vectors ending in ${VECTOR_ENDINGS.join(' or ')}, got ${path}`);
  return formats[ending]!;
};

/** @throws UserError that names the file and the reason */
export const readVectors = async (path: string): Promise<VectorsFile> => formatOf(path).read(path);

/** The files written: a `.npy` has its names in a text file of the same name beside it. */
export const writeVectors = async (path: string, file: VectorsFile): Promise<readonly string[]> =>
  formatOf(path).write(path, file);

/** An image's label: the folder that it lies in, as in folders of classes. */
export const labelOf = (image: string): string => basename(dirname(image));

async function readArray(path: string): Promise<VectorsFile> {
  const list = namesBeside(path);
  const names = await readFile(list, 'utf8').catch((error: Error) => {
    throw new UserError(`cannot read ${list}, where the names of the images of ${path} should be: ${error.message}`);
  });
  const images = names.split('\n').filter((name) => name !== '');
  return withFile(path, async (file) => {
    const { data, shape } = await readFloats(await readNpy(file), new Allowance(file));
    if (shape.length !== 2 || shape[0] !== images.length)
      throw new UserError(`expected ${path} as [${images.length}, length] by the names in ${list}, got [${shape}]`);
    const length = shape[1]!;
    const vectors = images.map((image, i) => ({
      image,
      label: labelOf(image),
      vector: data.subarray(i * length, (i + 1) * length),
    }));
    return { vectors };
  });
}
