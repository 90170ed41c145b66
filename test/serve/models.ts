/** Tiny models in files, and a server that answers without a socket. */
import { join } from 'node:path';
import { openServing, type Serving, type ServingOptions } from '../../src/serve/index.js';
import { writeModel } from '../../src/weights/index.js';
import { drawing } from '../data/fixtures.js';
import { models } from '../web-folder/models.js';

export { CLASSES, models, size } from '../web-folder/models.js';

/** Writes a model; where. */
export async function written(folder: string, name: keyof typeof models, as: string = name): Promise<string> {
  const path = join(folder, `${as}.safetensors`);
  await writeModel(path, models[name]);
  return path;
}

/** A server of these models, each under its name. */
export async function serving(
  folder: string,
  names: readonly (keyof typeof models)[],
  options: Partial<ServingOptions> = {},
): Promise<Serving> {
  const given = await Promise.all(names.map(async (name) => ({ name, path: await written(folder, name) })));
  return openServing({ models: given, threads: 1, reload: 0, ...options });
}

/** The bytes of a small JPEG, different for each number. */
export const photo = (number = 0): Promise<Uint8Array> =>
  drawing(30 + number, 40, (number * 37) % 256)
    .jpeg()
    .toBuffer();

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | FormData;
  readonly signal?: AbortSignal;
}

/** Asks without a socket. */
export const call = ({ fetch }: Pick<Serving, 'fetch'>, path: string, { body, ...rest }: Call = {}) =>
  fetch(
    new Request(`http://here${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      ...(body !== undefined && { body: body as string }),
      ...rest,
    }),
  );

export const post = (server: Pick<Serving, 'fetch'>, path: string, body: unknown, headers: Call['headers'] = {}) =>
  call(server, path, { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } });

export const jsonOf = async (
  response: Response | Promise<Response>,
): Promise<Record<string, never> & { error: string }> => (await response).json() as never;
