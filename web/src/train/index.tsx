/** The part Train: from images in folders to a model in a file. */
import { say } from '../language.js';
import { Trouble } from '../ui/trouble.js';
import { Curves } from './curves.js';
import { Gather } from './gather.js';
import { Result } from './result.js';
import { failure, phase, skipped } from './session.js';
import { Status } from './status.js';
import { texts } from './texts.js';
import './train.css';

export default function Train() {
  return (
    <div class="train">
      <h1>{say(texts.title)}</h1>
      {phase.value === 'failed' && <Trouble>{say(texts.failed, { reason: failure.value })}</Trouble>}
      {phase.value === 'choosing' || phase.value === 'failed' ? <Gather /> : <Status />}
      {phase.value !== 'choosing' && <Skipped />}
      <Curves />
      <Result />
    </div>
  );
}

/** Files that could not be read, by name. */
function Skipped() {
  if (skipped.value.length === 0) return null;
  return (
    <details class="skipped">
      <summary>{say(texts.skipped, { count: skipped.value.length })}</summary>
      <ul>
        {skipped.value.map((file) => (
          <li key={file}>
            <strong>{file}</strong>: {say(texts.unreadable)}
          </li>
        ))}
      </ul>
    </details>
  );
}
