/** Folders as Hugging Face's hub has them: weights, and JSON files that say what they are. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { UserError } from '../../errors.js';
import type { Description } from '../description.js';
import { type ForeignTensors, withForeignFile } from '../foreign-file.js';
import { readJson } from '../json-file.js';
import { Config, describeConfig, describePreprocessor, Preprocessor } from './huggingface.js';
import { describeTimm, TimmConfig } from './timm.js';
import { isIndex, noWeights, weightsIn, withShards } from './weights.js';

/** What a description was made by, and an interpolation in it that there is not here. */
interface Described {
  readonly program: string;
  readonly description: Description;
  readonly unknown?: string;
}

/** What tells whose folder it is. */
const Kind = v.object({ model_type: v.optional(v.string()), architecture: v.optional(v.string()) });

export interface FolderOptions {
  readonly key?: string | undefined;
  /** Given by whoever imports; otherwise one that there is not here is an error. */
  readonly interpolation?: string | undefined;
}

/**
 * Opens the weights of a folder for as long as `use` takes, with what config.json and preprocessor_config.json say of them.
 * @throws UserError where weights or config.json are missing, or describe something else than a ResNet
 */
export async function withFolder<T>(
  folder: string,
  { key, interpolation }: FolderOptions,
  use: (found: ForeignTensors) => Promise<T>,
): Promise<T> {
  const path = await weightsIn(folder);
  if (path === undefined) throw noWeights(folder);
  const { program, description, unknown } = await described(folder);
  if (unknown !== undefined && interpolation === undefined)
    throw new UserError(
      `${description.by}: images were brought to size by ${unknown}, which there is not here; choose the nearest with --interpolation, such as bicubic`,
    );
  return withWeights(path, { key }, (found) => use({ ...found, format: `${program}, ${found.format}`, description }));
}

/** A file of weights, or an index of several. */
export const withWeights = <T>(
  path: string,
  options: { readonly key?: string | undefined },
  use: (found: ForeignTensors) => Promise<T>,
): Promise<T> => (isIndex(path) ? withShards(path, { key: options.key }, use) : withForeignFile(path, options, use));

async function described(folder: string): Promise<Described> {
  const by = join(folder, 'config.json');
  if (!(await isThere(by)))
    throw new UserError(
      `${folder} has no config.json, which says what its weights are; name the file with the weights, and the network with --net`,
    );
  const { model_type, architecture } = await readJson(by, Kind);
  if (architecture !== undefined && model_type === undefined)
    return { program: 'timm', ...describeTimm(await readJson(by, TimmConfig), by) };
  if (model_type !== 'resnet')
    throw new UserError(
      `${by}: expected model_type resnet (transformers) or an architecture (timm), got model_type ${JSON.stringify(model_type?.slice(0, 40)) ?? 'nothing'}`,
    );
  const network = describeConfig(await readJson(by, Config), by);
  const processor = join(folder, 'preprocessor_config.json');
  if (!(await isThere(processor))) return { program: 'Hugging Face', description: network };
  const { preprocessing, unknown } = describePreprocessor(await readJson(processor, Preprocessor));
  const { channels = 3 } = network.network?.options ?? {};
  // one number stands for all channels
  const spread = (values: readonly number[]) =>
    values.length === 1 ? Array.from({ length: channels }, () => values[0]!) : values;
  const { mean, std, ...rest } = preprocessing;
  return {
    program: 'Hugging Face',
    description: {
      ...network,
      preprocessing: { ...rest, ...(mean && { mean: spread(mean) }), ...(std && { std: spread(std) }) },
    },
    ...(unknown !== undefined && { unknown }),
  };
}

const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false;
