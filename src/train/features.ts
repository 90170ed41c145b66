/** What a model knows of the images of a set. */
import type { Dataset } from '../data/dataset.js';
import type { Predictor } from '../inference/index.js';

export interface KnownImages {
  /** A feature vector for each image that could be read. */
  readonly vectors: readonly Float32Array[];
  /** Class ids, -1 where there is none. */
  readonly labels: readonly number[];
}

export async function featuresOf(
  predictor: Predictor,
  images: Dataset,
  onImage: (done: number) => void,
): Promise<KnownImages> {
  const [vectors, labels]: [Float32Array[], number[]] = [[], []];
  for await (const { value, index } of predictor.embed(images)) {
    vectors.push(value.slice()); // what comes is a window on a whole batch
    labels.push(images.label(index));
    onImage(vectors.length);
  }
  return { vectors, labels };
}
