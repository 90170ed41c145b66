/** Moving through the space of vectors that images are made of. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Point } from '../../../src/inference/points.js';
import { number, say } from '../language.js';
import { Picture } from '../ui/picture.js';
import { useAnswer } from './answer.js';
import { directionsAround, movedBy, type Place } from './directions.js';
import { Maps } from './maps.js';
import type { OpenedModel } from './opened-model.js';
import { Pad } from './pad.js';
import { Pending } from './pending.js';
import { texts } from './texts.js';

interface Around {
  readonly model: OpenedModel;
  readonly center: Point;
  /** Beside the pad's own buttons. */
  readonly children?: ComponentChildren;
}

const MIDDLE: Place = [0, 0];

export function Latent({ model, center, children }: Around) {
  const place = useSignal(MIDDLE);
  const seed = useSignal(0);
  const directions = useMemo(() => directionsAround(center.vector, seed.value), [center, seed.value]);
  const [across, up] = place.value;
  const point = useMemo(
    () => ({ ...center, vector: movedBy(center.vector, directions, [across, up]) }),
    [center, directions, across, up],
  );
  const answer = useAnswer(() => model.decode(point), [model, point]);
  return (
    <>
      <section class="latent">
        <h2>{say(texts.latent)}</h2>
        <p class="note">{say(texts.latentNote, { latent: number(center.vector.length) })}</p>
        <div class="pair">
          <Pad
            place={place.value}
            move={(to) => {
              place.value = to;
            }}
          />
          <div>
            <Pending answer={answer} />
            {answer.value && <Picture pixels={answer.value} label={say(texts.moved)} shown="moved" />}
          </div>
        </div>
        <div class="row">
          <button
            type="button"
            onClick={() => {
              place.value = MIDDLE;
            }}
          >
            {say(texts.back)}
          </button>
          <button type="button" onClick={() => seed.value++}>
            {say(texts.otherDirections)}
          </button>
          {children}
        </div>
      </section>
      {!model.takesImages && <Maps ask={() => model.decoderMaps(point)} on={[model, point]} />}
    </>
  );
}
