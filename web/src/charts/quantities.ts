/** What charts show, as data: a title, and curves by the field of an epoch or of a step. */
import type { EpochRecord, StepRecord } from '../../../src/train/report/types.js';
import { count, decibels, decimal, percent } from '../format.js';
import type { Text } from '../language.js';

/** A training as far as it is recorded. */
export interface Recorded {
  readonly name: string;
  readonly steps: readonly StepRecord[];
  readonly epochs: readonly EpochRecord[];
}

type EpochField = Exclude<keyof EpochRecord, 'epoch' | 'step'>;
type StepField = Exclude<keyof StepRecord, 'epoch' | 'step'>;

export interface Curve {
  readonly name: Text;
  /** One of both. */
  readonly epoch?: EpochField;
  readonly step?: StepField;
}

export interface Quantity {
  readonly title: Text;
  readonly format: (value: number | null | undefined) => string;
  readonly curves: readonly Curve[];
}

const loss = { en: 'Loss', 'zh-CN': '损失' };
const distance = { en: 'Fréchet distance of samples', 'zh-CN': '样本的 Fréchet 距离' };
const rate = { en: 'Learning rate', 'zh-CN': '学习率' };
const speed = { en: 'Images per second', 'zh-CN': '每秒图像数' };

export const quantities = {
  loss: {
    title: loss,
    format: decimal,
    curves: [
      { name: { en: 'each step', 'zh-CN': '每一步' }, step: 'loss' },
      { name: { en: 'training', 'zh-CN': '训练' }, epoch: 'trainLoss' },
      { name: { en: 'validation', 'zh-CN': '验证' }, epoch: 'validationLoss' },
    ],
  },
  accuracy: {
    title: { en: 'Accuracy on validation', 'zh-CN': '验证准确率' },
    format: percent,
    curves: [
      { name: { en: 'top 1', 'zh-CN': '前 1' }, epoch: 'accuracy' },
      { name: { en: 'top 5', 'zh-CN': '前 5' }, epoch: 'top5' },
    ],
  },
  psnr: {
    title: { en: 'PSNR on validation', 'zh-CN': '验证 PSNR' },
    format: decibels,
    curves: [{ name: { en: 'PSNR', 'zh-CN': 'PSNR' }, epoch: 'psnr' }],
  },
  ssim: {
    title: { en: 'SSIM on validation', 'zh-CN': '验证 SSIM' },
    format: decimal,
    curves: [{ name: { en: 'SSIM', 'zh-CN': 'SSIM' }, epoch: 'ssim' }],
  },
  elbo: {
    title: { en: 'Evidence lower bound', 'zh-CN': '证据下界 (ELBO)' },
    format: decimal,
    curves: [{ name: { en: 'ELBO', 'zh-CN': 'ELBO' }, epoch: 'elbo' }],
  },
  frechet: { title: distance, format: decimal, curves: [{ name: distance, epoch: 'frechet' }] },
  learningRate: { title: rate, format: decimal, curves: [{ name: rate, step: 'learningRate' }] },
  imagesPerSecond: { title: speed, format: count, curves: [{ name: speed, step: 'imagesPerSecond' }] },
} as const satisfies Readonly<Record<string, Quantity>>;

/** Where, and how much; null leaves a gap. */
export interface Points {
  readonly at: readonly number[];
  readonly values: readonly (number | null)[];
}

/** A curve of a run. @param by what it stands over; a curve of steps stands over steps */
export function pointsOf({ steps, epochs }: Recorded, { epoch, step }: Curve, by: 'step' | 'epoch'): Points {
  const finite = (value: number | null | undefined) => (Number.isFinite(value) ? (value as number) : null);
  return step
    ? { at: steps.map((record) => record.step), values: steps.map((record) => finite(record[step])) }
    : { at: epochs.map((record) => record[by]), values: epochs.map((record) => finite(record[epoch!])) };
}

export interface Line extends Points {
  readonly name: string;
  /** Place in the palette. */
  readonly colour: number;
  /** Drawn behind the others. */
  readonly faint: boolean;
}

/** Columns of a uPlot chart: all places, and for each line its values there; undefined where a line has no point. */
export function aligned(lines: readonly Line[]): (number | null | undefined)[][] {
  const at = [...new Set(lines.flatMap((line) => line.at as number[]))].sort((a, b) => a - b);
  const place = new Map(at.map((x, i) => [x, i]));
  const columns = lines.map(({ at: own, values }) => {
    const column = new Array<number | null | undefined>(at.length).fill(undefined);
    for (const [i, x] of own.entries()) column[place.get(x)!] = values[i]!;
    return column;
  });
  return [at, ...columns];
}
