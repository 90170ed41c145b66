/** Files of other programs: what they are is told from their first bytes, whatever they are called. */
import { Allowance } from './allowance.js';
import { Archive, ZIP_START } from './archive.js';
import { type ByteSource, unreadable, withFile } from './byte-source.js';
import { HDF5_START } from './hdf5/file.js';
import { isKerasArchive, type KerasTensors, readKeras, readKerasArchive } from './keras/read.js';
import { isNumpyArchive, readNpz } from './npz.js';
import type { StoredTensor } from './stored-tensor.js';
import { LEGACY_START, readLegacy } from './torch/legacy.js';
import { stateOf } from './torch/state.js';
import { isTorchArchive, readZipped } from './torch/zipped.js';

export interface ForeignTensors {
  /** What wrote it. */
  readonly format: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly allowance: Allowance;
  /** What all networks of a program have in common, and no weight tells; names are translated already where there are any. */
  readonly habits?: KerasTensors['habits'];
}

interface Opened extends Pick<ForeignTensors, 'allowance'> {
  readonly file: ByteSource;
  readonly key: string | undefined;
}

interface Found extends Omit<ForeignTensors, 'allowance'> {
  /** What is to be done when its tensors are read. */
  readonly close?: () => Promise<void>;
}

/** First bytes -> how the file is read. */
const formats: readonly { readonly start: readonly number[]; readonly read: (opened: Opened) => Promise<Found> }[] = [
  { start: ZIP_START, read: readArchive },
  { start: HDF5_START, read: ({ file, allowance }) => readKeras(file, { allowance }) },
  {
    start: LEGACY_START,
    read: async ({ file, key }) => ({
      format: 'PyTorch, before 1.6',
      tensors: stateOf(await readLegacy(file), { name: file.name, key }),
    }),
  },
];

async function readArchive({ file, key, allowance }: Opened): Promise<Found> {
  const archive = await Archive.open(file, allowance);
  if (isTorchArchive(archive))
    return { format: 'PyTorch', tensors: stateOf(await readZipped(file, archive), { name: file.name, key }) };
  if (isNumpyArchive(archive)) return { format: 'NumPy', tensors: await readNpz(file, archive) };
  if (isKerasArchive(archive)) return readKerasArchive(archive, allowance);
  throw unreadable(
    file.name,
    'it is an archive without data.pkl (PyTorch), .npy records (NumPy) or model.weights.h5 (Keras)',
  );
}

/**
 * Opens a PyTorch checkpoint, a NumPy archive or a Keras file for as long as `use` takes; tensors are read one by one, when they are asked for.
 * Nothing in it is executed.
 * @param key the entry of a checkpoint that holds the weights; state_dict, model and model_ema are tried without it
 * @throws UserError that names the file and the reason
 */
export function withForeignFile<T>(
  path: string,
  { key }: { readonly key?: string | undefined },
  use: (found: ForeignTensors) => Promise<T>,
): Promise<T> {
  return withFile(path, async (file) => {
    const head = await file.read(0, Math.min(file.size, 8));
    const format = formats.find(({ start }) => start.every((byte, i) => head[i] === byte));
    if (!format)
      throw unreadable(
        path,
        "it begins like none of a PyTorch checkpoint, a NumPy archive and Keras's HDF5",
        'Save it again with torch.save, numpy.savez or model.save.',
      );
    const allowance = new Allowance(file);
    const { close, ...found } = await format.read({ file, key, allowance });
    try {
      return await use({ ...found, allowance });
    } finally {
      await close?.();
    }
  });
}
