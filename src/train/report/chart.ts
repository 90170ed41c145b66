import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { count, decimal } from './figures.js';
import { type Html, html, raw } from './html.js';
import { STYLE } from './style.js';

type Point = readonly [x: number, y: number];

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Mark {
  readonly name: string;
  readonly at: number;
}

export interface Chart {
  readonly title: string;
  /** What x is: 'epoch', 'step' or 'rate'. */
  readonly unit: string;
  /** Numbers of x in equal steps, or its powers of ten; linear by default. */
  readonly along?: keyof typeof ALONG;
  /** Places of x to point out, with their names. */
  readonly marks?: readonly Mark[];
  /** In this order they take the page's series colours, of which there are eight. */
  readonly series: readonly Series[];
  /** Writes a value in the legend and beside the pointer. */
  readonly format: (value: number) => string;
  /** A d3-format specifier for the y axis: https://d3js.org/d3-format */
  readonly ticks: string;
  /** Whether the y axis begins at 0: right for quantities of which half is half. */
  readonly fromZero: boolean;
  /** Units of the drawing, about pixels: a chart keeps its place in a row of its own, of two or of three. */
  readonly size: keyof typeof SIZES;
}

/** The kinds of x axis: how values become places, which of them are written below, and how. */
const ALONG = {
  linear: { scale: (over: Point, onto: Point) => scaleLinear(over, onto), isWritten: Number.isInteger, write: count },
  log: {
    scale: (over: Point, onto: Point) => scaleLog(over, onto),
    isWritten: (value: number) => Math.abs(Math.log10(value) % 1) < 1e-9,
    write: decimal,
  },
} as const;

/** Sized as they come out on a wide page, so that text keeps its size; `marks` is about how many numbers fit below. */
const SIZES = {
  wide: { width: 1050, height: 380, marks: 12 },
  large: { width: 520, height: 260, marks: 7 },
  small: { width: 340, height: 200, marks: 4 },
} as const;
/** At the top there is room for the values at the pointer, so that they hide no curve. */
const MARGIN = { top: 24, right: 14, bottom: 30, left: 46 } as const;

/** More places to point at than pixels serve nobody. */
const MOST_STOPS = 160;

const finite = (points: readonly Point[]): Point[] => points.filter(([, y]) => Number.isFinite(y));

const extent = (values: readonly number[]): Point =>
  values.reduce<Point>(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);

/** The x and y positions of a chart's values. */
const scales = ({ series, fromZero, size, along = 'linear' }: Chart) => {
  const { width, height } = SIZES[size];
  const points = series.flatMap(({ points }) => finite(points));
  const [low, high] = extent(points.map(([, y]) => y));
  const bottom = fromZero ? Math.min(0, low) : low;
  const x = ALONG[along].scale(extent(points.map(([x]) => x)), [MARGIN.left, width - MARGIN.right]);
  // one flat line still needs a range to lie in
  const y = scaleLinear([bottom, high === bottom ? bottom + 1 : high], [height - MARGIN.bottom, MARGIN.top]).nice(4);
  return { x, y, width, height, ...ALONG[along] };
};

type Scales = ReturnType<typeof scales>;

const axes = ({ x, y, width, height, isWritten, write }: Scales, { ticks, unit, size }: Chart): Html => {
  const writeUp = y.tickFormat(4, ticks);
  const foot = height - 7;
  return html`<g class="axes">${y.ticks(4).map(
    (value) => html`<line x1="${MARGIN.left}" x2="${width - MARGIN.right}" y1="${y(value)}" y2="${y(value)}"/>
<text x="${MARGIN.left - 8}" y="${y(value)}" dy="0.32em" text-anchor="end">${writeUp(value)}</text>`,
  )}${x
    .ticks(SIZES[size].marks)
    .filter(isWritten)
    .map((value) => html`<text x="${x(value).toFixed(1)}" y="${foot}" text-anchor="middle">${write(value)}</text>`)}
<text x="0" y="${foot}">${unit}</text></g>`;
};

/** A series that has values, by its place among all. */
type Drawn = Series & { readonly index: number };
type DrawnChart = Omit<Chart, 'series'> & { readonly series: readonly Drawn[] };

