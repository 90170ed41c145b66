import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { classFigures } from '../../src/train/report/confusion.js';
import { html, raw } from '../../src/train/report/html.js';
import {
  type Confusion,
  type EpochRecord,
  type Pixels,
  type Report,
  renderReport,
  writeReport,
} from '../../src/train/report/index.js';

const EVIL = `<script>alert("1")</script>'&`;

const epoch = (number: number, changes: Partial<EpochRecord> = {}): EpochRecord => ({
  step: 10 * number,
  epoch: number,
  trainLoss: 2 / number,
  validationLoss: 2.2 / number,
  learningRate: 0.1 / number,
  imagesPerSecond: 500,
  seconds: 12.5,
  ...changes,
});

const step = { step: 1, epoch: 1, loss: 1, learningRate: 0.1, imagesPerSecond: 400 };

const base: Report = {
  title: 'Run',
  task: 'classify',
  command: 'resmirror train',
  configuration: { seed: 0 },
  environment: { node: 'v20' },
  summary: [{ label: 'Epochs', value: '3' }],
  history: [1, 2, 3].map((number) => epoch(number, { accuracy: 0.3 * number })),
};

const pixels = (height: number, width: number, channels: 1 | 3): Pixels => ({
  data: Uint8Array.from({ length: height * width * channels }, (_, i) => (i * 37) % 256),
  height,
  width,
  channels,
});

const square = (size: number): Confusion => ({
  classes: Array.from({ length: size }, (_, i) => `class ${i}`),
  counts: Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => (i === j ? 9 : (i + 1) % size === j ? 1 : 0)),
  ),
});

const count = (page: string, pattern: RegExp): number => page.match(pattern)?.length ?? 0;

/** Elements that are opened and not closed, or the other way round. */
const unbalanced = (page: string): string[] => {
  const tags = [...page.replace(/<style>.*?<\/style>/s, '').matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*?(\/?)>/g)];
  const sums = new Map<string, number>();
  for (const [, closing, name = '', empty] of tags)
    if (!empty && !['meta', 'img', 'br'].includes(name)) sums.set(name, (sums.get(name) ?? 0) + (closing ? -1 : 1));
  return [...sums].filter(([, sum]) => sum !== 0).map(([name]) => name);
};

