import { type Dataset, dataset } from '../data/numbered.js';
import { subset } from '../data/source.js';
import { permutation } from '../random/index.js';

/** The same few images for everything that a run shows of itself, up to `count`. */
export function samplesFrom(validation: Dataset, { seed, count }: { seed: number; count: number }): Dataset {
  const indices = [...permutation(validation.length, seed, 'samples').slice(0, count)];
  return dataset(validation.name, subset(validation.source, indices), validation.classes);
}
