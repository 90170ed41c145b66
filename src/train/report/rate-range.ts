import type { FoundRates } from '../find-learning-rate.js';
import { ceilingOf, type RatePoint } from '../rate-range.js';
import { type Chart, lineChart, lineChartFile } from './chart.js';
import { decimal } from './figures.js';
import { page, pairsOf, section } from './frame.js';
import { html } from './html.js';

function chartOf({ points, suggestion }: FoundRates): Chart {
  const ceiling = ceilingOf(points);
  const series = (field: 'loss' | 'smoothed') =>
    points.map((point) => [point.learningRate, point[field] <= ceiling ? point[field] : Number.NaN] as const);
  return {
    title: 'Loss by learning rate',
    unit: 'rate',
    along: 'log',
    size: 'wide',
    series: [
      { name: 'of each batch', points: series('loss') },
      { name: 'smoothed', points: series('smoothed') },
    ],
    marks: suggestion
      ? [
          { name: `steepest, ${rate(suggestion.steepest)}`, at: suggestion.steepest },
          { name: `a tenth of the minimum's, ${rate(suggestion.belowMinimum)}`, at: suggestion.belowMinimum },
        ]
      : [],
    format: decimal,
    ticks: '~f',
    fromZero: false,
  };
}

const rate = (value: number): string => decimal(Number(value.toPrecision(2)));

/** The page of a learning rate range test; like a report's it needs no network, no script and no other file. */
export const renderRateRange = (found: FoundRates, command: string): string => {
  const { title, suggestion, config, points } = found;
  const last = points.at(-1) as RatePoint;
  const end = `${found.blewUp ? 'at' : 'none up to'} ${rate(last.learningRate)}`;
  return page({
    title,
    kind: 'Learning rate range test',
    summary: pairsOf(
      [
        ['Steepest descent', suggestion ? rate(suggestion.steepest) : '–'],
        ["A tenth of the minimum's", suggestion ? rate(suggestion.belowMinimum) : '–'],
        ['Blow-up', end],
        ['Optimiser, batch', `${config.optimizer.name}, ${config.batch}`],
      ],
      'summary',
    ),
    sections: [
      section('Losses', html`<div class="charts">${lineChart(chartOf(found))}</div>`),
      section('How to do it again', html`<pre class="command"><code>${command}</code></pre>`),
    ],
  });
};

/** Its chart alone, as an SVG file. */
export const drawRateRange = (found: FoundRates): string => lineChartFile(chartOf(found));
