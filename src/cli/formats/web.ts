/** A folder with a page that runs the model in browsers. */
import { writeWebFolder } from '../../web-folder/index.js';
import type { Write } from './format.js';
import { onnxOf } from './onnx.js';

export const writeWebPage: Write = (out, model) =>
  writeWebFolder(out, { model, onnx: onnxOf(model, { pixels: true }) });
