/** What can be asked of a model about images, as graphs. */
import { clip, type Graph, softmax, type Value } from '../graph/index.js';
import { Build, pixelsOf } from '../nn/index.js';
import { type Asked, seenBy } from './seen.js';

/** From a model's normalised input [n, c, h, w] to the graph's outputs. */
const questions = {
  /** Probabilities [n, k]. */
  classify: ({ network }: Asked, x: Value) => ({ probabilities: softmax(network.forward(x, new Build()), 1) }),
  /** Feature or latent vectors [n, d]. */
  embed: ({ network }: Asked, x: Value) => ({ vectors: network.embed(x, new Build()) }),
  /** Pixels [n, h, w, c]. */
  reconstruct: ({ network }: Asked, x: Value) => ({ pixels: pixelsOf(clip(network.forward(x, new Build()), 0, 1)) }),
} as const;
/** What can be asked of a model about an image. */
export type Question = keyof typeof questions;

/** The graph of a question for pixels: uint8 [n, h, w, c] fed as `images`. */
export function questionGraph(question: Question, model: Asked, batch: number | string): Graph {
  return {
    name: `${model.network.name} ${question}`,
    outputs: questions[question](model, seenBy(model, batch)),
  };
}
