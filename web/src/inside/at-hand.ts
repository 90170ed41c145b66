/** All images that were given since the page was opened: together they say how images differ. */
import { signal } from '@preact/signals';
import { Failure } from './failure.js';
import { imageOf } from './images.js';
import type { OpenedModel } from './opened-model.js';

/** Enough to tell directions by. */
const MOST = 500;

export interface GivenImage {
  readonly file: Blob;
  readonly name: string;
}

/** The latest last. */
export const atHand = signal<readonly GivenImage[]>([]);

export function keepAtHand(given: readonly GivenImage[]): void {
  const news = given.filter(({ file }) => !atHand.value.some((one) => one.file === file));
  if (news.length > 0) atHand.value = [...atHand.value, ...news].slice(-MOST);
}

/** Each is computed once for a model; nothing for those that cannot be read. */
const known = new WeakMap<OpenedModel, WeakMap<Blob, Float32Array | undefined>>();

/** Vectors of those of the images that can be read. */
export async function vectorsOf(model: OpenedModel, given: readonly GivenImage[]): Promise<readonly Float32Array[]> {
  const vectors = known.get(model) ?? new WeakMap<Blob, Float32Array | undefined>();
  known.set(model, vectors);
  for (const { file, name } of given) {
    if (vectors.has(file)) continue;
    const seen = await imageOf(file, name, model.card.preprocessing).catch((error: unknown) => {
      if (error instanceof Failure) return undefined;
      throw error;
    });
    vectors.set(file, seen && (await model.embed(seen.pixels)));
  }
  return given.flatMap(({ file }) => vectors.get(file) ?? []);
}
