/** The way from an image to another, through the space of vectors. */
import { useSignal } from '@preact/signals';
import { spherical } from '../../../src/inference/points.js';
import { number, say } from '../language.js';
import { Picture } from '../ui/picture.js';
import { Trouble } from '../ui/trouble.js';
import { useAnswer } from './answer.js';
import { keepAtHand } from './at-hand.js';
import { type Failure, failureOf, inWords } from './failure.js';
import { FileButton } from './file-button.js';
import { imageOf, type SeenImage } from './images.js';
import type { OpenedModel } from './opened-model.js';
import { Pending } from './pending.js';
import { texts } from './texts.js';

interface Ends {
  readonly model: OpenedModel;
  readonly first: SeenImage;
}

export function Between({ model, first }: Ends) {
  const second = useSignal<SeenImage | undefined>(undefined);
  const failure = useSignal<Failure | undefined>(undefined);
  const take = async (file: File) => {
    try {
      second.value = await imageOf(file, file.name, model.card.preprocessing);
      failure.value = undefined;
      keepAtHand([{ file, name: file.name }]);
    } catch (error) {
      failure.value = failureOf(error);
    }
  };
  return (
    <section class="between">
      <h2>{say(texts.between)}</h2>
      <p class="note">{say(texts.betweenNote)}</p>
      {second.value && <Way model={model} first={first} second={second.value} />}
      {failure.value && <Trouble>{inWords(failure.value)}</Trouble>}
      <FileButton
        name="second"
        label={say(second.value ? texts.otherImage : texts.second)}
        accept="image/*"
        take={(file) => void take(file)}
      />
    </section>
  );
}

function Way({ model, first, second }: Ends & { readonly second: SeenImage }) {
  const share = useSignal(0.5);
  const ends = useAnswer(
    () => Promise.all([first, second].map(({ pixels }) => model.embed(pixels))),
    [model, first, second],
  );
  const answer = useAnswer(async () => {
    const [a, b] = ends.value ?? [];
    return a && b ? model.decode({ vector: spherical(a, b, share.value) }) : undefined;
  }, [model, ends.value, share.value]);
  return (
    <>
      <div class="triple">
        <Picture pixels={first.pixels} label={say(texts.seen, { name: first.name })} />
        {answer.value ? (
          <Picture pixels={answer.value} label={say(texts.moved)} shown="between" />
        ) : (
          <Pending answer={ends.failure ? ends : answer} />
        )}
        <Picture pixels={second.pixels} label={say(texts.seen, { name: second.name })} />
      </div>
      <label class="slider">
        <span>{say(texts.share)}</span>
        <input
          type="range"
          min="0"
          max="1"
          step="0.01"
          value={share.value}
          onInput={({ currentTarget }) => {
            share.value = currentTarget.valueAsNumber;
          }}
        />
        <output>{number(100 * share.value)} %</output>
      </label>
    </>
  );
}
