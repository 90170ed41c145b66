/** Moving through the space of vectors that images are made of. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Point } from '../../../src/inference/points.js';
import { number, say } from '../language.js';
import { Picture } from '../ui/picture.js';
import { useAnswer } from './answer.js';
import { DEVIATIONS, ENOUGH, movedBy, type Place, principalWays, randomWays, type Ways } from './directions.js';
import { Maps } from './maps.js';
import type { OpenedModel } from './opened-model.js';
import { Pad } from './pad.js';
import { Pending } from './pending.js';
import { texts } from './texts.js';

interface Around {
  readonly model: OpenedModel;
  readonly center: Point;
  /** Vectors of all images at hand, by which directions are told; none for models that look at no images. */
  readonly others?: readonly Float32Array[];
  /** Beside the pad's own buttons. */
  readonly children?: ComponentChildren;
}

const MIDDLE: Place = [0, 0];

export function Latent({ model, center, others, children }: Around) {
  const place = useSignal(MIDDLE);
  const turn = useSignal(0);
  const principal = useMemo(() => principalWays(others ?? []), [others]);
  // the directions of images first, then others without end
  const ways = useMemo(
    () => principal[turn.value] ?? randomWays(center.vector, turn.value - principal.length),
    [center, principal, turn.value],
  );
  const [across, up] = place.value;
  const point = useMemo(
    () => ({ ...center, vector: movedBy(center.vector, ways, [across, up]) }),
    [center, ways, across, up],
  );
  const answer = useAnswer(() => model.decode(point), [model, point]);
  return (
    <>
      <section class="latent">
        <h2>{say(texts.latent)}</h2>
        <p class="note">{plainly(ways, center.vector.length, others?.length)}</p>
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
          <button type="button" onClick={() => turn.value++}>
            {say(texts.otherDirections)}
          </button>
          {children}
        </div>
      </section>
      {!model.takesImages && <Maps ask={() => model.decoderMaps(point)} on={[model, point]} />}
    </>
  );
}

/** What the directions are. @param count of images at hand, of models that look at images */
function plainly({ components }: Ways, latent: number, count?: number): string {
  if (!components) {
    const random = say(texts.latentNote, { latent: number(latent) });
    return count === undefined || count >= ENOUGH
      ? random
      : `${random} ${say(texts.latentFew, { enough: ENOUGH, count })}`;
  }
  const [first, second] = components;
  return say(texts.latentPrincipal, {
    ...{ first: first.number, second: second.number, count: number(count ?? 0), deviations: DEVIATIONS },
    ...{ firstShare: number(100 * first.share), secondShare: number(100 * second.share) },
  });
}
