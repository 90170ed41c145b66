/** Image -> vector -> the same image. */
import { UserError } from '../../errors.js';
import { add, clip, mul, reduceMean, type Value } from '../../graph/index.js';
import { Build, normalise, unit } from '../../nn/index.js';
import {
  absoluteErrors,
  featureDistances,
  msSsim,
  psnr,
  reconstructionLosses,
  squaredErrors,
  ssim,
} from '../../optim/index.js';
import type { Tensors } from '../../runtime/tensor.js';
import type { Model } from '../../weights/model.js';
import type { Perceptual, TrainConfig } from '../config.js';
import { featureMaps } from '../judges.js';
import { imagesInput } from './images.js';
import { objectiveOf, trainingBuild } from './objective.js';
import type { Tally, Task } from './task.js';

export const reconstruct: Task = {
  objective: (network, config, { classifier }) => {
    const { batch, preprocessing, denoise } = config;
    const build = trainingBuild(network, config);
    const target = unit(imagesInput(batch, preprocessing));
    const shape = [batch, preprocessing.channels, ...preprocessing.size];
    const seen = denoise
      ? add(target, mul(build.chance('noise', { shape, draw: { kind: 'normal' } }), denoise))
      : target;
    const made = network.forward(normalise(seen, preprocessing), build);
    return objectiveOf(build, { loss: reduceMean(errorsOf(config, classifier)(made, target)) });
  },
  targets: () => ({}),
  correct: () => undefined,
  evaluation: (network, { batch, preprocessing, loss, perceptual, classifier }) => {
    const target = unit(imagesInput(batch, preprocessing));
    const made = clip(network.forward(normalise(target, preprocessing), new Build()), 0, 1);
    const outputs = {
      mse: squaredErrors(made, target),
      l1: absoluteErrors(made, target),
      ssim: ssim(made, target),
      msSsim: msSsim(made, target),
      ...(loss && { loss: errorsOf({ loss, perceptual }, classifier)(made, target) }),
    };
    return { name: `${network.name} evaluation`, outputs };
  },
  tally: () => new ImageTally(),
};

type Errors = (made: Value, target: Value) => Value;

/** The loss of a training, for each image [n]. */
export function errorsOf(
  { loss, perceptual }: { readonly loss: TrainConfig['loss']; readonly perceptual?: Perceptual | undefined },
  classifier?: Model,
): Errors {
  if (loss in reconstructionLosses) return reconstructionLosses[loss as keyof typeof reconstructionLosses];
  if (loss !== 'perceptual') throw new UserError(`${loss} does not compare pictures; choose another loss`);
  if (!perceptual || !classifier)
    throw new UserError('a perceptual loss compares the features of a classifier; give one');
  const maps = (images: Value) => featureMaps(classifier, perceptual, images);
  return (made, target) =>
    add(squaredErrors(made, target), mul(featureDistances(maps(made), maps(target)), perceptual.weight));
}

/** Means of figures [n] of images; of `mse` the PSNR too. */
export interface ImageSums {
  /** By figure. */
  readonly figures: Map<string, number>;
  images: number;
}

export class ImageTally implements Tally {
  readonly sums: ImageSums = { figures: new Map(), images: 0 };

  add({ count }: { readonly count: number }, outputs: Tensors): void {
    const valid = (name: string) => [...(outputs[name]!.data as Float32Array).subarray(0, count)];
    for (const name of Object.keys(outputs)) this.note(name, valid(name));
    if (outputs.mse) this.note('psnr', valid('mse').map(psnr));
    this.sums.images += count;
  }

  absorb({ figures, images }: ImageSums): void {
    for (const [name, sum] of figures) this.note(name, [sum]);
    this.sums.images += images;
  }

  private note(name: string, values: readonly number[]): void {
    const { figures } = this.sums;
    figures.set(
      name,
      values.reduce((a, b) => a + b, figures.get(name) ?? 0),
    );
  }

  result() {
    const { figures, images } = this.sums;
    const means = [...figures].map(([name, sum]) => [name, sum / Math.max(images, 1)]);
    return { images, metrics: Object.fromEntries(means) as Record<string, number> };
  }
}
