/** Checkpoints for PyTorch: https://github.com/pytorch/pytorch/blob/v1.13.1/torch/serialization.py (_save) */
import { writeAtomically } from '../atomic.js';
import { pickleOf } from './pickle.js';
import { type Exported, type Names, stateDict } from './state-dict.js';
import { type ZipRecord, zipChunks } from './zip.js';

/** The folder in the archive; readers take any. */
const FOLDER = 'archive';
/** Of the archive's layout. */
const VERSION = '3\n';

/**
 * Writes a state_dict that `torch.load` reads, also with weights_only=True, and `load_state_dict(strict=True)` accepts.
 * @param names whose names the weights have; by default this project's, which are torchvision's where it has any
 * @throws UserError for weights that the names cannot say, or as writeAtomically does
 */
export async function writeTorch(path: string, model: Exported, { names = 'own' as Names } = {}): Promise<void> {
  const tensors = stateDict(model, names);
  const record = (name: string, data: Uint8Array): ZipRecord => ({ name: `${FOLDER}/${name}`, data });
  const records = [
    record('data.pkl', pickleOf(tensors)),
    record('byteorder', Buffer.from('little')),
    ...tensors.map(([, { data }], i) =>
      record(`data/${i}`, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
    ),
    record('version', Buffer.from(VERSION)),
  ];
  await writeAtomically(path, zipChunks(records));
}
