/** A model that makes images of vectors alone: around one that is drawn. */
import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { randomVector, type Space } from '../../../src/inference/points.js';
import { say } from '../language.js';
import { Latent } from './latent.js';
import type { OpenedModel } from './opened-model.js';
import { texts } from './texts.js';

export function Samples({ model, space }: { readonly model: OpenedModel; readonly space: Space }) {
  const drawn = useSignal(0);
  const number = useSignal(0);
  const center = useMemo(
    () => ({
      vector: randomVector(space.latent, 0, drawn.value),
      ...(space.classes.length > 0 && { class: number.value }),
    }),
    [model, drawn.value, number.value],
  );
  return (
    <Latent model={model} center={center}>
      <button type="button" onClick={() => drawn.value++}>
        {say(texts.otherSample)}
      </button>
      {space.classes.length > 0 && (
        <label>
          {say(texts.classChoice)}{' '}
          <select
            value={number.value}
            onChange={({ currentTarget }) => {
              number.value = Number(currentTarget.value);
            }}
          >
            {space.classes.map((label, i) => (
              <option key={label} value={i}>
                {label}
              </option>
            ))}
          </select>
        </label>
      )}
    </Latent>
  );
}
