/** Files of other programs: what they are is told from their first bytes, whatever they are called. */
import { Allowance } from './allowance.js';
import { Archive, ZIP_START } from './archive.js';
import { type ByteSource, unreadable, withFile } from './byte-source.js';
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
}

interface Opened extends Omit<ForeignTensors, 'tensors' | 'format'> {
  readonly file: ByteSource;
  readonly key: string | undefined;
}

type Found = Pick<ForeignTensors, 'format' | 'tensors'>;

/** First bytes -> how the file is read. */
const formats: readonly { readonly start: readonly number[]; readonly read: (opened: Opened) => Promise<Found> }[] = [
  { start: ZIP_START, read: readArchive },
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
  throw unreadable(file.name, 'it is an archive without data.pkl (PyTorch) or .npy records (NumPy)');
}

/**
 * Opens a PyTorch checkpoint or a NumPy archive for as long as `use` takes; tensors are read one by one, when they are asked for.
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
        'it begins like neither a PyTorch checkpoint nor a NumPy archive',
        'Save it again with torch.save or numpy.savez.',
      );
    const allowance = new Allowance(file);
    return use({ ...(await format.read({ file, key, allowance })), allowance });
  });
}
