/** Losses and accuracy while they come in. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { number, say } from '../language.js';
import { begun, losses, records } from './session.js';
import { texts } from './texts.js';

export function Curves() {
  if (!begun.value || losses.value.length === 0) return null;
  const { batches, epochs } = begun.value;
  const ends = records.value.map(({ epoch }) => epoch);
  const at = losses.value.map((_, i) => (i + 1) / batches);
  const held = new Map(records.value.map((record) => [record.epoch, record.validationLoss]));
  const right = records.value.map(({ accuracy = 0 }) => 100 * accuracy);
  const last = records.value.at(-1);
  return (
    <section class="curves">
      <Chart
        title={say(texts.loss)}
        summary={number(losses.value.at(-1)!, 3)}
        lines={[
          { name: say(texts.learned), colour: '--main', width: 1.5 },
          { name: say(texts.heldOut), colour: '--mirror', width: 2, points: true },
        ]}
        data={[at, smooth(losses.value), at.map((x) => held.get(x) ?? null)]}
        end={epochs}
        digits={2}
      />
      <Chart
        title={say(texts.accuracy)}
        summary={last?.accuracy === undefined ? '' : `${number(100 * last.accuracy, 1)} %`}
        lines={[{ name: say(texts.accuracyLine), colour: '--mirror', width: 2, points: true }]}
        data={[ends, right]}
        end={epochs}
        range={[0, 100]}
        digits={0}
      />
    </section>
  );
}

/** A running mean, so that what batches differ by does not hide the way. */
function smooth(values: readonly number[]): readonly number[] {
  let mean = values[0]!;
  return values.map((value, i) => {
    mean += (value - mean) / Math.min(i + 1, 8);
    return mean;
  });
}

interface Line {
  readonly name: string;
  /** Name of a property of the theme. */
  readonly colour: string;
  readonly width: number;
  /** Whether points are shown: there are few, and gaps between them are bridged. */
  readonly points?: boolean;
}

interface ChartProps {
  readonly title: string;
  /** The newest value, for those who do not see the curve. */
  readonly summary: string;
  readonly lines: readonly Line[];
  readonly data: readonly (readonly (number | null)[])[];
  /** Of the axis of epochs. */
  readonly end: number;
  readonly range?: readonly [number, number];
  readonly digits: number;
}

const HEIGHT = 220;

function Chart({ title, summary, lines, data, end, range, digits }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const newest = useRef(data);
  newest.current = data;
  const names = lines.map(({ name }) => name).join();
  useEffect(() => {
    const element = place.current!;
    const make = () => {
      chart.current?.destroy();
      const look = lookOf(element, { lines, end, digits, ...(range && { range }) });
      chart.current = new uPlot(look, newest.current as uPlot.AlignedData, element);
    };
    make();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', make);
    const watch = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    watch.observe(element);
    return () => {
      scheme.removeEventListener('change', make);
      watch.disconnect();
      chart.current?.destroy();
    };
  }, [names, end]);
  useEffect(() => chart.current?.setData(data as uPlot.AlignedData));
  return (
    <figure class="curve">
      <figcaption>
        <span>{title}</span> <strong>{summary}</strong>
      </figcaption>
      <div ref={place} role="img" aria-label={`${title}: ${summary}`} />
      {lines.length > 1 && (
        <p class="key">
          {lines.map(({ name, colour }) => (
            <span key={name} style={{ '--colour': `var(${colour})` }}>
              {name}
            </span>
          ))}
        </p>
      )}
    </figure>
  );
}

/** Losses are never below zero. */
const fromZero = (_: uPlot, __: number, most: number): uPlot.Range.MinMax => [0, (most || 1) * 1.05];

function lookOf(
  element: HTMLElement,
  { lines, end, range, digits }: Pick<ChartProps, 'lines' | 'end' | 'range' | 'digits'>,
): uPlot.Options {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: of('--soft'), grid: { stroke: of('--rule'), width: 1 }, ticks: { show: false } };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: [0, end] }, y: { range: range ? [...range] : fromZero } },
    axes: [
      { ...axis, size: 30, values: (_, at) => at.map((x) => (Number.isInteger(x) ? number(x) : '')) },
      { ...axis, size: 46, values: (_, at) => at.map((y) => number(y, digits)) },
    ],
    series: [
      {},
      ...lines.map(({ colour, width, points = false }) => ({
        stroke: of(colour),
        width,
        spanGaps: true,
        points: { show: points, size: 6, fill: of(colour) },
      })),
    ],
  };
}
