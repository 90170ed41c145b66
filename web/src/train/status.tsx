/** How far the training is, and the buttons that stop it and let it go on. */
import { number, say } from '../language.js';
import { begun, epoch, go, leave, losses, phase, reading, speed, stop } from './session.js';
import { settings } from './settings.js';
import { texts } from './texts.js';

const said = {
  reading: () => say(texts.reading, { done: number(reading.value.done), of: number(reading.value.of) }),
  preparing: () => say(texts.preparing),
  training: () => (speed.value > 0 ? progressText() : say(texts.firstStep)),
  stopped: () => say(texts.stopped, { epoch: epoch.value, epochs: begun.value!.epochs }),
  ended: () => say(texts.ended, { epochs: begun.value!.epochs }),
  choosing: () => '',
  failed: () => '',
} as const;

function progressText(): string {
  const { epochs, batches, batch } = begun.value!;
  const minutes = ((epochs * batches - losses.value.length) * batch) / speed.value / 60;
  return say(texts.training, {
    epoch: epoch.value,
    epochs,
    speed: number(speed.value),
    minutes: number(Math.max(1, minutes)),
  });
}

/** Share of all steps that are done; of the files while they are read. */
function share(): number | undefined {
  if (phase.value === 'reading') return reading.value.done / Math.max(1, reading.value.of);
  if (!begun.value) return undefined;
  return losses.value.length / (begun.value.epochs * begun.value.batches);
}

export function Status() {
  const done = share();
  return (
    <section class="status">
      <p class="now" role="status">
        {said[phase.value]()}
      </p>
      {phase.value !== 'ended' && (
        <progress aria-label={said[phase.value]()} {...(done !== undefined && { value: done })} />
      )}
      {begun.value && <About />}
      <p class="actions">
        {phase.value === 'training' && (
          <button type="button" onClick={stop}>
            {say(texts.stop)}
          </button>
        )}
        {phase.value === 'stopped' && (
          <button type="button" class="main" onClick={go}>
            {say(texts.go)}
          </button>
        )}
        <button type="button" onClick={leave}>
          {say(texts.anew)}
        </button>
      </p>
    </section>
  );
}

function About() {
  const { size, trainImages, validationImages, threads } = begun.value!;
  const [height, width] = size;
  const counts = { train: number(trainImages), held: number(validationImages), threads };
  return <p class="note">{say(texts.about, { network: settings.value.net, height, width, ...counts })}</p>;
}
