/** What models say of images, and the pictures that they make. */

import type * as v from 'valibot';
import type { Raster } from '../../inference/overlay.js';
import { type Point, randomPoints } from '../../inference/points.js';
import { explanations } from '../explanations.js';
import { HttpError } from '../http-error.js';
import type { ServedModel, Turn } from '../served-model.js';
import type { Draw } from './pictures.js';
import { type ClassifyQuery, type ExplainQuery, type GenerateBody, MOST_STEPS } from './schemas.js';

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
  turn: Turn,
): Promise<Result[]> {
  const { classes } = model.card;
  const answers = await model.ask('classify', images, turn);
  return answers.map((probabilities) => {
    const scores = classes.map((label, i) => ({ label, probability: probabilities[i]! }));
    return { facts: { classes: scores.sort((a, b) => b.probability - a.probability).slice(0, top) } };
  });
}

export async function embed(model: ServedModel, images: Images, _: object, turn: Turn): Promise<Result[]> {
  const vectors = await model.ask('embed', images, turn);
  return vectors.map((vector) => ({ facts: { vector: Array.from(vector) } }));
}

export async function reconstruct(model: ServedModel, images: Images, _: object, turn: Turn) {
  const made = await model.ask('reconstruct', images, turn);
  return made.map((pixels): Result => ({ facts: {}, picture: { picture: rasterOf(model, pixels as Uint8Array) } }));
}

/** @throws HttpError 400 for classes, stages and methods that there are not, 413 for more steps than a request may take */
export async function explain(
  model: ServedModel,
  images: Images,
  query: v.InferOutput<typeof ExplainQuery>,
  turn: Turn,
): Promise<Result[]> {
  const { method = model.methods[0]!, class: name, stage, steps } = query;
  if (!model.methods.includes(method))
    throw new HttpError(400, `expected the method ${model.methods.join(' or ')} for this model, got ${method}`);
  const { takes, as } = explanations[method];
  const idle = (['class', 'stage', 'steps'] as const).find((one) => query[one] !== undefined && !takes.includes(one));
  if (idle) throw new HttpError(400, `${idle} changes nothing with ${method}: leave it out, or choose another method`);
  if (stage !== undefined && stage > model.stages.length)
    throw new HttpError(400, `expected a stage from 1 to ${model.stages.length}, got ${stage}`);
  if ((steps ?? 1) * images.length > MOST_STEPS)
    throw new HttpError(413, `expected at most ${MOST_STEPS} steps for all images, got ${images.length} of ${steps}`);
  const said = takes.includes('class') ? await chosen(model, images, { name, turn }) : [];
  const found = await model.explain(method, { images, classes: said.map(({ number }) => number), stage, steps }, turn);
  return found.map(({ shape, data }, i) => ({
    facts: { method, ...said[i]?.facts },
    // a window on a batch, which would go over whole
    picture: { picture: rasterOf(model, images[i]!), found: { as, features: { shape, data: data.slice() } } },
  }));
}

/** The class that is meant for each image: the one of this name, or the most probable. */
async function chosen(
  model: ServedModel,
  images: Images,
  { name, turn }: { readonly name: string | undefined; readonly turn: Turn },
) {
  const { classes } = model.card;
  const only = name === undefined ? undefined : classNumber(classes, name);
  const scores = await model.ask('classify', images, turn);
  return scores.map((one) => {
    const number = only ?? one.indexOf(Math.max(...one));
    return { number, facts: { label: classes[number]!, probability: one[number]! } };
  });
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
