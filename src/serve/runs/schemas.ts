/** What the addresses of runs take and answer. */
import * as v from 'valibot';

const entries = {
  name: v.string(),
  state: v.picklist(['running', 'ended', 'interrupted', 'damaged']),
  /** When something was recorded last, as ISO 8601. */
  updated: v.string(),
  /** Why it cannot be read. */
  error: v.optional(v.string()),
  task: v.optional(v.string()),
  network: v.optional(v.string()),
  /** The name of the data, without the way to it. */
  data: v.optional(v.string()),
  /** Epochs. */
  planned: v.optional(v.number()),
  /** Which epoch was the best, by what. */
  best: v.optional(v.object({ name: v.string(), text: v.string(), epoch: v.number() })),
  /** Validation losses, at most 64 of them. */
  curve: v.optional(v.array(v.nullable(v.number()))),
};

/** A run in a few figures. */
export const Summary = v.object({ ...entries, epochs: v.optional(v.number()) });
export type RunSummary = v.InferOutput<typeof Summary>;

const Epoch = v.looseObject({ epoch: v.number(), step: v.number(), trainLoss: v.nullable(v.number()) });
const Step = v.looseObject({ epoch: v.number(), step: v.number(), loss: v.nullable(v.number()) });

export const RunsAnswer = v.object({
  runs: v.array(Summary),
  more: v.boolean(),
});

export const RunAnswer = v.object({
  ...entries,
  done: v.number(),
  version: v.optional(v.string()),
  config: v.optional(v.looseObject({})),
  epochs: v.array(Epoch),
});

export type RunAnswer = v.InferOutput<typeof RunAnswer>;

export const SamplesAnswer = v.object({
  samples: v.array(v.object({ tag: v.string(), step: v.number(), id: v.string() })),
});

export const Since = v.strictObject({ from: v.pipe(v.string(), v.regex(/^\d{1,15}$/)) });

export const SinceAnswer = v.object({
  records: v.array(v.union([Epoch, Step])),
  next: v.number(),
  anew: v.boolean(),
  more: v.boolean(),
});
