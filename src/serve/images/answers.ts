/** What models say of images, and the pictures that they make. */

import type * as v from 'valibot';
import type { Raster } from '../../inference/overlay.js';
import { type Point, randomPoints } from '../../inference/points.js';
import { HttpError } from '../http-error.js';
import type { Draw } from '../pictures/jobs.js';
import type { ServedModel } from '../served-model.js';
import type { ClassifyQuery, ExplainQuery, GenerateBody } from './schemas.js';

/** One result: facts for JSON, and a picture where there is one. */
export interface Result {
  readonly facts: object;
  readonly picture?: Omit<Draw, 'type'>;
}

/** Pixels [h, w, c] of one image each, as the network sees them. */
type Images = readonly Uint8Array[];

const rasterOf = ({ card }: ServedModel, data: Uint8Array): Raster => {
  const { size, channels } = card.preprocessing;
  return { data, height: size[0], width: size[1], channels };
};

export async function classify(
  model: ServedModel,
  images: Images,
  { top }: v.InferOutput<typeof ClassifyQuery>,
  signal: AbortSignal,
): Promise<Result[]> {
  const { classes } = model.card;
  const answers = await model.ask('classify', images, signal);
  return answers.map((probabilities) => {
    const scores = classes.map((label, i) => ({ label, probability: probabilities[i]! }));
    return { facts: { classes: scores.sort((a, b) => b.probability - a.probability).slice(0, top) } };
  });
}

export async function embed(model: ServedModel, images: Images, _: object, signal: AbortSignal): Promise<Result[]> {
  const vectors = await model.ask('embed', images, signal);
  return vectors.map((vector) => ({ facts: { vector: Array.from(vector) } }));
}

export async function reconstruct(model: ServedModel, images: Images, _: object, signal: AbortSignal) {
  const made = await model.ask('reconstruct', images, signal);
  return made.map((pixels): Result => ({ facts: {}, picture: { picture: rasterOf(model, pixels as Uint8Array) } }));
}

/** @throws HttpError 400 for classes and stages that there are not */
export async function explain(
  model: ServedModel,
  images: Images,
  { class: name, stage }: v.InferOutput<typeof ExplainQuery>,
  signal: AbortSignal,
): Promise<Result[]> {
  const { classes } = model.card;
  const only = name === undefined ? undefined : classNumber(classes, name);
  if (stage !== undefined && stage > model.stages)
    throw new HttpError(400, `expected a stage from 1 to ${model.stages}, got ${stage}`);
  const scores = await model.ask('classify', images, signal);
  const chosen = scores.map((one) => only ?? one.indexOf(Math.max(...one)));
  const asked = images.map((pixels, i) => ({ pixels, class: chosen[i]! }));
  const maps = await model.explain(asked, { stage }, signal);
  return maps.map((map, i) => ({
    facts: { label: classes[chosen[i]!]!, probability: scores[i]![chosen[i]!]! },
    picture: { picture: rasterOf(model, images[i]!), map },
  }));
}

/** @throws HttpError 400 for classes that there are not, and vectors of another length */
export async function generate(
  model: ServedModel,
  { count, seed, class: name, vectors }: v.InferOutput<typeof GenerateBody>,
  signal: AbortSignal,
): Promise<Result[]> {
  const { latent, classes } = model.space!;
  const only = name === undefined ? undefined : classNumber(classes, name);
  const points: readonly Point[] = vectors
    ? vectors.map((vector, i) => ({
        vector: Float32Array.from(vector),
        ...(classes.length > 0 && { class: only ?? i % classes.length }),
      }))
    : randomPoints({ latent, classes }, { count, seed, class: only });
  const wrong = points.find(({ vector }) => vector.length !== latent);
  if (wrong) throw new HttpError(400, `expected vectors of ${latent} numbers, got one of ${wrong.vector.length}`);
  const made = await model.generate(points, signal);
  return made.map((pixels, i) => ({
    facts: { ...(points[i]!.class !== undefined && { class: classes[points[i]!.class!] }) },
    picture: { picture: rasterOf(model, pixels) },
  }));
}

/** How many class names an error lists. */
const LISTED = 20;

function classNumber(classes: readonly string[], name: string): number {
  const number = classes.indexOf(name);
  if (number >= 0) return number;
  const listed = classes.slice(0, LISTED).join(', ') + (classes.length > LISTED ? ', …' : '');
  throw new HttpError(400, `no class is called '${name}': expected ${listed ? `one of ${listed}` : 'none'}`);
}
