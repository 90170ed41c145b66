/** Image -> class. */
import type { Batch } from '../../data/batches.js';
import { input } from '../../graph/index.js';
import { Build, normalise, unit } from '../../nn/index.js';
import { crossEntropy } from '../../optim/index.js';
import type { Tensors } from '../../runtime/index.js';
import { imagesInput, oneHotLabels } from './images.js';
import type { Tally, Task } from './task.js';

export const classify: Task = {
  objective: (network, { batch, preprocessing, classes, labelSmoothing }) => {
    const build = new Build({ training: true });
    const logits = network.forward(normalise(unit(imagesInput(batch, preprocessing)), preprocessing), build);
    const targets = input('targets', [batch, classes.length]);
    return { loss: crossEntropy(logits, targets, { labelSmoothing }), outputs: { logits }, tracked: build.updates };
  },
  targets: (batch, config) => ({ targets: oneHotLabels(batch, config) }),
  chance: () => ({}),
  correct: (batch, outputs) => rows(batch, outputs).filter(({ scores, label }) => largest(scores) === label).length,
  evaluation: (network, { batch, preprocessing }) => {
    const logits = network.forward(normalise(unit(imagesInput(batch, preprocessing)), preprocessing), new Build());
    return { name: `${network.name} evaluation`, outputs: { logits } };
  },
  tally: (classes) => new ClassTally(classes.length),
  figure: ({ accuracy }) => accuracy,
};

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

class ClassTally implements Tally {
  private readonly confusion: number[][];
  private images = 0;
  private loss = 0;
  private first = 0;
  private firstFive = 0;

  constructor(classes: number) {
    this.confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  }

  add(batch: Batch, outputs: Tensors): void {
    for (const { label, scores } of rows(batch, outputs)) {
      const predicted = largest(scores);
      this.images++;
      this.loss += logSumExp(scores) - scores[label]!;
      this.first += predicted === label ? 1 : 0;
      this.firstFive += scores.filter((score) => score > scores[label]!).length < 5 ? 1 : 0;
      this.confusion[label]![predicted]!++;
    }
  }

  result() {
    const { images, confusion } = this;
    const mean = (sum: number) => sum / Math.max(images, 1);
    const metrics = { loss: mean(this.loss), accuracy: mean(this.first), top5: mean(this.firstFive) };
    return { images, metrics, confusion };
  }
}
