/** How probable each class is, and where one of them is seen. */
import { useSignal } from '@preact/signals';
import { drawClassMap, zoomed } from '../../../src/inference/overlay.js';
import { number, say } from '../language.js';
import { Picture } from '../ui/picture.js';
import { useAnswer } from './answer.js';
import type { SeenImage } from './images.js';
import type { ClassScore, OpenedModel } from './opened-model.js';
import { Pending } from './pending.js';
import { texts } from './texts.js';

const SHOWN = 5;

interface Asked {
  readonly model: OpenedModel;
  readonly image: SeenImage;
}

export function Classes({ model, image }: Asked) {
  const chosen = useSignal<ClassScore | undefined>(undefined);
  const { value: all, failure } = useAnswer(async () => {
    const scores = await model.classify(image.pixels);
    chosen.value = scores[0];
    return { scores, image };
  }, [model, image]);
  const scores = all?.scores.slice(0, SHOWN);
  return (
    <>
      <section class="classes" aria-busy={all?.image !== image}>
        <h2>{say(texts.classes)}</h2>
        <p class="note">{say(texts.classesNote)}</p>
        <Pending answer={{ ...(scores && { value: scores }), ...(failure && { failure }) }} />
        <ol>
          {scores?.map((score) => (
            <li key={score.number}>
              <button
                type="button"
                data-probability={score.probability}
                aria-pressed={score.number === chosen.value?.number}
                style={{ '--share': score.probability }}
                onClick={() => {
                  chosen.value = score;
                }}
              >
                <span title={score.label}>{score.label}</span>
                <span>{number(100 * score.probability, 1)} %</span>
              </button>
            </li>
          ))}
        </ol>
      </section>
      {chosen.value && all?.image === image && <Place model={model} image={image} chosen={chosen.value} />}
    </>
  );
}

/** Where the class is seen. */
function Place({ model, image, chosen }: Asked & { readonly chosen: ClassScore }) {
  const { stages } = model;
  const stage = useSignal(stages.length);
  if (stages.length === 0) return <p class="note">{say(texts.noStages)}</p>;
  return (
    <section class="place">
      <h2>{say(texts.classMap, { label: chosen.label })}</h2>
      <p class="note">{say(texts.classMapNote, { stage: stage.value })}</p>
      <fieldset class="stages">
        <legend>{say(texts.stage)}</legend>
        {stages.map((name, i) => (
          <button
            key={name}
            type="button"
            aria-pressed={stage.value === i + 1}
            onClick={() => {
              stage.value = i + 1;
            }}
          >
            {i + 1}
          </button>
        ))}
      </fieldset>
      <ClassMap model={model} image={image} number={chosen.number} stage={stage.value} />
    </section>
  );
}

/** Small images are enlarged to about this, so that maps over them have room to be smooth. */
const SIDE = 224;

interface Mapped extends Asked {
  readonly number: number;
  readonly stage: number;
}

function ClassMap({ model, image, number, stage }: Mapped) {
  const answer = useAnswer(async () => {
    const map = await model.classMap(image.pixels, { number, stage });
    const times = Math.max(1, Math.round(SIDE / Math.max(image.pixels.width, image.pixels.height)));
    const label = model.card.classes[number]!;
    const silent = map.data.every((value) => value === 0);
    return { drawn: drawClassMap(zoomed(image.pixels, times), { map }), silent, label, stage };
  }, [model, image, number, stage]);
  const { value } = answer;
  return (
    <>
      <Pending answer={answer} />
      {value && (
        <Picture
          pixels={value.drawn}
          label={say(texts.classMap, { label: value.label })}
          shown={`${value.stage} ${value.label}`}
        />
      )}
      {value?.silent && <p class="note">{say(texts.silent)}</p>}
    </>
  );
}
