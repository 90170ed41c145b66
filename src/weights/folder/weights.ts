/** The weights in a folder: one file, or shards that an index names. */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { UserError } from '../../errors.js';
import { Allowance } from '../allowance.js';
import { type ByteSource, unreadable, withFile } from '../byte-source.js';
import { type ForeignTensors, type Opened, tensorsIn } from '../foreign-file.js';
import { readJson } from '../json-file.js';
import type { StoredTensor } from '../stored-tensor.js';

/** Files that hold weights, the best first. https://huggingface.co/docs/transformers/main_classes/model */
export const WEIGHTS = ['model.safetensors', 'pytorch_model.bin'] as const;
const INDEX = '.index.json';
/** The largest models that there are have some hundreds. */
const MAX_SHARDS = 1000;

/** Whether a file is an index of shards, by its name. */
export const isIndex = (path: string): boolean => path.endsWith(INDEX);

const Index = v.object({ weight_map: v.record(v.string(), v.string()) });

/** The first that is there of all that may hold the weights of a folder. */
export async function weightsIn(folder: string): Promise<string | undefined> {
  for (const name of WEIGHTS.flatMap((one) => [one, `${one}${INDEX}`])) {
    const path = join(folder, name);
    if ((await stat(path).catch(() => undefined))?.isFile()) return path;
  }
  return undefined;
}

/**
 * Opens all shards of an index for as long as `use` takes.
 * @throws UserError for names that lead out of its folder, shards that are missing or hold other tensors than the index says
 */
export async function withShards<T>(
  path: string,
  { key }: Pick<Opened, 'key'>,
  use: (found: ForeignTensors) => Promise<T>,
): Promise<T> {
  const { weight_map: places } = await readJson(path, Index);
  const shards = [...new Set(Object.values(places))];
  const strange = shards.find((name) => !/^[^/\\\0]+$/.test(name) || name === '..' || name === '.');
  if (strange !== undefined)
    throw unreadable(
      path,
      `it names the shard ${JSON.stringify(strange.slice(0, 80))}; shards lie beside it`,
      'Nothing outside of the folder is read.',
    );
  if (shards.length === 0 || shards.length > MAX_SHARDS)
    throw unreadable(path, `it names ${shards.length} shards; expected 1 to ${MAX_SHARDS}`);
  return withFiles(
    shards.map((name) => join(dirname(path), name)),
    async (files) => {
      const allowance = new Allowance({ name: path, size: files.reduce((sum, { size }) => sum + size, 0) });
      const found = [];
      for (const file of files) found.push(await tensorsIn({ file, key, allowance }));
      const tensors = new Map<string, StoredTensor>();
      for (const [i, shard] of found.entries())
        for (const [name, tensor] of shard.tensors) {
          if (places[name] !== shards[i])
            throw unreadable(
              files[i]!.name,
              `it holds ${name.slice(0, 80)}, which the index ${Object.hasOwn(places, name) ? `sees in ${places[name]}` : 'does not know'}`,
            );
          tensors.set(name, tensor);
        }
      const lost = Object.keys(places).find((name) => !tensors.has(name));
      if (lost !== undefined)
        throw unreadable(path, `its tensor ${lost.slice(0, 80)} is not in ${places[lost]}, where it should be`);
      return use({ format: `${found[0]!.format} in ${files.length} shards`, tensors, allowance });
    },
  );
}

/** Several files at once. */
const withFiles = <T>(
  paths: readonly string[],
  use: (files: readonly ByteSource[]) => Promise<T>,
  opened: readonly ByteSource[] = [],
): Promise<T> =>
  opened.length === paths.length
    ? use(opened)
    : withFile(paths[opened.length]!, (file) => withFiles(paths, use, [...opened, file]));

export const noWeights = (folder: string) =>
  new UserError(
    `${folder} holds no weights: expected ${WEIGHTS.join(' or ')}, or ${WEIGHTS[0]}${INDEX} beside its shards`,
  );
