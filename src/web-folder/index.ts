/** A folder that any static server can serve: a page that runs a model in the browser, and all that it needs. */
import { createHash } from 'node:crypto';
import { latentLength } from '../models/index.js';
import { type FolderContents, writeFolderAtomically } from '../weights/atomic-folder.js';
import type { Model } from '../weights/index.js';
import type { FetchedFile, PageDescription } from './description.js';
import { documentOf } from './document.js';
import { ENGINE, engineFiles } from './engine-files.js';
import { pageScripts } from './page-scripts.js';
import { STYLE } from './style.js';

export interface Exhibit {
  readonly model: Pick<Model, 'card' | 'network'>;
  /** The bytes of an ONNX file that takes `images` uint8 [n, h, w, c], or `vectors` of a model that makes images. */
  readonly onnx: Uint8Array;
}

/**
 * Writes the whole folder or none; resolves to its size in bytes.
 * @throws UserError when something is there already, or cannot be written
 */
export async function writeWebFolder(folder: string, { model, onnx }: Exhibit): Promise<number> {
  const [engine, scripts] = await Promise.all([engineFiles(), pageScripts()]);
  const description = describe(model, {
    model: fetched('model.onnx', onnx),
    engine: { module: ENGINE.module, code: fetched(ENGINE.code, engine[ENGINE.code]!) },
  });
  const files: Readonly<Record<string, Uint8Array | string>> = {
    'index.html': documentOf(description),
    'style.css': STYLE,
    'model.json': `${JSON.stringify(description, null, 2)}\n`,
    'model.onnx': onnx,
    ...scripts,
    ...engine,
  };
  const contents: FolderContents = Object.fromEntries(
    Object.entries(files).map(([path, file]) => [path, typeof file === 'string' ? file : [file]]),
  );
  await writeFolderAtomically(folder, contents);
  return Object.values(files).reduce((sum, file) => sum + Buffer.byteLength(file), 0);
}

const fetched = (path: string, file: Uint8Array | string): FetchedFile => ({
  path,
  bytes: Buffer.byteLength(file),
  sha256: createHash('sha256').update(file).digest('hex'),
});

function describe(
  { card, network }: Exhibit['model'],
  files: Pick<PageDescription, 'model' | 'engine'>,
): PageDescription {
  const { task, classes, preprocessing, metrics } = card;
  const latent = task === 'generate' ? latentLength(network.config, classes.length) : undefined;
  return {
    format: 1,
    task,
    name: network.name,
    classes,
    preprocessing,
    metrics,
    ...(latent !== undefined && { latent }),
    ...files,
  };
}
