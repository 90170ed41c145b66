/**
 * Predicts what training on 2 to 1,024 ranks takes from what one rank takes, and draws it; docs/scaling.md holds the assumptions.
 *
 *   node build/bench/scaling.js                                               # tables, and scaling.svg
 *   node build/bench/scaling.js --step 0.31 --bytes 46758048 --ranks 2 --link '1 Gbit/s'   # what was measured beside what is predicted
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { lineChartFile } from '../src/train/report/chart.js';
import { type Algorithm, type Link, predict, sums, type Work } from './scaling/model.js';
import { print } from './settings.js';

const GIGABIT = 1e9 / 8;
const links: readonly Link[] = [
  { name: '1 Gbit/s', bandwidth: GIGABIT, latency: 50e-6 },
  { name: '25 Gbit/s', bandwidth: 25 * GIGABIT, latency: 10e-6 },
  { name: '100 Gbit/s', bandwidth: 100 * GIGABIT, latency: 3e-6 },
];

/** Steps of `npm run bench -- training` on two cores; gradients are as many float32 as parameters. */
const rank = { spread: 0.05, buckets: 1, overlapFrom: 1, reduce: 1 / 4e9 };
const works: readonly Work[] = [
  { ...rank, name: 'resnet18, 64 px, batch 64', step: 0.3, bytes: 4 * 11_689_512 },
  { ...rank, name: 'resnet50, 224 px, batch 16', step: 2.4, bytes: 4 * 25_557_032 },
];

const RANKS = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

const { values } = parseArgs({
  options: {
    step: { type: 'string' },
    spread: { type: 'string' },
    bytes: { type: 'string' },
    buckets: { type: 'string' },
    link: { type: 'string' },
    latency: { type: 'string' },
    ranks: { type: 'string' },
    out: { type: 'string', default: 'scaling.svg' },
  },
});

const number = (text: string | undefined, usual: number) => (text === undefined ? usual : Number(text));
const chosen = links
  .filter(({ name }) => values.link === undefined || name === values.link)
  .map((link) => ({ ...link, latency: number(values.latency, link.latency) }));
const ranks = values.ranks?.split(',').map(Number) ?? RANKS;
const asked =
  values.step === undefined
    ? works
    : [
        {
          ...rank,
          name: 'given',
          step: Number(values.step),
          bytes: number(values.bytes, 0),
          spread: number(values.spread, rank.spread),
          buckets: number(values.buckets, rank.buckets),
        },
      ];

const algorithms = Object.keys(sums) as Algorithm[];
for (const work of asked) {
  print([work.name, 'sum', ...ranks.map((count) => `${count} ranks`)], '---');
  for (const link of chosen)
    for (const algorithm of algorithms) {
      const found = ranks.map((count) => predict(work, link, algorithm, count));
      print([
        link.name,
        algorithm,
        ...found.map(({ step, efficiency }) => `${(1000 * step).toFixed(0)} ms, ${(100 * efficiency).toFixed(0)} %`),
      ]);
    }
  console.log();
}

const series = asked.flatMap((work) =>
  chosen.map((link) => ({
    name: `${work.name.split(',')[0]}, ${link.name}`,
    points: [1, ...ranks].map(
      (count) => [count, Math.max(...algorithms.map((one) => predict(work, link, one, count).efficiency))] as const,
    ),
  })),
);
const chart = {
  title: 'Efficiency',
  unit: 'ranks',
  along: 'log',
  series,
  format: (value: number) => `${(100 * value).toFixed(0)} %`,
  ticks: '.0%',
  fromZero: true,
  size: 'wide',
} as const;
await writeFile(values.out, lineChartFile(chart));
console.log(values.out);
