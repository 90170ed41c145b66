/** A folder with a page that runs the model in browsers. */
import { writeWebFolder } from '../../web-folder/index.js';
import type { Write } from './format.js';
import { onnxBytes } from './onnx.js';

export const writeWebPage: Write = async (out, model) => {
  const { bytes } = await onnxBytes(model, { pixels: true });
  return writeWebFolder(out, { model, onnx: bytes });
};
