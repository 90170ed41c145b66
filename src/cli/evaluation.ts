/** The figures of an evaluation before people. */
import type { Evaluation } from '../train/tasks/index.js';
import { columns, padLeft, shortened } from './columns.js';
import { bar, grouped, percent } from './figures.js';
import type { Paint } from './terminal.js';

/** Figure -> how it is called and written, in the order of importance. */
const figures: Readonly<Record<string, readonly [label: string, write: (value: number) => string]>> = {
  accuracy: ['accuracy', percent],
  top5: ['in the first five', percent],
  psnr: ['PSNR', (value) => `${value.toFixed(2)} dB`],
  ssim: ['SSIM', (value) => value.toFixed(4)],
  msSsim: ['MS-SSIM', (value) => value.toFixed(4)],
  mse: ['mean squared error', (value) => value.toPrecision(4)],
  l1: ['mean absolute error', (value) => value.toPrecision(4)],
  elbo: ['ELBO', (value) => `${value.toFixed(1)} nats`],
  reconstruction: ['reconstruction', (value) => `${value.toFixed(1)} nats`],
  kl: ['divergence', (value) => `${value.toFixed(1)} nats`],
  loss: ['loss', (value) => value.toPrecision(4)],
};

/** Beyond this many classes a confusion matrix is no reading. */
const MATRIX_CLASSES = 20;
const NAME_WIDTH = 20;

interface Shown {
  readonly classes: readonly string[];
  readonly paint: Paint;
}

/** The figures; for classifiers also each class by itself, and who was taken for whom. */
export function evaluationLines({ metrics, confusion }: Evaluation, { classes, paint }: Shown): string[] {
  const few = classes.length <= 5;
  const known = Object.entries(figures).filter(([name]) => name in metrics && !(few && name === 'top5'));
  const rows = known.map(([name, [label, write]]) => [label, write(metrics[name]!)]);
  const [first, ...rest] = columns(rows, '<>');
  return [
    paint('bold', first!),
    ...rest,
    ...(confusion ? ['', ...perClass(confusion, { classes, paint })] : []),
    ...(confusion && classes.length <= MATRIX_CLASSES ? ['', ...matrix(confusion, { classes, paint })] : []),
    ...(confusion && classes.length > MATRIX_CLASSES ? ['', ...mistakes(confusion, { classes, paint })] : []),
  ];
}

type Confusion = NonNullable<Evaluation['confusion']>;
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** Recall: how many of a class were found. Precision: how many that were taken for it belong to it. */
function perClass(confusion: Confusion, { classes, paint }: Shown): string[] {
  const rows = classes.map((name, i) => {
    const [right, images, taken] = [confusion[i]![i]!, sum(confusion[i]!), sum(confusion.map((row) => row[i]!))];
    const rate = (of: number) => (of === 0 ? '–' : percent(right / of));
    return [
      shortened(name, NAME_WIDTH),
      grouped(images),
      rate(images),
      bar(right / Math.max(images, 1), 12),
      rate(taken),
    ];
  });
  const [head, ...body] = columns([['class', 'images', 'found', '', 'precision'], ...rows], '<>><>');
  return [paint('bold', head!), ...body];
}

/** Rows true, columns predicted; what is right stands out, what is zero stands back. */
function matrix(confusion: Confusion, { classes, paint }: Shown): string[] {
  const nameWidth = classes.length > 10 ? NAME_WIDTH / 2 : NAME_WIDTH;
  const cell = (n: number, right: boolean) => (n === 0 ? paint('dim', '·') : paint(right ? 'green' : 'yellow', `${n}`));
  const rows = confusion.map((row, i) => [
    paint('dim', `${i + 1}`),
    shortened(classes[i]!, nameWidth),
    ...row.map((n, j) => padLeft(cell(n, i === j), 2)),
  ]);
  const head = ['', '', ...classes.map((_, j) => paint('dim', `${j + 1}`))];
  return [
    `${paint('bold', 'taken for')} ${paint('dim', '(rows are the true classes)')}`,
    ...columns([head, ...rows], `><${'>'.repeat(classes.length)}`, ' '),
  ];
}

const MISTAKES = 10;

/** The pairs that are confused most. */
function mistakes(confusion: Confusion, { classes, paint }: Shown): string[] {
  const pairs = confusion
    .flatMap((row, i) => row.map((n, j) => ({ n, i, j })))
    .filter(({ n, i, j }) => n > 0 && i !== j);
  const most = pairs.sort((a, b) => b.n - a.n).slice(0, MISTAKES);
  if (most.length === 0) return [];
  const rows = most.map(({ n, i, j }) => [
    `${n} ×`,
    shortened(classes[i]!, NAME_WIDTH),
    'taken for',
    shortened(classes[j]!, NAME_WIDTH),
  ]);
  return [paint('bold', 'most frequent mistakes'), ...columns(rows, '><<<')];
}
