/** A folder for Hugging Face's transformers. */
import { writeHuggingFace } from '../../weights/export/huggingface.js';
import type { Write } from './format.js';

export const writeHuggingFaceFolder: Write = async (out, model) => {
  await writeHuggingFace(out, model);
  return undefined;
};
