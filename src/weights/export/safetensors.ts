/** Safetensors files: weights alone, under anybody's names, or a model with its description. */
import { writeAtomically } from '../atomic.js';
import { writeModel } from '../model-file.js';
import { bareSafetensors } from './folder.js';
import { checkedOrder, type Exported, type Names } from './state-dict.js';

/**
 * Writes weights alone, with metadata `{ format: 'pt' }`, as PyTorch's programs expect.
 * @throws UserError for weights that the names cannot say
 */
export async function writeBareSafetensors(
  path: string,
  model: Exported,
  { names = 'own' as Names } = {},
): Promise<void> {
  await writeAtomically(path, bareSafetensors(model, names));
}

/** Writes a model that is read again. @throws UserError for weights that its description does not tell of, such as 8-bit ones */
export async function writeCheckedModel(path: string, model: Exported): Promise<void> {
  checkedOrder(model);
  await writeModel(path, model);
}
