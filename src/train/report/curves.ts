import { type Chart, lineChart, type Series } from './chart.js';
import { count, decimal, percent } from './figures.js';
import { type Html, html } from './html.js';
import type { EpochRecord, Report, StepRecord } from './types.js';

/** Points of a curve by step: as many as a small chart has pixels to show. */
const STEP_POINTS = 240;

type Field = Exclude<keyof EpochRecord, 'epoch' | 'step'>;
type StepField = Exclude<keyof StepRecord, 'epoch' | 'step' | 'imagesPerSecond'>;

/** The records of one run. */
export type Recorded = Pick<Report, 'history' | 'steps'>;

/** Steps averaged in equal groups, each at its last step, so that thousands of them stay readable. */
const grouped = (steps: readonly StepRecord[], field: StepField, group: number): Series['points'] =>
  Array.from({ length: Math.ceil(steps.length / group) }, (_, i) => {
    const members = steps.slice(i * group, (i + 1) * group);
    return [
      members.at(-1)!.step,
      members.reduce((sum, record) => sum + (record[field] ?? Number.NaN), 0) / members.length,
    ];
  });

/** What charts show: a title, and curves by the field of an epoch, or of a step where steps were recorded. */
interface Quantity extends Partial<Omit<Chart, 'title' | 'series' | 'unit'>> {
  readonly title: string;
  readonly curves: readonly { readonly name: string; readonly epoch?: Field; readonly step?: StepField }[];
}

/** What an epoch ends with. */
const RESULTS: readonly Quantity[] = [
  {
    title: 'Loss',
    curves: [
      { name: 'train', epoch: 'trainLoss' },
      { name: 'validation', epoch: 'validationLoss' },
    ],
  },
  {
    title: 'Accuracy on validation',
    format: percent,
    ticks: '.0%',
    fromZero: false,
    curves: [
      { name: 'top 1', epoch: 'accuracy' },
      { name: 'top 5', epoch: 'top5' },
    ],
  },
  {
    title: 'PSNR on validation',
    format: (value) => `${value.toFixed(2)} dB`,
    fromZero: false,
    curves: [{ name: 'PSNR', epoch: 'psnr' }],
  },
  {
    title: 'Structural similarity on validation',
    fromZero: false,
    curves: [
      { name: 'SSIM', epoch: 'ssim' },
      { name: 'MS-SSIM', epoch: 'msSsim' },
    ],
  },
  { title: 'Evidence lower bound, nats', fromZero: false, curves: [{ name: 'ELBO', epoch: 'elbo' }] },
  {
    title: 'Parts of the bound',
    curves: [
      { name: 'reconstruction', epoch: 'reconstruction' },
      { name: 'divergence, nats', epoch: 'kl' },
    ],
  },
  {
    title: 'Scores of the discriminator',
    curves: [
      { name: 'real images', epoch: 'realScore' },
      { name: 'made images', epoch: 'madeScore' },
    ],
  },
  { title: 'Fréchet distance of samples', curves: [{ name: 'distance', epoch: 'frechet' }] },
];

/** How it came to that. */
const PROGRESS: readonly Quantity[] = [
  { title: 'Loss by step', curves: [{ name: 'train', step: 'loss' }] },
  { title: 'Loss of the generator by step', curves: [{ name: 'train', step: 'generatorLoss' }] },
  { title: 'Norm of the gradients by step', curves: [{ name: 'before they are clipped', step: 'gradientNorm' }] },
  { title: 'Learning rate', curves: [{ name: 'rate', step: 'learningRate', epoch: 'learningRate' }] },
  {
    title: 'Images per second',
    format: count,
    ticks: '~s',
    curves: [{ name: 'training', epoch: 'imagesPerSecond' }],
  },
];

/** What a curve is called, which curve it is, and of whose records. */
type Line = readonly [name: string, curve: Quantity['curves'][number], run: Recorded];

function chartOf({ title, curves: _, ...look }: Quantity, lines: readonly Line[], size: Chart['size']): Chart {
  const most = Math.max(...lines.map(([, , { steps = [] }]) => steps.length));
  const bySteps = most > 0 && lines.every(([, { step }]) => step);
  const group = Math.max(1, Math.ceil(most / STEP_POINTS));
  const series = lines.map(([name, { epoch, step }, { history, steps = [] }]) => ({
    name,
    points: bySteps
      ? grouped(steps, step!, group)
      : epoch
        ? history.map((record) => [record.epoch, record[epoch] ?? Number.NaN] as const)
        : [],
  }));
  const unit = bySteps ? 'step' : 'epoch';
  return { title, unit, size, format: decimal, ticks: '~f', fromZero: true, ...look, series };
}

/** Three small charts in a row where steps were recorded, two large ones where not. */
const ofOneRun = (run: Report): Chart[] => {
  const draw = (size: Chart['size']) => (quantity: Quantity) =>
    chartOf(
      quantity,
      quantity.curves.map((curve) => [curve.name, curve, run]),
      size,
    );
  return [...RESULTS.map(draw('large')), ...PROGRESS.map(draw(run.steps?.length ? 'small' : 'large'))];
};

/** A chart for every curve of one run, in which the curves of all runs lie over each other. */
export const overlaid = (runs: readonly (Recorded & { readonly name: string })[]): Html => {
  const charts = [...RESULTS, ...PROGRESS].flatMap((quantity) =>
    quantity.curves.map((curve) => {
      const title = quantity.curves.length > 1 ? `${quantity.title}: ${curve.name}` : quantity.title;
      return chartOf(
        { ...quantity, title },
        runs.map((run) => [run.name, curve, run]),
        'large',
      );
    }),
  );
  return html`<div class="charts">${charts.map(lineChart)}</div>`;
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
  { field: 'msSsim', heading: 'MS-SSIM', format: decimal },
  { field: 'mse', heading: 'MSE', format: decimal },
  { field: 'l1', heading: 'L1', format: decimal },
  { field: 'elbo', heading: 'ELBO, nats', format: decimal },
  { field: 'reconstruction', heading: 'Reconstruction', format: decimal },
  { field: 'kl', heading: 'Divergence, nats', format: decimal },
  { field: 'realScore', heading: 'Score, real', format: decimal },
  { field: 'madeScore', heading: 'Score, made', format: decimal },
  { field: 'frechet', heading: 'Fréchet distance', format: decimal },
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

export const curves = (report: Report): Html => {
  const { history, note, steps = [] } = report;
  return html`${note && html`<p class="note">${note}</p>`}${history.length === 0 && html`<p class="note">No epoch was completed.</p>`}${
    history.length + steps.length > 0 && html`<div class="charts">${ofOneRun(report).map(lineChart)}</div>`
  }${history.length > 0 && numbers(history)}`;
};
