/**
 * What shortcuts are for: plain and residual networks of 20 and of 56 layers learn the same images, as in figures 1 and 6 of He et al. 2015,
 * https://arxiv.org/abs/1512.03385. Their training losses become a picture.
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { evaluateModel, resume, type TrainOptions, train } from 'resmirror';
import { lineChartFile, type Series } from '../src/train/report/chart.js';
import { print, type Settings } from './settings.js';

const EPOCHS = Number(process.env.EPOCHS ?? 40);
/** Trainings that were interrupted go on from here. */
const OUT = 'runs/depth';

/** The paper's, section 4.2, but that the rate falls along a cosine: its steps count on 64,000 iterations. */
const recipe = {
  task: 'classify',
  epochs: EPOCHS,
  batch: 128,
  learningRate: 0.1,
  schedule: 'cosine',
  weightDecay: 1e-4,
  labelSmoothing: 0,
} satisfies Partial<TrainOptions>;

const networks = {
  'plain, 20 layers': { net: 'cifar-resnet20', shortcut: 'none' },
  'plain, 56 layers': { net: 'cifar-resnet56', shortcut: 'none' },
  'residual, 20 layers': { net: 'cifar-resnet20', shortcut: 'A' },
  'residual, 56 layers': { net: 'cifar-resnet56', shortcut: 'A' },
} satisfies Record<string, Partial<TrainOptions>>;

/** Takes an hour and more. */
export async function depth({ threads, images, wanted }: Settings): Promise<void> {
  if (images === undefined) return console.log('give the folder of CIFAR-10: --images FOLDER');
  await mkdir(OUT, { recursive: true });
  print([`${EPOCHS} epochs of ${basename(images)}`, 'training loss', 'training error, %', 'test error, %'], '---');
  const series: Series[] = [];
  for (const [name, network] of Object.entries(networks)) {
    if (!wanted(name)) continue;
    const out = join(OUT, name.replaceAll(/\W+/g, '-'));
    const { history } = existsSync(join(out, 'last.safetensors'))
      ? await resume(out, { threads })
      : await train({ ...recipe, ...network, data: images, threads, out });
    const errors: number[] = [];
    for (const split of ['train', 'validation'] as const) {
      const { metrics } = await evaluateModel(join(out, 'last.safetensors'), images, { split, threads });
      errors.push(100 * (1 - metrics.accuracy!));
    }
    series.push({ name, points: history.map(({ epoch, trainLoss }) => [epoch, trainLoss]) });
    print([name, history.at(-1)!.trainLoss.toFixed(3), ...errors.map((error) => error.toFixed(1))]);
  }
  const title = 'Training loss';
  const format = (value: number) => value.toFixed(2);
  const chart = { title, unit: 'epoch', series, format, ticks: '.1f', fromZero: true, size: 'large' } as const;
  await writeFile(join(OUT, 'depth.svg'), lineChartFile(chart));
  console.log(`\n${join(OUT, 'depth.svg')}`);
}
