/** Files of other programs: what they are is told from their first bytes, whatever they are called. */
import { Allowance } from './allowance.js';
import { Archive, ZIP_START } from './archive.js';
import { type ByteSource, unreadable, withFile } from './byte-source.js';
import { type Description, describeModel } from './description.js';
import { isNumpyArchive, readNpz } from './npz.js';
import { SAFETENSORS_START, storedSafetensors } from './stored-safetensors.js';
import type { StoredTensor } from './stored-tensor.js';
import { LEGACY_START, readLegacy } from './torch/legacy.js';
import { stateOf } from './torch/state.js';
import { isTorchArchive, readZipped } from './torch/zipped.js';

export interface ForeignTensors {
  /** What wrote it. */
  readonly format: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly allowance: Allowance;
  /** What is said of the network beside its weights. */
  readonly description?: Description | undefined;
}

export interface Opened extends Pick<ForeignTensors, 'allowance'> {
  readonly file: ByteSource;
  readonly key: string | undefined;
}

type Found = Omit<ForeignTensors, 'allowance'>;

/** Bytes at the start of a file, or `at` a place in it -> how it is read. */
const formats: readonly {
  readonly start: readonly number[];
  readonly at?: number;
  readonly read: (opened: Opened) => Promise<Found>;
}[] = [
  // first, since the length of a header may begin as any other format does; none of these has a brace there
  { start: SAFETENSORS_START.bytes, at: SAFETENSORS_START.at, read: readBare },
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

/** Safetensors; a model of this program describes itself. */
async function readBare({ file }: Opened): Promise<Found> {
  const { metadata, tensors } = await storedSafetensors(file);
  return { format: 'safetensors', tensors, description: describeModel(metadata, file.name) };
}

/** The longest beginning that a format is told by. */
const HEAD = 16;

/** What a file holds. @throws UserError that names the file and the reason */
export async function tensorsIn(opened: Opened): Promise<Found> {
  const { file } = opened;
  const head = await file.read(0, Math.min(file.size, HEAD));
  const format = formats.find(({ start, at = 0 }) => start.every((byte, i) => head[at + i] === byte));
  if (format) return format.read(opened);
  throw unreadable(
    file.name,
    'it begins like neither a PyTorch checkpoint nor a NumPy archive nor safetensors',
    'Fetch it again, or save it with torch.save, numpy.savez or safetensors.',
  );
}

/**
 * Opens a PyTorch checkpoint, a NumPy archive or a safetensors file for as long as `use` takes; tensors are read one by one, when they are asked for.
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
    const allowance = new Allowance(file);
    return use({ ...(await tensorsIn({ file, key, allowance })), allowance });
  });
}
