/** Safetensors files: a model with its description, or weights alone. */
import { writeModel, writeSafetensors } from '../../weights/index.js';
import type { Write } from './format.js';

export const writeSafetensorsModel: Write = async (out, model, { bare = false }) => {
  const tensors = Object.entries(model.weights);
  await (bare ? writeSafetensors(out, { tensors, metadata: { format: 'pt' } }) : writeModel(out, model));
  return undefined;
};
