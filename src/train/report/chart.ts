import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { count } from './figures.js';
import { type Html, html } from './html.js';

type Point = readonly [x: number, y: number];

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Chart {
  readonly title: string;
  /** What x counts: 'epoch' or 'step'. */
  readonly unit: string;
  /** In this order they take the page's series colours. All have the same x. */
  readonly series: readonly Series[];
  /** Writes a value in the legend and beside the pointer. */
  readonly format: (value: number) => string;
  /** A d3-format specifier for the y axis: https://d3js.org/d3-format */
  readonly ticks: string;
  /** Whether the y axis begins at 0: right for quantities of which half is half. */
  readonly fromZero: boolean;
  /** Units of the drawing, about pixels: a chart keeps its place in a row of two or of three. */
  readonly size: 'large' | 'small';
}

/** Sized as they come out on a wide page, so that text keeps its size; `marks` is about how many numbers fit below. */
const SIZES = { large: { width: 520, height: 260, marks: 7 }, small: { width: 340, height: 200, marks: 4 } } as const;
/** At the top there is room for the values at the pointer, so that they hide no curve. */
const MARGIN = { top: 24, right: 14, bottom: 30, left: 46 } as const;

/** More places to point at than pixels serve nobody. */
const MOST_STOPS = 160;

const finite = (points: readonly Point[]): Point[] => points.filter(([, y]) => Number.isFinite(y));

const extent = (values: readonly number[]): Point =>
  values.reduce<Point>(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);

/** The x and y positions of a chart's values. */
const scales = ({ series, fromZero, size }: Chart) => {
  const { width, height } = SIZES[size];
  const points = series.flatMap(({ points }) => finite(points));
  const [low, high] = extent(points.map(([, y]) => y));
  const bottom = fromZero ? Math.min(0, low) : low;
  const x = scaleLinear(extent(points.map(([x]) => x)), [MARGIN.left, width - MARGIN.right]);
  // one flat line still needs a range to lie in
  const y = scaleLinear([bottom, high === bottom ? bottom + 1 : high], [height - MARGIN.bottom, MARGIN.top]).nice(4);
  return { x, y, width, height };
};

type Scales = ReturnType<typeof scales>;

const axes = ({ x, y, width, height }: Scales, { ticks, unit, size }: Chart): Html => {
  const write = y.tickFormat(4, ticks);
  const foot = height - 7;
  return html`<g class="axes">${y.ticks(4).map(
    (value) => html`<line x1="${MARGIN.left}" x2="${width - MARGIN.right}" y1="${y(value)}" y2="${y(value)}"/>
<text x="${MARGIN.left - 8}" y="${y(value)}" dy="0.32em" text-anchor="end">${write(value)}</text>`,
  )}${x
    .ticks(SIZES[size].marks)
    .filter(Number.isInteger)
    .map((value) => html`<text x="${x(value).toFixed(1)}" y="${foot}" text-anchor="middle">${count(value)}</text>`)}
<text x="0" y="${foot}">${unit}</text></g>`;
};

const curve = ({ x, y }: Scales, { points }: Series, index: number): Html => {
  const path = line<Point>(
    ([at]) => x(at),
    ([, value]) => y(value),
  )
    .defined(([, value]) => Number.isFinite(value))
    .digits(1);
  const last = finite(points).at(-1);
  return html`<path class="s${index}" d="${path(points) ?? ''}"/>${
    last && html`<circle class="s${index}" cx="${x(last[0]).toFixed(1)}" cy="${y(last[1]).toFixed(1)}" r="3"/>`
  }`;
};

/** One column of the chart: its values where the pointer is. */
const stop = (
  drawn: Scales,
  { series, unit, format }: Chart,
  { index, half }: { index: number; half: number },
): Html => {
  const { x, y, width, height } = drawn;
  const foot = height - MARGIN.bottom;
  const at = series[0]!.points[index]![0];
  const values = series
    .map(({ name, points }, s) => ({ name, s, value: points[index]?.[1] ?? Number.NaN }))
    .filter(({ value }) => Number.isFinite(value));
  const text = [`${unit} ${count(at)}`, ...values.map(({ name, value }) => `${name} ${format(value)}`)].join('  ·  ');
  const [place, anchor] = x(at) > width / 2 ? [width - MARGIN.right, 'end'] : [MARGIN.left, 'start'];
  const middle = x(at).toFixed(1);
  return html`<g class="stop"><rect x="${(x(at) - half).toFixed(1)}" y="0" width="${(2 * half).toFixed(1)}" height="${foot}"/>
<line x1="${middle}" x2="${middle}" y1="${MARGIN.top}" y2="${foot}"/>${values.map(
    ({ s, value }) => html`<circle class="s${s}" cx="${middle}" cy="${y(value).toFixed(1)}" r="3.5"/>`,
  )}<text x="${place}" y="11" text-anchor="${anchor}">${text}</text></g>`;
};

/** Invisible columns that show their values when pointed at or tapped, without a script. */
const stops = (drawn: Scales, chart: Chart): Html[] => {
  const { length } = chart.series[0]!.points;
  const every = Math.ceil(length / MOST_STOPS);
  const half = (drawn.width - MARGIN.left - MARGIN.right) / Math.max(1, Math.ceil(length / every) - 1) / 2;
  return Array.from({ length: Math.ceil(length / every) }, (_, i) => stop(drawn, chart, { index: i * every, half }));
};

const spoken = ({ title, unit, format }: Chart, { name, points }: Series): string => {
  const [first, last] = [points.at(0), points.at(-1)] as [Point, Point];
  return `${title}, ${name}: from ${format(first[1])} at ${unit} ${first[0]} to ${format(last[1])} at ${unit} ${last[0]}.`;
};

/** A line chart as a figure with inline SVG; nothing where no series has a value. */
export const lineChart = (chart: Chart): Html => {
  const shown = { ...chart, series: chart.series.filter(({ points }) => finite(points).length > 0) };
  if (shown.series.length === 0) return html``;
  const drawn = scales(shown);
  const legend = shown.series.map(({ name, points }, i) => {
    const [, value] = finite(points).at(-1)!;
    return html`<li class="s${i}"><span>${name}</span> <b>${chart.format(value)}</b></li>`;
  });
  const label = shown.series.map((series) => spoken(shown, series)).join(' ');
  return html`<figure class="chart ${chart.size}"><figcaption><h3>${chart.title}</h3><ul class="legend">${legend}</ul></figcaption>
<svg viewBox="0 0 ${drawn.width} ${drawn.height}" role="img" aria-label="${label}">${axes(drawn, shown)}
<g class="curves">${shown.series.map((series, i) => curve(drawn, series, i))}</g>${stops(drawn, shown)}</svg></figure>`;
};
