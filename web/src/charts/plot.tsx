/** A chart that uPlot draws, in the page's colours and as wide as there is room. */
import { useEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { count } from '../format.js';
import { language } from '../language.js';
import { aligned, type Line } from './quantities.js';

const HEIGHT = 240;
/** Lines with fewer points show each of them. */
const FEW = 24;

interface PlotProps {
  readonly lines: readonly Line[];
  readonly format: (value: number | null | undefined) => string;
  /** Where the pointer stands: a place on the axis, and the value of each line there. */
  readonly onPoint: (at: number | undefined, values: readonly (number | null | undefined)[]) => void;
}

export function Plot({ lines, format, onPoint }: PlotProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const told = useRef(onPoint);
  told.current = onPoint;
  const columns = useMemo(() => aligned(lines) as uPlot.AlignedData, [lines]);
  const latest = useRef(columns);
  latest.current = columns;
  const look = lines.map(({ colour, faint, at }) => `${colour}${faint}${at.length <= FEW}`).join();
  const shown = language.value;

  // made anew when what it looks like changes; figures alone are put into the chart that is there
  useEffect(() => {
    const element = holder.current!;
    const make = () => {
      plot.current?.destroy();
      const options = optionsOf({ lines, format, element, told });
      plot.current = new uPlot(options, latest.current, element);
    };
    make();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', make);
    const sizes = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    sizes.observe(element);
    return () => {
      scheme.removeEventListener('change', make);
      sizes.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [look, format, shown]);
  useEffect(() => plot.current && update(plot.current, columns), [columns]);
  return <div class="plot" ref={holder} />;
}

/** New figures leave the stretch as it is that somebody looks at closely. */
function update(plot: uPlot, columns: uPlot.AlignedData): void {
  const [before, { min, max }] = [plot.data[0], plot.scales.x!];
  const close = min != null && max != null && (min > before[0]! || max < before.at(-1)!);
  plot.setData(columns, !close);
  if (close) plot.setScale('x', { min, max });
}

interface Making extends Pick<PlotProps, 'lines' | 'format'> {
  readonly element: HTMLElement;
  readonly told: { readonly current: PlotProps['onPoint'] };
}

/** A line has its last value until the next one. */
function lastUntil(values: ArrayLike<number | null | undefined>, index: number): number | undefined {
  for (let i = index; i >= 0; i--) {
    const value = values[i];
    if (typeof value === 'number') return value;
  }
  return undefined;
}

function optionsOf({ lines, format, element, told }: Making): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--rule'), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  };
  const written = (_: uPlot, values: readonly number[]) => values.map((value) => format(value));
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    padding: [10, 12, 0, 0],
    cursor: { y: false, drag: { x: true, y: false }, points: { size: 7 } },
    scales: { x: { time: false } },
    axes: [
      { ...axis, size: 30, space: 60, values: (_, values) => values.map((x) => (Number.isInteger(x) ? count(x) : '')) },
      { ...axis, size: 66, space: 36, values: written },
    ],
    series: [
      {},
      ...lines.map(({ name, colour: place, faint, at }) => ({
        label: name,
        stroke: colour(`--run-${place}`) + (faint ? '70' : ''),
        width: faint ? 1 : 2,
        points: { show: !faint && at.length <= FEW, size: 5, fill: colour(`--run-${place}`) },
      })),
    ],
    hooks: {
      setCursor: [
        ({ cursor: { idx }, data }) =>
          told.current(
            idx == null ? undefined : data[0][idx],
            lines.map((_, i) => (idx == null ? undefined : lastUntil(data[i + 1]!, idx))),
          ),
      ],
    },
  };
}