test('templates escape every value but their own', () => {
  assert.equal(html`<b title="${EVIL}">${1}${false}${undefined}</b>`.text.includes('<script'), false);
  assert.equal(html`${[html`<i>`, 'a<b', raw('</i>')]}`.text, '<i>a&lt;b</i>');
  assert.equal(html`${`"'&<>`}`.text, '&quot;&#39;&amp;&lt;&gt;');
});

test('names and texts from outside are harmless wherever they stand', async () => {
  const page = await renderReport({
    title: EVIL,
    task: 'classify',
    command: EVIL,
    configuration: { [EVIL]: EVIL },
    environment: { [EVIL]: EVIL },
    summary: [{ label: EVIL, value: EVIL }],
    history: base.history,
    confusion: {
      classes: [EVIL, 'b'],
      counts: [
        [3, 1],
        [2, 4],
      ],
    },
    predictions: [{ image: pixels(4, 4, 3), truth: EVIL, top: [{ label: EVIL, probability: 1 }] }],
    reconstructions: [{ input: pixels(4, 4, 3), output: pixels(4, 4, 3), name: EVIL }],
    skipped: [{ file: EVIL, reason: EVIL }],
  });
  assert.equal(page.includes('<script'), false);
  assert.ok(count(page, /&lt;script&gt;/g) >= 15);
  assert.equal(/="[^"]*alert\("/.test(page), false);
});

test('the page is self-contained: no address, no script, and a policy that forbids both', async () => {
  const page = await renderReport({ ...base, confusion: square(3) });
  assert.equal(/https?:|src="(?!data:)|href=|url\(|@import/.test(page), false);
  assert.match(page, /Content-Security-Policy" content="default-src &#39;none&#39;; img-src data:/);
});

test('elements are balanced in every combination of parts', async () => {
  const steps = Array.from({ length: 1000 }, (_, i) => ({ ...step, step: i + 1, loss: 1 / (i + 1) }));
  const predictions = [{ image: pixels(8, 6, 3), truth: 'a', top: [{ label: 'b', probability: 0.7 }] }];
  const reports: Report[] = [
    base,
    { ...base, history: [] },
    { ...base, steps, predictions, confusion: square(2) },
    { ...base, confusion: square(24), skipped: [{ file: 'a.jpg', reason: 'empty' }] },
    { ...base, confusion: square(100) },
    { ...base, task: 'reconstruct', reconstructions: [{ input: pixels(9, 9, 1), output: pixels(9, 9, 1) }] },
  ];
  for (const report of reports) assert.deepEqual(unbalanced(await renderReport(report)), []);
});

test('curves: one chart for each quantity that was measured', async () => {
  const titles = async (report: Report) =>
    [...(await renderReport(report)).matchAll(/<figcaption><h3>(.*?)<\/h3>/g)].map(([, title]) => title);
  const steps = [step];
  const psnr = { ...base, history: [epoch(1, { psnr: 20 }), epoch(2, { psnr: 22 })] };
  assert.deepEqual(await titles(base), ['Loss', 'Accuracy on validation', 'Learning rate', 'Images per second']);
  assert.deepEqual(await titles({ ...psnr, steps }), [
    'Loss',
    'PSNR on validation',
    'Loss by step',
    'Learning rate',
    'Images per second',
  ]);
  const vae = { ...base, history: [epoch(1, { ssim: 0.5, msSsim: 0.6, elbo: -70, reconstruction: 50, kl: 20 })] };
  assert.deepEqual(await titles(vae), [
    'Loss',
    'Structural similarity on validation',
    'Evidence lower bound, nats',
    'Parts of the bound',
    'Learning rate',
    'Images per second',
  ]);
  const gan = { ...base, history: [epoch(1, { realScore: 1, madeScore: -1, frechet: 9 })] };
  assert.deepEqual(await titles({ ...gan, steps: [{ ...step, generatorLoss: 2, gradientNorm: 3 }] }), [
    'Loss',
    'Scores of the discriminator',
    'Fréchet distance of samples',
    'Loss by step',
    'Loss of the generator by step',
    'Norm of the gradients by step',
    'Learning rate',
    'Images per second',
  ]);
  assert.deepEqual(await titles({ ...base, history: [] }), []);
  assert.deepEqual(await titles({ ...base, history: [], steps }), ['Loss by step', 'Learning rate']);
});

test('curves: no two marks of an axis read alike', async () => {
  const losses = (trainLoss: number): EpochRecord => epoch(1, { trainLoss, validationLoss: trainLoss / 5 });
  for (const largest of [0.1107, 2.3, 11.9, 340, 3e-4]) {
    const page = await renderReport({ ...base, history: [losses(largest), { ...losses(largest / 7), epoch: 2 }] });
    const [axes = ''] = /<g class="axes">.*?epoch/s.exec(page) ?? [];
    const marks = [...axes.matchAll(/<text[^>]*>([^<]*[0-9][^<]*)<\/text>/g)].map(([, mark]) => mark);
    const heights = marks.slice(0, marks.length - 2); // the last two count epochs
    assert.ok(heights.length >= 3, `${marks}`);
    assert.equal(new Set(heights).size, heights.length, `marks ${marks}`);
  }
});

test('curves: values that are not finite leave gaps, never NaN in the drawing', async () => {
  const history = [epoch(1), epoch(2, { trainLoss: Number.NaN, validationLoss: Infinity }), epoch(3), epoch(4)];
  for (const records of [history, [epoch(1)], [epoch(1, { trainLoss: Number.NaN })]])
    assert.equal(/NaN|Infinity|undefined/.test(await renderReport({ ...base, history: records })), false);
});

test('curves: a thousand epochs or a hundred thousand steps stay a small page', async () => {
  const history = Array.from({ length: 1000 }, (_, i) => epoch(i + 1));
  const steps = Array.from({ length: 100_000 }, (_, i) => ({ ...step, step: i + 1 }));
  const page = await renderReport({ ...base, history, steps });
  assert.ok(page.length < 1_000_000, `${page.length} characters`);
});

test('precision and recall', () => {
  const figures = classFigures({
    classes: ['a', 'b', 'c'],
    counts: [
      [8, 2, 0],
      [4, 6, 0],
      [0, 0, 0],
    ],
  });
  assert.deepEqual(
    figures.map(({ images, recall }) => [images, recall]),
    [
      [10, 0.8],
      [10, 0.6],
      [0, Number.NaN],
    ],
  );
  assert.deepEqual(
    figures.map(({ precision }) => precision),
    [8 / 12, 6 / 8, Number.NaN],
  );
});

test('confusion: a cell for every pair, a heading for every class, mistakes named', async () => {
  for (const size of [2, 12, 24, 100]) {
    const page = await renderReport({ ...base, confusion: square(size) });
    const matrix = page.match(/class="confusion .*?<\/table>/s)?.[0] ?? '';
    assert.equal(count(matrix, /<td/g), size * size + 1);
    assert.equal(count(matrix, /scope="row"/g), size);
    assert.equal(count(matrix, /scope="col"/g), size);
    assert.match(matrix, /title="class 0 taken for class 1: 1 of 10"/);
    assert.equal(page.includes('Most frequent mistakes'), size > 12);
  }
});

test('images arrive as PNG, unchanged when small', async () => {
  const image = pixels(5, 7, 3);
  const page = await renderReport({
    ...base,
    predictions: [{ image, truth: 'a', top: [{ label: 'a', probability: 0.9 }] }],
    reconstructions: [{ input: pixels(600, 300, 1), output: pixels(600, 300, 1), name: 'tall' }],
  });
  const pngs = [...page.matchAll(/base64,([^"]+)"/g)].map(([, text]) => Buffer.from(text as string, 'base64'));
  assert.equal(pngs.length, 3);
  assert.deepEqual(new Uint8Array(await sharp(pngs[0]).raw().toBuffer()), image.data);
  assert.deepEqual((await sharp(pngs[1]).metadata()).height, 256);
  assert.equal(count(page, /<img [^>]*alt="[^"]+"/g), 3);
});

test('predictions say right or wrong in words too', async () => {
  const card = (label: string) => ({ image: pixels(4, 4, 1), truth: 'cat', top: [{ label, probability: 0.6 }] });
  const page = await renderReport({ ...base, predictions: [card('cat'), card('dog')] });
  assert.equal(count(page, /, right</g), 1);
  assert.equal(count(page, /, taken for another class</g), 1);
});

test('equal reports give equal pages, written whole and leaving nothing beside them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'resmirror-report-'));
  try {
    const path = await writeReport(folder, base);
    assert.equal(await readFile(path, 'utf8'), await renderReport(base));
    await writeReport(folder, base);
    assert.deepEqual(await readdir(folder), ['report.html']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('weights are shown layer by layer as they are distributed', async () => {
  const weights = {
    'conv1.weight': { shape: [2, 1, 2, 2], data: Float32Array.from([-1, -1, -1, -1, -1, -1, 0.25, 2]) },
    'fc.weight': { shape: [2, 2], data: new Float32Array(4) },
  };
  const page = await renderReport({ ...base, weights });
  const rows = [...page.matchAll(/<tr><th scope="row"><code>(.*?)<\/code><\/th>(.*?)<\/tr>/gs)].map(
    ([, name, cells]) => [name, ...[...cells!.matchAll(/<td>([^<]+)<\/td>/g)].map(([, text]) => text)],
  );
  assert.deepEqual(rows, [
    ['conv1.weight', '2 × 1 × 2 × 2', '-0.469', '1.02', '-1', '2'],
    ['fc.weight', '2 × 2', '0', '0', '0', '0'],
  ]);
  const [first, second] = [...page.matchAll(/ d="(M0 22[^"]*)"/g)].map(([, path]) => path!);
  // thirty bars of five points: six values in the first, one in the thirteenth and in the last
  const tops = [...first!.matchAll(/V([\d.]+)H([\d.]+)/g)].map(
    ([, top, right]) => [Number(right), Number(top)] as const,
  );
  assert.deepEqual(
    tops.filter(([, top]) => top < 22),
    [
      [5, 0],
      [65, 18.3],
      [150, 18.3],
    ],
  );
  assert.equal(second, 'M0 22V0H150V22Z');
  assert.ok(!(await renderReport(base)).includes('Weights'));
});
