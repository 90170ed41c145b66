import { type Chart, lineChart, type Series } from './chart.js';
import { count, decimal, percent } from './figures.js';
import { type Html, html } from './html.js';
import type { EpochRecord, Report, StepRecord } from './types.js';

/** Points of a curve by step: as many as a small chart has pixels to show. */
const STEP_POINTS = 240;

type Field = Exclude<keyof EpochRecord, 'epoch' | 'step'>;

const byEpoch = (history: readonly EpochRecord[], name: string, field: Field): Series => ({
  name,
  points: history.map((record) => [record.epoch, record[field] ?? Number.NaN]),
});

/** Steps averaged in equal groups, each at its last step, so that thousands of them stay readable. */
const bySteps = (steps: readonly StepRecord[], name: string, field: 'loss' | 'learningRate'): Series => {
  const group = Math.max(1, Math.ceil(steps.length / STEP_POINTS));
  return {
    name,
    points: Array.from({ length: Math.ceil(steps.length / group) }, (_, i) => {
      const members = steps.slice(i * group, (i + 1) * group);
      return [members.at(-1)!.step, members.reduce((sum, record) => sum + record[field], 0) / members.length];
    }),
  };
};

const epochs = { unit: 'epoch', format: decimal, ticks: '~f', fromZero: true } as const;

/** What an epoch ends with. */
const results = (history: readonly EpochRecord[]): readonly Chart[] => [
  {
    ...epochs,
    title: 'Loss',
    size: 'large',
    series: [byEpoch(history, 'train', 'trainLoss'), byEpoch(history, 'validation', 'validationLoss')],
  },
  {
    ...epochs,
    title: 'Accuracy on validation',
    size: 'large',
    format: percent,
    ticks: '.0%',
    fromZero: false,
    series: [byEpoch(history, 'top 1', 'accuracy'), byEpoch(history, 'top 5', 'top5')],
  },
  {
    ...epochs,
    title: 'PSNR on validation',
    size: 'large',
    format: (value) => `${value.toFixed(2)} dB`,
    fromZero: false,
    series: [byEpoch(history, 'PSNR', 'psnr')],
  },
];

/** How it came to that: three small charts in a row where steps were recorded, two large ones where not. */
const progress = ({ history, steps = [] }: Report): readonly Chart[] => {
  const size = steps.length > 0 ? 'small' : 'large';
  const rate =
    steps.length > 0
      ? { unit: 'step', series: [bySteps(steps, 'rate', 'learningRate')] }
      : { series: [byEpoch(history, 'rate', 'learningRate')] };
  const speed = [byEpoch(history, 'training', 'imagesPerSecond')];
  return [
    { ...epochs, title: 'Loss by step', unit: 'step', size, series: [bySteps(steps, 'train', 'loss')] },
    { ...epochs, title: 'Learning rate', size, ...rate },
    { ...epochs, title: 'Images per second', size, format: count, ticks: '~s', series: speed },
  ];
};

interface Column {
  readonly field: Field;
  readonly heading: string;
  readonly format: (value: number) => string;
}

const COLUMNS: readonly Column[] = [
  { field: 'trainLoss', heading: 'Train loss', format: decimal },
  { field: 'validationLoss', heading: 'Validation loss', format: decimal },
  { field: 'accuracy', heading: 'Top 1', format: percent },
  { field: 'top5', heading: 'Top 5', format: percent },
  { field: 'psnr', heading: 'PSNR, dB', format: (value) => value.toFixed(2) },
  { field: 'ssim', heading: 'SSIM', format: decimal },
  { field: 'learningRate', heading: 'Learning rate', format: decimal },
  { field: 'imagesPerSecond', heading: 'Images/s', format: count },
  { field: 'seconds', heading: 'Seconds', format: (value) => value.toFixed(1) },
];

/** The numbers behind the curves, for whoever cannot see them or wants to copy them. */
const numbers = (history: readonly EpochRecord[]): Html => {
  const columns = COLUMNS.filter(({ field }) => history.some((record) => record[field] !== undefined));
  return html`<details><summary>Every epoch in numbers</summary><div class="scroll" tabindex="0" role="region"
aria-label="Every epoch in numbers"><table class="numbers"><thead><tr><th scope="col">Epoch</th>${columns.map(
    ({ heading }) => html`<th scope="col">${heading}</th>`,
  )}</tr></thead><tbody>${history.map(
    (record) =>
      html`<tr><th scope="row">${record.epoch}</th>${columns.map(
        ({ field, format }) => html`<td>${format(record[field] ?? Number.NaN)}</td>`,
      )}</tr>`,
  )}</tbody></table></div></details>`;
};

export const curves = (report: Report): Html =>
  report.history.length === 0
    ? html`<p class="note">No epoch was completed.</p>`
    : html`<div class="charts">${[...results(report.history), ...progress(report)].map(lineChart)}</div>${numbers(report.history)}`;
