/** A chart with its legend, what it says in words, and its numbers in a table. */
import { useSignal } from '@preact/signals';
import { count } from '../format.js';
import { say } from '../language.js';
import { Plot } from './plot.js';
import { aligned, type Line } from './quantities.js';
import { texts } from './texts.js';

/** Rows of a table of numbers: the last ones. */
const ROWS = 200;

export interface ChartProps {
  readonly title: string;
  /** What it stands over. */
  readonly by: 'step' | 'epoch';
  readonly format: (value: number | null | undefined) => string;
  readonly lines: readonly Line[];
}

const lastOf = (values: readonly (number | null | undefined)[]) =>
  values.findLast((value) => typeof value === 'number');

export function Chart({ title, by, format, lines }: ChartProps) {
  const pointed = useSignal<{ at: number; values: readonly (number | null | undefined)[] } | undefined>(undefined);
  const values = lines.map((line, i) => pointed.value?.values[i] ?? (pointed.value ? undefined : lastOf(line.values)));
  const last = lines.map((line) => `${line.name} ${format(lastOf(line.values))}`).join(', ');
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <span class="note">
          {pointed.value
            ? `${say(texts[by])} ${count(pointed.value.at)}`
            : say(by === 'step' ? texts.bySteps : texts.byEpochs)}
        </span>
      </figcaption>
      <ul class="legend">
        {lines.map(({ name, colour, faint }, i) => (
          <li key={name}>
            <span class={`swatch run-${colour}${faint ? ' faint' : ''}`} />
            {name} <b>{format(values[i])}</b>
          </li>
        ))}
      </ul>
      <div role="img" aria-label={say(texts.chartSays, { title, last })}>
        <Plot
          lines={lines}
          format={format}
          onPoint={(at, found) => {
            pointed.value = at === undefined ? undefined : { at, values: found };
          }}
        />
      </div>
      <Numbers title={title} by={by} format={format} lines={lines} />
    </figure>
  );
}

/** Made when it is opened: a long training has many numbers. */
function Numbers({ title, by, format, lines }: ChartProps) {
  const open = useSignal(false);
  const [at, ...columns] = open.value ? aligned(lines) : [[]];
  const first = Math.max(0, at!.length - ROWS);
  return (
    <details
      onToggle={({ currentTarget }) => {
        open.value = currentTarget.open;
      }}
    >
      <summary>{say(texts.numbers)}</summary>
      {open.value && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled with the keyboard
        <section class="scroll" tabIndex={0} aria-label={`${title}: ${say(texts.numbers)}`}>
          {first > 0 && <p class="note">{say(texts.lastRows, { rows: ROWS })}</p>}
          <table>
            <thead>
              <tr>
                <th scope="col">{say(texts[by])}</th>
                {lines.map(({ name }) => (
                  <th scope="col" key={name}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {at!.slice(first).map((x, row) => (
                <tr key={x}>
                  <th scope="row">{count(x)}</th>
                  {columns.map((column, i) => (
                    <td key={lines[i]!.name}>{format(column[first + row])}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
}
