/** Held-out images, and below each what comes back of it after the last epoch. */
import { number, say } from '../language.js';
import { Picture } from '../ui/picture.js';
import { reconstructions, records } from './session.js';
import { texts } from './texts.js';

export function Reconstructions() {
  if (reconstructions.value.length === 0) return null;
  const epoch = number(records.value.at(-1)?.epoch ?? 0);
  return (
    <section class="reconstructions">
      <h2>{say(texts.reconstructions)}</h2>
      <p class="note">{say(texts.reconstructionsNote, { epoch })}</p>
      <div class="pairs">
        {reconstructions.value.map(({ input, output }, i) => (
          <div key={i}>
            <Picture pixels={input} label={say(texts.heldImage, { number: i + 1 })} />
            <Picture pixels={output} label={say(texts.comesBackOf, { number: i + 1, epoch })} shown={`${i}`} />
          </div>
        ))}
      </div>
    </section>
  );
}
