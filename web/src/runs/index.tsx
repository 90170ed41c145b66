/** The part Runs: what the server tells of trainings, as they go on. */
import { useEffect } from 'preact/hooks';
import { say } from '../language.js';
import { takeKey } from './api.js';
import { connection, followList, runs } from './follow.js';
import { RunList } from './list.js';
import './runs.css';
import { shown } from './shown.js';
import { texts } from './texts.js';
import { RunView } from './view.js';

export default function Runs() {
  const names = shown();
  const listing = names.length === 0;
  useEffect(() => (listing ? followList() : undefined), [listing]);
  if (connection.value === 'absent') return <Absent />;
  return (
    <div class="part-runs">
      <Connection />
      {connection.value === 'key' && <KeyForm />}
      {listing ? <List /> : <RunView key={names.join('\n')} names={names} />}
    </div>
  );
}

function List() {
  const known = runs.value;
  return (
    <>
      <h1>{say(texts.heading)}</h1>
      {known === undefined && connection.value === 'asking' && <p class="note">{say(texts.asking)}</p>}
      {known?.length === 0 && <Empty />}
      {known && known.length > 0 && <RunList runs={known} />}
    </>
  );
}

/** Read out when it changes. */
const Connection = () => (
  <div class="connection" role="status">
    {connection.value === 'live' && <span class="live">{say(texts.live)}</span>}
    {connection.value === 'lost' && <p class="trouble">{say(texts.lost)}</p>}
  </div>
);

const Command = ({ lines }: { readonly lines: readonly string[] }) => (
  <pre class="command">
    <code>{lines.join('\n')}</code>
  </pre>
);

const Empty = () => (
  <section>
    <h2>{say(texts.emptyHeading)}</h2>
    <p>{say(texts.empty)}</p>
    <Command lines={['resmirror train classify drawn --out runs/first']} />
  </section>
);

const Absent = () => (
  <div class="part-runs">
    <h1>{say(texts.heading)}</h1>
    <h2>{say(texts.absentHeading)}</h2>
    <p>{say(texts.absent)}</p>
    <Command lines={['resmirror serve --runs runs']} />
  </div>
);

function KeyForm() {
  return (
    <form
      class="key"
      onSubmit={(event) => {
        event.preventDefault();
        const key = new FormData(event.currentTarget).get('key');
        takeKey(`${key}`.trim());
        connection.value = 'asking';
      }}
    >
      <h2>{say(texts.keyHeading)}</h2>
      <label>
        {say(texts.key)} <input type="password" name="key" autoComplete="off" required />
      </label>
      <button type="submit" class="main">
        {say(texts.useKey)}
      </button>
      <p class="note">{say(texts.keyKept)}</p>
    </form>
  );
}
