/** A square in which a pointer says two numbers; sliders beside it say them with the keyboard. */
import { number, say } from '../language.js';
import type { Place } from './directions.js';
import { texts } from './texts.js';

interface Moving {
  readonly place: Place;
  readonly move: (place: Place) => void;
}

const within = (value: number): number => Math.min(1, Math.max(-1, value));

export function Pad({ place, move }: Moving) {
  const follow = (event: PointerEvent) => {
    const { currentTarget: pad, clientX, clientY, buttons, type } = event;
    if (type === 'pointermove' && buttons === 0) return;
    const { left, top, width, height } = (pad as HTMLElement).getBoundingClientRect();
    (pad as HTMLElement).setPointerCapture(event.pointerId);
    move([within((2 * (clientX - left)) / width - 1), within(1 - (2 * (clientY - top)) / height)]);
  };
  const slide = (axis: 0 | 1, value: number) => move(axis === 0 ? [value, place[1]] : [place[0], value]);
  return (
    <div class="moving">
      <div
        class="pad"
        title={say(texts.pad)}
        onPointerDown={follow}
        onPointerMove={follow}
        style={{ '--x': (place[0] + 1) / 2, '--y': (1 - place[1]) / 2 }}
      >
        <span />
      </div>
      {([0, 1] as const).map((axis) => (
        <label key={axis} class="slider">
          <span>{say(texts.direction, { count: axis + 1 })}</span>
          <input
            type="range"
            min="-1"
            max="1"
            step="0.01"
            value={place[axis]}
            onInput={({ currentTarget }) => slide(axis, currentTarget.valueAsNumber)}
          />
          <output>{number(place[axis], 2)}</output>
        </label>
      ))}
    </div>
  );
}
