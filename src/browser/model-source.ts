/** Where a page has its models from. */
import { type Model, modelOf } from '../weights/model.js';
import { decodeSafetensors } from '../weights/safetensors.js';

/** What a model is opened by: an address that the page may fetch, a file, or its bytes. */
export type ModelSource = string | URL | Blob | ArrayBuffer | Uint8Array;

/**
 * Reads a model file (`.safetensors`, as runs have it).
 * @throws UserError for files that hold no model, Error for addresses that cannot be fetched
 */
export async function fetchModel(source: ModelSource): Promise<Model> {
  const name = source instanceof File ? source.name : typeof source === 'string' ? source : 'the model';
  return modelOf(decodeSafetensors(await bytesOf(source), { name }), name);
}

async function bytesOf(source: ModelSource): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  const answer = await fetch(source);
  if (!answer.ok) throw new Error(`${source} could not be fetched: the server says ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}
