/** Judging one set of images by another: whether a classifier sees the same kind of things in both. */
import type { Skipped } from '../data/batches.js';
import type { Splits } from '../data/dataset.js';
import { frechetDistance } from '../inference/frechet.js';
import { type OpenModelOptions, Predictor } from '../inference/index.js';
import { partOf, type Split, wholeOf } from './evaluate-model.js';
import { featuresOf } from './features.js';
import { readClassifier } from './judge-files.js';

/** How the distance is measured. */
export interface FeatureDistanceOptions extends OpenModelOptions {
  /** Run folder or file of the classifier. */
  readonly classifier: string;
  /** Which part of each set, where it has parts; `train` by default, which is everything where it has none. */
  readonly splits?: readonly [Split, Split];
  readonly onImage?: (done: number, of: number) => void;
}

/** How far two sets of images lie apart. */
export interface FeatureDistance {
  readonly distance: number;
  /** Images of each set. */
  readonly images: readonly [number, number];
  /** Length of a feature vector. */
  readonly features: number;
  readonly skipped: readonly Skipped[];
  readonly warnings: readonly string[];
}

/**
 * The Fréchet distance of two sets of images over the pooled features of a classifier. Over those of
 * the Inception network it is called FID; distances by different classifiers cannot be compared.
 * @param sets each a folder of images, IDX or CIFAR files, `drawn` or `drawn:200`; or a data set that is open already
 * @throws UserError for sets of fewer than two images, and for models that do not classify
 */
export async function featureDistance(
  sets: readonly [string | Splits, string | Splits],
  { classifier, splits = ['train', 'train'], onImage = () => {}, ...options }: FeatureDistanceOptions,
): Promise<FeatureDistance> {
  const opened = [
    await wholeOf(sets[0], { task: 'reconstruct' }),
    await wholeOf(sets[1], { task: 'reconstruct' }),
  ] as const;
  const parts = [partOf(opened[0], splits[0]), partOf(opened[1], splits[1])] as const;
  const predictor = Predictor.open(await readClassifier(classifier), options);
  try {
    const total = parts[0].length + parts[1].length;
    const { vectors: a } = await featuresOf(predictor, parts[0], (done) => onImage(done, total));
    const { vectors: b } = await featuresOf(predictor, parts[1], (done) => onImage(parts[0].length + done, total));
    const distance = frechetDistance(a, b);
    const features = a[0]!.length;
    return {
      distance,
      images: [a.length, b.length],
      features,
      skipped: predictor.skipped,
      warnings: [...opened.flatMap(({ warnings }) => warnings), ...warningsFor(Math.min(a.length, b.length), features)],
    };
  } finally {
    await predictor.close();
  }
}

const warningsFor = (images: number, features: number): string[] =>
  images > features
    ? []
    : [
        `${images} images on one side are too few for ${features} features: their covariance is not of full rank, and the distance comes out too large; compare only distances of equally many images`,
      ];
