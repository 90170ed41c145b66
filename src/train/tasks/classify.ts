/** Image -> class. */
import type { Batch } from '../../data/task.js';
import { add, input, mul, slice, type Value } from '../../graph/index.js';
import { Build, normalise, unit } from '../../nn/index.js';
import { crossEntropy, distillation } from '../../optim/index.js';
import { float32, type Tensors } from '../../runtime/tensor.js';
import type { Model } from '../../weights/model.js';
import type { TrainConfig } from '../config.js';
import { logitsOf } from '../judges.js';
import { drawMixture, mixed, mixedTargets } from '../mixing.js';
import { imagesInput, oneHotLabels } from './images.js';
import { objectiveOf, trainingBuild } from './objective.js';
import type { Tally, Task } from './task.js';

export const classify: Task = {
  objective: (network, config, { teacher }) => {
    const { batch, preprocessing, classes, labelSmoothing, classWeights } = config;
    const build = trainingBuild(network, config);
    const own = unit(imagesInput(batch, preprocessing));
    const images = mixes(config) ? mixed(own, input('mixture', [1, 1, ...preprocessing.size])) : own;
    const logits = network.forward(normalise(images, preprocessing), build);
    const targets = input('targets', [batch, classes.length]);
    const exact = crossEntropy(logits, targets, { labelSmoothing, classWeights });
    return objectiveOf(build, { loss: withTeacher(exact, { logits, images, config, teacher }), outputs: { logits } });
  },
  targets: (batch, config, { step }) => {
    const { size } = config.preprocessing;
    const oneHot = oneHotLabels(batch, config);
    const mixture = drawMixture(config, size, { seed: config.seed, step });
    const { data, shape } = oneHot;
    return {
      targets: mixture ? float32(mixedTargets(data, config.batch, mixture.share), shape) : oneHot,
      ...(mixture && { mixture: float32(mixture.mask, [1, 1, ...size]) }),
    };
  },
  correct: (batch, outputs) => rows(batch, outputs).filter(({ scores, label }) => largest(scores) === label).length,
  evaluation: (network, { batch, preprocessing, mirrored }) => {
    const images = normalise(unit(imagesInput(batch, preprocessing)), preprocessing);
    const build = new Build();
    const logits = network.forward(images, build);
    const both = mirrored ? mul(add(logits, network.forward(mirrorImage(images), build)), 0.5) : logits;
    return { name: `${network.name} evaluation`, outputs: { logits: both } };
  },
  tally: (classes) => new ClassTally(classes.length),
};

const mixes = ({ mixup, cutmix }: TrainConfig) => mixup !== undefined || cutmix !== undefined;

const mirrorImage = (images: Value) => slice(images, [{ axis: 3, start: -1, end: Number.NEGATIVE_INFINITY, step: -1 }]);

interface Taught {
  readonly logits: Value;
  /** In 0 … 1. */
  readonly images: Value;
  readonly config: TrainConfig;
  readonly teacher: Model | undefined;
}

/** The loss, of which the teacher decides a share where there is one. */
function withTeacher(exact: Value, { logits, images, config, teacher }: Taught): Value {
  if (!config.teacher || !teacher) return exact;
  const { weight } = config.teacher;
  const taught = distillation(logits, logitsOf(teacher, images), config.teacher);
  return add(mul(exact, 1 - weight), mul(taught, weight));
}

const rows = ({ labels, count }: Batch, { logits }: Tensors) => {
  const [, classes] = logits!.shape as [number, number];
  const data = logits!.data as Float32Array;
  return Array.from({ length: count }, (_, i) => ({
    label: labels[i]!,
    scores: data.subarray(i * classes, (i + 1) * classes),
  }));
};

const largest = (scores: Float32Array): number =>
  scores.reduce((best, score, i) => (score > scores[best]! ? i : best), 0);

/** log(sum(exp)) without overflow. */
const logSumExp = (scores: Float32Array): number => {
  const top = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return top + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - top), 0));
};

interface ClassSums {
  readonly confusion: number[][];
  images: number;
  loss: number;
  first: number;
  firstFive: number;
}

class ClassTally implements Tally {
  readonly sums: ClassSums;

  constructor(classes: number) {
    const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
    this.sums = { confusion, images: 0, loss: 0, first: 0, firstFive: 0 };
  }

  add(batch: Batch, outputs: Tensors): void {
    const { sums } = this;
    for (const { label, scores } of rows(batch, outputs)) {
      const predicted = largest(scores);
      sums.images++;
      sums.loss += logSumExp(scores) - scores[label]!;
      sums.first += predicted === label ? 1 : 0;
      sums.firstFive += scores.filter((score) => score > scores[label]!).length < 5 ? 1 : 0;
      sums.confusion[label]![predicted]!++;
    }
  }

  absorb({ confusion, images, loss, first, firstFive }: ClassSums): void {
    const { sums } = this;
    sums.images += images;
    sums.loss += loss;
    sums.first += first;
    sums.firstFive += firstFive;
    for (const [label, row] of confusion.entries())
      for (const [predicted, count] of row.entries()) sums.confusion[label]![predicted]! += count;
  }

  result() {
    const { images, confusion, loss, first, firstFive } = this.sums;
    const mean = (sum: number) => sum / Math.max(images, 1);
    const metrics = { loss: mean(loss), accuracy: mean(first), top5: mean(firstFive) };
    return { images, metrics, confusion };
  }
}
