/** Model files on disk. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { isForeign } from './foreign-names.js';
import { KEY, type Model, modelFile, modelOf } from './model.js';
import { openSafetensors } from './open-safetensors.js';
import { readSafetensors, writeSafetensors } from './safetensors-file.js';

/** How a model is read. */
export interface ReadModelOptions {
  /**
   * Whether the weights of a file that this program wrote stay in it until they are asked for; the file must not be written to meanwhile. Others are
   * read at once. Default false.
   */
  readonly lazy?: boolean | undefined;
}

/**
 * The model of a `.safetensors` or `.onnx` file, the best one of a run folder, or whatever `importWeights` takes, as it sees it: checkpoints of PyTorch,
 * archives of NumPy, safetensors of other programs, folders of Hugging Face's and timm's.
 */
export async function readModel(path: string, { lazy = false }: ReadModelOptions = {}): Promise<Model> {
  const file = await modelPath(path);
  if (file.endsWith('.onnx')) {
    const { decodeOnnxModel } = await import('./onnx-model.js'); // the format is large, and seldom asked for
    return decodeOnnxModel(await readFile(file), file);
  }
  const isFolder = (await stat(file)).isDirectory();
  const opened = isForeign(file) || isFolder ? undefined : await openSafetensors(file);
  if (opened?.metadata[KEY] === undefined) {
    const { importWeights } = await import('./import.js');
    return (await importWeights(file)).model;
  }
  return lazy
    ? { ...modelOf(opened, file), expectSame: opened.expectSame }
    : modelOf(await readSafetensors(file), file);
}

/** Writes the whole file or none. */
export const writeModel = (
  path: string,
  model: Pick<Model, 'card' | 'weights'>,
  extra: Readonly<Record<string, string>> = {},
): Promise<void> => writeSafetensors(path, modelFile(model, extra));

/** `MODEL` on the command line: the file itself, a run folder's best (its last, before the first epoch is over), or a folder with a config.json. */
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
  const { weightsIn } = await import('./folder/weights.js');
  if (await weightsIn(path)) return path;
  throw new UserError(
    `${path} holds no best.safetensors or last.safetensors: is it the folder of a run? Nor has it model.safetensors or pytorch_model.bin`,
  );
}
