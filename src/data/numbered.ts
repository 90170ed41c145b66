/** Images by number. */
import { describe, type Source, sizeOf } from './source.js';

/** A numbered collection of images. */
export interface Dataset {
  readonly name: string;
  /** Number of images. */
  readonly length: number;
  /** Class names by id; empty when unlabelled. */
  readonly classes: readonly string[];
  /** Structured-clonable. */
  readonly source: Source;
  /** Class id of image `index`, -1 when unlabelled. */
  label(index: number): number;
  /** What to call image `index` before a person: its file, or 'cifar10 test #17'. */
  describe(index: number): string;
}

/** What a folder holds: images to learn from, to choose by, and to judge by where the folder brings these besides. */
export interface Splits {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test?: Dataset;
  /** Things to tell the person that are no reason to stop, such as a class without images. */
  readonly warnings: readonly string[];
}

/** A dataset of all images of `source`. */
export const dataset = (name: string, source: Source, classes: readonly string[] = []): Dataset => ({
  name,
  length: sizeOf(source),
  classes,
  source,
  label: (index) => source.labels?.[index] ?? -1,
  describe: (index) => describe(source, index),
});
