/** How far the training is, on what, and the buttons that stop it and let it go on. */
import { deviceNames } from '../devices.js';
import { number, say } from '../language.js';
import { reasonIn } from '../reasons.js';
import { plainly } from '../ui/device.js';
import type { PassedOver } from './messages.js';
import { begun, go, leave, network, now, phase, reading, stop } from './session.js';
import { reasons, texts } from './texts.js';

const said = {
  reading: () => say(texts.reading, { done: number(reading.value.done), of: number(reading.value.of) }),
  preparing: () => say(texts.preparing),
  training: () => (now.value ? progressText() : say(texts.firstStep)),
  stopped: () => say(texts.stopped, { epoch: now.value?.epoch ?? 1, epochs: begun.value!.epochs }),
  ended: () => say(texts.ended, { epochs: begun.value!.epochs }),
  choosing: () => '',
  failed: () => '',
} as const;

function progressText(): string {
  const { epochs, batches, batch } = begun.value!;
  const { step, epoch, imagesPerSecond } = now.value!;
  const seconds = ((epochs * batches - step) * batch) / imagesPerSecond;
  return say(seconds < 90 ? texts.trainingSeconds : texts.training, {
    epoch,
    epochs,
    speed: number(imagesPerSecond),
    minutes: number(seconds / 60),
    seconds: number(Math.max(5, 5 * Math.ceil(seconds / 5))),
  });
}

/** Share of all steps that are done; of the files while they are read. */
function share(): number | undefined {
  if (phase.value === 'reading') return reading.value.done / Math.max(1, reading.value.of);
  if (!begun.value) return undefined;
  return (now.value?.step ?? 0) / (begun.value.epochs * begun.value.batches);
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
  const { size, trainImages, validationImages, device, threads, passedOver } = begun.value!;
  const [height, width] = size;
  const counts = { train: number(trainImages), held: number(validationImages) };
  const computes = [plainly(device, threads), ...passedOver.map(whyNot)].join(' ');
  return (
    <>
      <p class="note">{say(texts.about, { network: network.value, height, width, ...counts })}</p>
      <p class="note device">{computes}</p>
    </>
  );
}

const whyNot = ({ device, why, reason = '', code, times = 1 }: PassedOver): string =>
  say(reasons[why], {
    device: deviceNames[device],
    reason: reasonIn({ reason, ...(code && { code }) }),
    times: number(times, 1),
  });
