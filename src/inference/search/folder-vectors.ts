/** Vectors of folders that are kept: only what is new or changed goes through the network again. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { openImages } from '../../data/dataset.js';
import { fingerprint, type Model } from '../../weights/index.js';
import type { Predictor } from '../index.js';
import { labelOf, type VectorsFile, type WrittenVector } from './vectors-file.js';

/** What vectors depend on besides the image: SHA-256 over weights, network and preprocessing. Ask before the weights move to a runtime. */
export const modelKey = ({ weights, card: { network, preprocessing } }: Model): string =>
  createHash('sha256')
    .update(fingerprint(weights))
    .update(JSON.stringify([network, preprocessing]))
    .digest('hex');

/** Vectors of a folder, and which of them had to be made. */
export interface KeptVectors extends VectorsFile {
  /** Images that went through the network; the others were known. */
  readonly embedded: number;
  /** Whether they differ from what was known. */
  readonly changed: boolean;
}

/**
 * The vectors of images, in natural order of their names. Known ones of the same model are taken where name, time and size of the file are the same;
 * those of images that are not asked for are left out.
 * @param images files, or folders of them at any depth
 * @throws UserError when a path is missing or a folder holds no images
 */
export async function vectorsOf(
  predictor: Pick<Predictor, 'embed'>,
  {
    images,
    model,
    known,
  }: { readonly images: readonly string[]; readonly model: string; readonly known?: VectorsFile | undefined },
): Promise<KeptVectors> {
  const dataset = await openImages(images);
  const names = Array.from({ length: dataset.length }, (_, i) => dataset.describe(i));
  const kept = new Map((known?.model === model ? known.vectors : []).map((one) => [one.image, one]));
  const vectors = new Map<string, WrittenVector>();
  const states = new Map<string, Pick<WrittenVector, 'modified' | 'bytes'>>();
  for (const image of names) {
    const state = await stateOf(image);
    const old = kept.get(image);
    if (old && state.modified !== undefined && old.modified === state.modified && old.bytes === state.bytes)
      vectors.set(image, old);
    else states.set(image, state);
  }
  const reused = vectors.size;
  if (states.size > 0)
    // what comes is a window on a whole batch
    for await (const { image, value } of predictor.embed([...states.keys()]))
      vectors.set(image, { image, label: labelOf(image), vector: value.slice(), ...states.get(image) });
  const inOrder = names.flatMap((image) => vectors.get(image) ?? []); // without those that could not be read
  return {
    vectors: inOrder,
    model,
    embedded: inOrder.length - reused,
    changed: inOrder.length > reused || reused !== known?.vectors.length,
  };
}

async function stateOf(image: string): Promise<Pick<WrittenVector, 'modified' | 'bytes'>> {
  const file = await stat(image).catch(() => undefined); // embedding says what is wrong with it
  return file ? { modified: file.mtimeMs, bytes: file.size } : {};
}
