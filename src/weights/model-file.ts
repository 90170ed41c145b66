/** Model files on disk. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { isForeign } from './foreign-names.js';
import { type Model, modelFile, modelOf } from './model.js';
import { readSafetensors, writeSafetensors } from './safetensors-file.js';

/** The model of a `.safetensors` or `.onnx` file, of a PyTorch checkpoint or NumPy archive as `importWeights` sees it, or the best one of a run folder. */
export async function readModel(path: string): Promise<Model> {
  const file = await modelPath(path);
  if (file.endsWith('.onnx')) {
    const { decodeOnnxModel } = await import('./onnx-model.js'); // the format is large, and seldom asked for
    return decodeOnnxModel(await readFile(file), file);
  }
  if (isForeign(file)) {
    const { importWeights } = await import('./import.js');
    return (await importWeights(file)).model;
  }
  return modelOf(await readSafetensors(file), file);
}

/** Writes the whole file or none. */
export const writeModel = (
  path: string,
  model: Pick<Model, 'card' | 'weights'>,
  extra: Readonly<Record<string, string>> = {},
): Promise<void> => writeSafetensors(path, modelFile(model, extra));

/** `MODEL` on the command line: the file itself, or a run folder's best (its last, before the first epoch is over). */
export async function modelPath(path: string): Promise<string> {
  const kind = await stat(path).catch(() => undefined);
  if (!kind)
    throw new UserError(
      `no model at ${path}: expected a .safetensors or .onnx file, a PyTorch checkpoint or the folder of a run`,
    );
  if (!kind.isDirectory()) return path;
  for (const name of ['best.safetensors', 'last.safetensors']) {
    const file = join(path, name);
    if (await stat(file).catch(() => undefined)) return file;
  }
  throw new UserError(`${path} holds no best.safetensors or last.safetensors: is it the folder of a run?`);
}
