/** The part Train: from images in folders, or the camera's, to a model in a file. */
import { Charts } from '../charts/charts.js';
import { quantities } from '../charts/quantities.js';
import { say } from '../language.js';
import { Trouble } from '../ui/trouble.js';
import { Gather } from './gather.js';
import { Reconstructions } from './reconstructions.js';
import { Result } from './result.js';
import { failure, phase, records, skipped, steps } from './session.js';
import { Status } from './status.js';
import { texts } from './texts.js';
import './train.css';

const { loss, accuracy, psnr } = quantities;
/** Of accuracy the first curve alone: the five most probable of two classes are always right. */
const CURVES = [loss, { ...accuracy, curves: accuracy.curves.slice(0, 1) }, psnr];

export default function Train() {
  const choosing = phase.value === 'choosing' || phase.value === 'failed';
  return (
    <div class="train">
      <h1>{say(texts.title)}</h1>
      {phase.value === 'failed' && <Trouble>{say(texts.failed, { reason: failure.value })}</Trouble>}
      {choosing ? <Gather /> : <Status />}
      {phase.value !== 'choosing' && <Skipped />}
      <Charts runs={[{ name: '', steps: steps.value, epochs: records.value }]} of={CURVES} />
      <Reconstructions />
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
