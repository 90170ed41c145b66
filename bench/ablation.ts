/** What the default recipe of `train classify` is worth: the same network and epochs without it, and with parts of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TrainOptions, train } from 'resmirror';
import { print, type Settings } from './settings.js';

const plain = { padding: 0, flip: 0, labelSmoothing: 0, schedule: 'constant', warmup: 0, learningRate: 0.05 } as const;
const { padding: _, flip: __, ...unaugmented } = plain;

const recipes: Readonly<Record<string, Partial<TrainOptions>>> = {
  plain,
  'plain, augmented': unaugmented,
  'default, not augmented': { padding: plain.padding, flip: plain.flip },
  default: {},
};

/** Takes hours for all of it: networks are trained to their end. */
export async function ablation({ threads, images, wanted }: Settings): Promise<void> {
  if (images === undefined) return console.log('give a folder of photos in classes: --images FOLDER');
  const folder = mkdtempSync(join(tmpdir(), 'resmirror-bench-'));
  try {
    print([`resnet18, 64 px, 20 epochs of ${basename(images)}`, 'accuracy, %', 'best, %', 'validation loss'], '---');
    for (const [name, recipe] of Object.entries(recipes)) {
      if (!wanted(name)) continue;
      const out = join(folder, name.replaceAll(/\W+/g, '-'));
      const { history } = await train({ task: 'classify', data: images, epochs: 20, ...recipe, threads, out });
      const accuracies = history.map(({ accuracy = 0 }) => 100 * accuracy);
      const last = history.at(-1)!;
      print([name, accuracies.at(-1)!.toFixed(1), Math.max(...accuracies).toFixed(1), last.validationLoss.toFixed(3)]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
