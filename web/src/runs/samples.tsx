/** What the network made after each epoch, where the run keeps pictures. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { count } from '../format.js';
import { say } from '../language.js';
import { listSamples, readSample, type Sample } from './api.js';
import type { Known } from './follow.js';
import { texts } from './texts.js';

export function Samples({ run: { name, epochs } }: { readonly run: Known }) {
  const samples = useSignal<readonly Sample[]>([]);
  const chosen = useSignal<number | undefined>(undefined); // the last, unless chosen
  const picture = useSignal<string | undefined>(undefined);
  useEffect(() => {
    const controller = new AbortController();
    listSamples(name, controller.signal).then(
      (found) => {
        samples.value = found;
      },
      () => {}, // looked for again after the next epoch; the connection's state says why
    );
    return () => controller.abort();
  }, [name, epochs.length]);
  const index = Math.min(chosen.value ?? Number.POSITIVE_INFINITY, samples.value.length - 1);
  const sample = samples.value[index];
  useEffect(() => {
    if (!sample) return;
    const controller = new AbortController();
    let address: string | undefined;
    readSample(name, sample.id, controller.signal).then(
      (blob) => {
        address = URL.createObjectURL(blob);
        picture.value = address;
      },
      () => {},
    );
    return () => {
      controller.abort();
      if (address) URL.revokeObjectURL(address);
    };
  }, [name, sample?.id]);
  if (!sample) return null;
  const epoch = epochs.find(({ step }) => step === sample.step)?.epoch ?? index + 1;
  const title = say(sample.tag === 'samples' ? texts.made : texts.reconstructed);
  const after = say(texts.afterEpoch, { epoch: count(epoch) });
  return (
    <figure class="samples">
      <figcaption>
        <h3>{title}</h3>
        <span class="note">{after}</span>
      </figcaption>
      {picture.value && <img src={picture.value} alt={`${title}, ${after}`} />}
      {samples.value.length > 1 && (
        <input
          type="range"
          aria-label={say(texts.epoch)}
          aria-valuetext={after}
          min={0}
          max={samples.value.length - 1}
          value={index}
          onInput={({ currentTarget }) => {
            const at = Number(currentTarget.value);
            chosen.value = at === samples.value.length - 1 ? undefined : at;
          }}
        />
      )}
    </figure>
  );
}
