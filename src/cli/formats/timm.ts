/** A folder for timm. */
import { writeTimm } from '../../weights/export/timm.js';
import type { Write } from './format.js';

export const writeTimmFolder: Write = async (out, model) => {
  await writeTimm(out, model);
  return undefined;
};
