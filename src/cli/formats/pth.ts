/** Checkpoints for PyTorch: a state_dict. */
import { writeTorch } from '../../weights/export/torch.js';
import type { Write } from './format.js';

export const writeCheckpoint: Write = async (out, model, { names = 'own' }) => {
  await writeTorch(out, model, { names });
  return undefined;
};
