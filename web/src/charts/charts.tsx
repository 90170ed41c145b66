/** The charts of one training, or of several over each other. */
import { say } from '../language.js';
import { Chart } from './chart.js';
import { type Line, pointsOf, type Quantity, quantities, type Recorded } from './quantities.js';
import './charts.css';

interface ChartsProps {
  readonly runs: readonly Recorded[];
  /** What is shown, where it was recorded; everything by default. */
  readonly of?: readonly Quantity[];
}

/** Without points there is no chart. */
export function Charts({ runs, of = Object.values(quantities) }: ChartsProps) {
  const charts = runs.length === 1 ? ofOne(runs[0]!, of) : ofSeveral(runs, of);
  return (
    <div class="charts">
      {charts
        .filter(({ lines }) => lines.some(({ values }) => values.some((value) => value !== null)))
        .map((chart) => (
          <Chart key={chart.title} {...chart} />
        ))}
    </div>
  );
}

/** Each quantity with all of its curves, over steps where one of them has steps. */
const ofOne = (run: Recorded, quantities: readonly Quantity[]) =>
  quantities.map(({ title, format, curves }) => {
    const by = curves.some(({ step }) => step) ? ('step' as const) : ('epoch' as const);
    const lines = curves.map((curve, i): Line => {
      // single steps lie behind the curve of what they come to, in its colour
      const faint = curve.step !== undefined && curves.length > 1;
      const colour = curves.slice(0, i).filter(({ epoch }) => epoch).length;
      return { ...pointsOf(run, curve, by), name: say(curve.name), colour, faint };
    });
    return { title: say(title), by, format, lines: lines.filter(hasValues) };
  });

const hasValues = ({ values }: Line) => values.some((value) => value !== null);

/** Each curve by itself, the runs in their colours. */
const ofSeveral = (runs: readonly Recorded[], quantities: readonly Quantity[]) =>
  quantities.flatMap(({ title, format, curves }) =>
    curves.map((curve) => {
      const by = curve.step ? ('step' as const) : ('epoch' as const);
      const lines = runs.map(
        (run, colour): Line => ({ ...pointsOf(run, curve, by), name: run.name, colour, faint: false }),
      );
      const called = curves.length > 1 ? `${say(title)} · ${say(curve.name)}` : say(title);
      return { title: called, by, format, lines: lines.filter(hasValues) };
    }),
  );