const curve = ({ x, y }: Scales, { points, index }: Drawn): Html => {
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

/** Up to this many values at the pointer stand in a line, more below each other. */
const IN_LINE = 2;
const LINE_HEIGHT = 16;

/** What a chart says at one place: in the line above the curves, or in a list on the side where the pointer is not. */
const said = ({ x, width }: Scales, at: number, texts: readonly (Html | string)[]): Html => {
  const late = x(at) > width / 2;
  const listed = texts.length > IN_LINE + 1;
  const [place, anchor] = late === listed ? [MARGIN.left, 'start'] : [width - MARGIN.right, 'end'];
  const lines = texts.map((text, i) =>
    listed
      ? html`<tspan x="${place}" dy="${i === 0 ? 0 : LINE_HEIGHT}">${text}</tspan>`
      : html`${i > 0 && '  ·  '}${text}`,
  );
  return html`<text x="${place}" y="11" text-anchor="${anchor}">${lines}</text>`;
};

/** One column of the chart: its values where the pointer is. */
const stop = (drawn: Scales, { series, unit, format }: DrawnChart, { from, at, to }: Column): Html => {
  const { x, y, height, write } = drawn;
  const foot = height - MARGIN.bottom;
  const values = series
    .map(({ name, index, points }) => ({ name, index, value: points.find(([where]) => where === at)?.[1] }))
    .filter((one): one is { name: string; index: number; value: number } => Number.isFinite(one.value));
  const texts = values.map(({ name, index, value }) =>
    values.length > IN_LINE
      ? html`<tspan class="mark s${index}">●</tspan> ${name} ${format(value)}`
      : `${name} ${format(value)}`,
  );
  const middle = x(at).toFixed(1);
  return html`<g class="stop"><rect x="${from.toFixed(1)}" y="0" width="${(to - from).toFixed(1)}" height="${foot}"/>
<line x1="${middle}" x2="${middle}" y1="${MARGIN.top}" y2="${foot}"/>${values.map(
    ({ index, value }) => html`<circle class="s${index}" cx="${middle}" cy="${y(value).toFixed(1)}" r="3.5"/>`,
  )}${said(drawn, at, [`${unit} ${write(at)}`, ...texts])}</g>`;
};

/** The place of some values, and between which ends of the drawing a pointer means it. */
interface Column {
  readonly from: number;
  readonly at: number;
  readonly to: number;
}

/** Invisible columns that show their values when pointed at or tapped, without a script. */
const stops = (drawn: Scales, chart: DrawnChart): Html[] => {
  const { x, width } = drawn;
  const all = [...new Set(chart.series.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b);
  const every = Math.ceil(all.length / MOST_STOPS);
  const places = all.filter((_, i) => i % every === 0);
  return places.map((at, i) => {
    const [before, after] = [places[i - 1], places[i + 1]];
    const from = before === undefined ? MARGIN.left : (x(before) + x(at)) / 2;
    const to = after === undefined ? width : (x(at) + x(after)) / 2;
    return stop(drawn, chart, { from, at, to });
  });
};

const spoken = ({ title, unit, format }: Chart, { name, points }: Series): string => {
  const [first, last] = [points.at(0), points.at(-1)] as [Point, Point];
  return `${title}, ${name}: from ${format(first[1])} at ${unit} ${first[0]} to ${format(last[1])} at ${unit} ${last[0]}.`;
};

/** Room for the longest name of a place. */
const NAME_WIDTH = 190;

/** Places pointed out, their names beside them: those of the left on their left, so that no line runs through a name. */
const marksOf = ({ x, height, width }: Scales, marks: readonly Mark[]): Html[] => {
  const ends = extent(marks.map(({ at }) => x(at)));
  return marks.map(({ name, at }, i) => {
    const place = x(at);
    const left = place > width - NAME_WIDTH || (place < (ends[0] + ends[1]) / 2 && place > NAME_WIDTH);
    return html`<line x1="${place.toFixed(1)}" x2="${place.toFixed(1)}" y1="${MARGIN.top}" y2="${height - MARGIN.bottom}"/>
<text x="${(place + (left ? -5 : 5)).toFixed(1)}" y="${MARGIN.top + 12 + LINE_HEIGHT * i}" text-anchor="${left ? 'end' : 'start'}">${name}</text>`;
  });
};

/** A chart's series that have values, with the places of these; none where there is nothing to draw. */
function prepared(chart: Chart): { readonly shown: DrawnChart; readonly drawn: Scales } | undefined {
  const series = chart.series
    .map((one, index) => ({ ...one, index }))
    .filter(({ points }) => finite(points).length > 0);
  const shown = { ...chart, series };
  return series.length > 0 ? { shown, drawn: scales(shown) } : undefined;
}

const drawing = (drawn: Scales, shown: DrawnChart): Html => html`${axes(drawn, shown)}
<g class="curves">${shown.series.map((one) => curve(drawn, one))}</g><g class="marks">${marksOf(drawn, shown.marks ?? [])}</g>${stops(drawn, shown)}`;

const label = (shown: DrawnChart): string => shown.series.map((one) => spoken(shown, one)).join(' ');

/** A line chart as a figure with inline SVG; nothing where no series has a value. */
export const lineChart = (chart: Chart): Html => {
  const found = prepared(chart);
  if (!found) return html``;
  const { shown, drawn } = found;
  const legend = shown.series.map(({ name, points, index }) => {
    const [, value] = finite(points).at(-1)!;
    return html`<li class="s${index}"><span>${name}</span> <b>${chart.format(value)}</b></li>`;
  });
  return html`<figure class="chart ${chart.size}"><figcaption><h3>${chart.title}</h3><ul class="legend">${legend}</ul></figcaption>
<svg viewBox="0 0 ${drawn.width} ${drawn.height}" role="img" aria-label="${label(shown)}">${drawing(drawn, shown)}</svg></figure>`;
};

/** Room for the title with the names of the curves below it, and around all. */
const [HEAD, EDGE] = [52, 16];

/** The same as an SVG file of its own. */
export const lineChartFile = (chart: Chart): string => {
  const found = prepared(chart);
  if (!found) return html`<svg xmlns="http://www.w3.org/2000/svg"/>`.text;
  const { shown, drawn } = found;
  const [width, height] = [drawn.width + 2 * EDGE, drawn.height + HEAD + 2 * EDGE];
  const names = shown.series.map(
    ({ name, index }, i) => html`${i > 0 && '   '}<tspan class="mark s${index}">●</tspan> ${name}`,
  );
  return html`<svg xmlns="http://www.w3.org/2000/svg" class="chart alone" viewBox="${-EDGE} ${-HEAD - EDGE} ${width} ${height}" width="${1.5 * width}" role="img" aria-label="${label(shown)}">
<style>${raw(STYLE)}</style><text class="title" x="0" y="-34">${chart.title}</text><text class="names" x="0" y="-8">${names}</text>
${drawing(drawn, shown)}</svg>
`.text;
};
