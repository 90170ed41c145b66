/** What came of it: how good, who was taken for whom, the file, and a try. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { number, say } from '../language.js';
import { Trouble } from '../ui/trouble.js';
import { ConfusionTable } from './confusion-table.js';
import { DropZone } from './drop-zone.js';
import { chosenFiles } from './dropped.js';
import type { Found } from './gathered.js';
import { begun, best, classify, model, phase } from './session.js';
import { texts } from './texts.js';

export function Result() {
  if (!best.value || !begun.value) return null;
  const { epoch, evaluation } = best.value;
  const file = 'model.safetensors';
  const { accuracy = 0 } = evaluation.metrics;
  return (
    <section class="result">
      <p class="figure">
        <strong>{number(100 * accuracy, 1)} %</strong> {say(texts.held)}
      </p>
      <p class="actions">
        <button type="button" class={phase.value === 'ended' ? 'main' : ''} onClick={() => download(file)}>
          {say(texts.download)}
        </button>
      </p>
      <p class="note">{say(texts.downloadNote, { epoch, file })}</p>
      {phase.value === 'ended' && evaluation.confusion && (
        <ConfusionTable classes={begun.value.classes} counts={evaluation.confusion} />
      )}
      {phase.value === 'ended' && <Try />}
    </section>
  );
}

async function download(name: string): Promise<void> {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([await model()], { type: 'application/octet-stream' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** An image that was not among those learned from. */
function Try() {
  const shown = useSignal<{ readonly address: string; readonly name: string } | undefined>(undefined);
  const answer = useSignal<readonly number[] | undefined>(undefined);
  const reason = useSignal('');
  useEffect(() => () => shown.value && URL.revokeObjectURL(shown.value.address), [shown]);
  const ask = async (found: readonly Found[]) => {
    const file = found[0]?.file;
    if (!file) return;
    if (shown.value) URL.revokeObjectURL(shown.value.address);
    shown.value = { address: URL.createObjectURL(file), name: file.name };
    answer.value = undefined;
    reason.value = '';
    try {
      answer.value = await classify(file);
    } catch {
      reason.value = say(texts.tryFailed, { name: file.name, reason: say(texts.unreadable) });
      shown.value = undefined;
    }
  };
  return (
    <>
      <h2>{say(texts.try)}</h2>
      <DropZone label={say(texts.tryNote)} onFiles={ask}>
        <label class="button">
          {say(texts.try)}
          <input
            type="file"
            class="hidden"
            accept="image/*"
            onChange={({ currentTarget }) => {
              ask(chosenFiles(currentTarget.files));
              currentTarget.value = '';
            }}
          />
        </label>
      </DropZone>
      {reason.value && <Trouble>{reason.value}</Trouble>}
      {shown.value && (
        <div class="answer">
          <img src={shown.value.address} alt={shown.value.name} />
          {answer.value && <Bars probabilities={answer.value} />}
        </div>
      )}
    </>
  );
}

const SHOWN = 10;

function Bars({ probabilities }: { readonly probabilities: readonly number[] }) {
  const rows = begun.value!.classes.map((name, i) => ({ name, probability: probabilities[i]! }));
  const sorted = rows.sort((a, b) => b.probability - a.probability).slice(0, SHOWN);
  return (
    <ol class="bars">
      {sorted.map(({ name, probability }) => (
        <li key={name} data-probability={probability} style={{ '--share': `${100 * probability}%` }}>
          <span>{name}</span> <span>{number(100 * probability, 1)} %</span>
        </li>
      ))}
    </ol>
  );
}
