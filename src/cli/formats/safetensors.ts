/** Safetensors files: a model with its description, or weights alone. */
import { writeBareSafetensors, writeCheckedModel } from '../../weights/export/safetensors.js';
import type { Write } from './format.js';

export const writeSafetensorsModel: Write = async (out, model, { bare = false, names }) => {
  await (bare || names ? writeBareSafetensors(out, model, { names: names ?? 'own' }) : writeCheckedModel(out, model));
  return undefined;
};
