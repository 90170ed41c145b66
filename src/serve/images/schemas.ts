/** What the image addresses take and answer. */
import * as v from 'valibot';
import { whole, within } from '../../schema.js';
import { explanations, type Method } from '../explanations.js';

const MOST_CLASSES = 1000;
/** Pictures that one request makes at most. */
export const MOST_PICTURES = 64;

export const ClassifyQuery = v.strictObject({ top: v.optional(whole(1, MOST_CLASSES), 5) });
/** Steps of all images of a request together. */
export const MOST_STEPS = 256;
export const ExplainQuery = v.strictObject({
  method: v.optional(v.picklist(Object.keys(explanations) as Method[])),
  class: v.optional(v.string()),
  stage: v.optional(whole(1)),
  /** Of integrated gradients. */
  steps: v.optional(whole(1, MOST_STEPS)),
});
export const NoQuery = v.strictObject({});

export const GenerateBody = v.strictObject({
  /** Images of random vectors; ignored where vectors are given. */
  count: v.optional(whole(1, MOST_PICTURES), 1),
  seed: v.optional(whole(0, 2 ** 32 - 1), 0),
  /** Of this class only; by default one class after the other. */
  class: v.optional(v.string()),
  /** Images at these points instead. */
  vectors: v.optional(v.pipe(v.array(v.array(within({}))), v.minLength(1), v.maxLength(MOST_PICTURES))),
});

const Picture = { type: v.string(), image: v.pipe(v.string(), v.base64()) };
const answer = <E extends v.ObjectEntries>(entries: E) =>
  v.object({ model: v.string(), version: v.string(), results: v.array(v.object(entries)) });

export const Classified = answer({ classes: v.array(v.object({ label: v.string(), probability: v.number() })) });
export const Embedded = answer({ vector: v.array(v.number()) });
export const Explained = answer({
  method: v.string(),
  label: v.optional(v.string()),
  probability: v.optional(v.number()),
  ...Picture,
});
export const Reconstructed = answer(Picture);
export const Generated = answer({ class: v.optional(v.string()), ...Picture });

export const ModelList = v.object({
  models: v.array(
    v.object({
      name: v.string(),
      version: v.string(),
      task: v.string(),
      verbs: v.array(v.string()),
      methods: v.array(v.object({ name: v.string(), takes: v.array(v.string()) })),
      size: v.pipe(v.array(whole(1)), v.length(2)),
      channels: whole(1),
      classes: v.array(v.string()),
    }),
  ),
});
