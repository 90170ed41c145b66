/** One run, or several over each other, as they go on. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Charts } from '../charts/charts.js';
import { say } from '../language.js';
import { addressOf } from '../route.js';
import { Trouble } from '../ui/trouble.js';
import { compared, tiles } from './figures.js';
import { followRun, type Known } from './follow.js';
import { State } from './list.js';
import { Samples } from './samples.js';
import { differing, settingsOf } from './settings.js';
import { shownAs } from './shown.js';
import { tasks, texts } from './texts.js';

/** @param names of the runs; another key makes another view */
export function RunView({ names }: { readonly names: readonly string[] }) {
  const known = useSignal<Readonly<Record<string, Known>>>({});
  useEffect(() => {
    const ends = names.map((name) =>
      followRun(name, (run) => {
        known.value = { ...known.value, [name]: run };
      }),
    );
    return () => {
      for (const end of ends) end();
    };
  }, []);
  const runs = names.map((name): Known => known.value[name] ?? { name, steps: [], epochs: [] });
  return (
    <>
      <a class="back" href={addressOf(['runs'])}>
        ← {say(texts.all)}
      </a>
      {runs.map(({ name, refused }) => refused !== undefined && <Trouble key={name}>{`${name}: ${refused}`}</Trouble>)}
      {runs.map(
        ({ name, about }) => about?.error !== undefined && <Trouble key={name}>{`${name}: ${about.error}`}</Trouble>,
      )}
      {runs.length === 1 ? <One run={runs[0]!} /> : <Several runs={runs} />}
    </>
  );
}

function One({ run }: { readonly run: Known }) {
  const { name, about, steps, epochs } = run;
  return (
    <>
      <div class="title">
        <h1>{name}</h1>
        {about && <State state={about.state} />}
      </div>
      {about?.network && (
        <p class="note">
          {say(texts.on, { network: about.network, data: about.data! })} · {say(tasks[about.task!]!)}
        </p>
      )}
      <dl class="tiles">
        {tiles.map(({ name: called, value }) => {
          const text = value(run);
          return (
            text !== undefined && (
              <div key={called(run)}>
                <dt>{called(run)}</dt>
                <dd>{text}</dd>
              </div>
            )
          );
        })}
      </dl>
      {about?.state === 'running' && (
        <progress aria-label={say(texts.epochs)} max={about.planned} value={epochs.length} />
      )}
      {about && steps.length + epochs.length === 0 && about.error === undefined && (
        <p class="note">{say(texts.nothing)}</p>
      )}
      <Charts runs={[run]} />
      <Samples run={run} />
      {about?.config && (
        <details class="settings">
          <summary>{say(texts.settings)}</summary>
          <dl>
            {settingsOf([run]).map(({ path, values }) => (
              <div key={path}>
                <dt>{path}</dt>
                <dd>{values[0]}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </>
  );
}

function Several({ runs }: { readonly runs: readonly Known[] }) {
  const differences = differing(settingsOf(runs.filter(({ about }) => about)));
  const read = runs.every(({ about }) => about);
  return (
    <>
      <h1>{runs.map(({ name }) => name).join(' · ')}</h1>
      <Charts runs={runs} />
      <h2>{say(texts.results)}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled with the keyboard */}
      <section class="scroll compared" tabIndex={0} aria-label={say(texts.results)}>
        <table>
          <thead>
            <tr>
              <td />
              {runs.map(({ name }, i) => (
                <th scope="col" key={name}>
                  <span class={`swatch run-${i}`} />
                  <a href={addressOf(['runs'], { show: shownAs([name]) })}>{name}</a>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {compared.map(({ name, value }) => (
              <tr key={name(runs[0]!)}>
                <th scope="row">{name({ name: '', steps: [], epochs: [] })}</th>
                {runs.map((run) => (
                  <td key={run.name}>{value(run) ?? '–'}</td>
                ))}
              </tr>
            ))}
          </tbody>
          {read && (
            <tbody>
              <tr>
                <th scope="rowgroup" colSpan={runs.length + 1}>
                  {say(differences.length > 0 ? texts.differing : texts.same)}
                </th>
              </tr>
              {differences.map(({ path, values }) => (
                <tr key={path}>
                  <th scope="row">
                    <code>{path}</code>
                  </th>
                  {values.map((value, i) => (
                    <td key={runs[i]!.name}>{value}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          )}
        </table>
      </section>
    </>
  );
}
