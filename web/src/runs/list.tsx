/** All runs, the last changed first, each with how its loss went. */
import { useSignal } from '@preact/signals';
import { ago, count, decimal } from '../format.js';
import { say } from '../language.js';
import { addressOf } from '../route.js';
import type { RunSummary } from './api.js';
import { MOST, shownAs } from './shown.js';
import { figures, states, tasks, texts } from './texts.js';

export function RunList({ runs }: { readonly runs: readonly RunSummary[] }) {
  const chosen = useSignal<readonly string[]>([]);
  const names = chosen.value.filter((name) => runs.some((run) => run.name === name));
  const toggle = (name: string, on: boolean) => {
    chosen.value = on ? [...names, name] : names.filter((one) => one !== name);
  };
  return (
    <>
      <div class="bar">
        <p class="note">{say(names.length >= MOST ? texts.most : texts.chooseHint, { n: MOST })}</p>
        {names.length > 1 && (
          <a class="action" href={addressOf(['runs'], { show: shownAs(names) })}>
            {say(texts.compare, { n: names.length })}
          </a>
        )}
      </div>
      <ul class="runs">
        {runs.map((run) => (
          <li key={run.name}>
            <input
              type="checkbox"
              aria-label={say(texts.choose, { name: run.name })}
              checked={names.includes(run.name)}
              disabled={run.state === 'damaged' || (names.length >= MOST && !names.includes(run.name))}
              onChange={({ currentTarget }) => toggle(run.name, currentTarget.checked)}
            />
            <Row run={run} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Row({ run }: { readonly run: RunSummary }) {
  const { name, state, network, data, task, epochs = 0, planned = 1, best, curve = [], updated, error } = run;
  return (
    <>
      <div class="who">
        <a href={addressOf(['runs'], { show: shownAs([name]) })}>{name}</a>
        <span class="note">
          {error ?? `${say(texts.on, { network: network!, data: data! })} · ${say(tasks[task!]!)}`}
        </span>
      </div>
      <Sparkline values={curve} />
      {best ? <Best {...best} /> : <span class="best" />}
      <div class="how">
        <State state={state} />
        <span class="note">
          {error === undefined && `${say(texts.epochsOf, { done: count(epochs), planned: count(planned) })} · `}
          {ago(updated)}
        </span>
      </div>
    </>
  );
}

const Best = ({ name, text }: NonNullable<RunSummary['best']>) => (
  <span class="best">
    <b>{text}</b> <span class="note">{say(figures[name] ?? { en: name, 'zh-CN': name })}</span>
  </span>
);

export const State = ({ state }: { readonly state: RunSummary['state'] }) => (
  <span class={`state ${state}`}>{say(states[state])}</span>
);

const [WIDTH, HEIGHT] = [120, 32];

/** A curve without axes. */
function Sparkline({ values }: { readonly values: readonly (number | null)[] }) {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return <span class="sparkline" />;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const points = values.flatMap((value, i) =>
    value === null
      ? []
      : [
          [
            3 + ((WIDTH - 6) * i) / Math.max(1, values.length - 1),
            3 + ((HEIGHT - 6) * (most - value)) / (most - least || 1),
          ],
        ],
  );
  const [x, y] = points.at(-1)!;
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={say(texts.curve, { last: decimal(known.at(-1)) })}
    >
      <polyline points={points.map((point) => point.map((value) => value.toFixed(1)).join()).join(' ')} />
      <circle cx={x} cy={y} r="2.5" />
    </svg>
  );
}
