/** Pages that are shown an image and answer: what they have in common. */
import { element, say, show, trouble } from './elements.js';
import type { Engine } from './engine.js';
import { onImage } from './picker.js';
import { draw } from './picture.js';
import { inWords } from './problem.js';

interface Answering {
  /** For messages, as `classify the image`. */
  readonly doing: string;
  /** Shows the answer for the pixels that the network saw, [h, w, c]. */
  readonly present: (answer: Uint8Array | Float32Array, seen: Uint8Array) => void;
}

/** Asks the network about every image that comes in; a new one overtakes those before. */
export function answerImages(engine: Engine, { doing, present }: Answering): void {
  const invitation = element('hint').textContent ?? '';
  const threads = engine.threads > 1 ? ` on ${engine.threads} threads` : '';
  let latest = 0;
  onImage(async (file) => {
    const mine = ++latest;
    const name = file.name || 'the image';
    trouble();
    say('hint', `Looking at ${name} …`);
    try {
      const seen = await engine.prepare(file);
      const { data, milliseconds } = await engine.runOn(seen);
      if (mine !== latest) return;
      show('answer');
      draw(element<HTMLCanvasElement>('seen'), seen, engine.description);
      present(data, seen);
      say('time', `${name}: ${Math.max(1, Math.round(milliseconds))} ms in the network${threads}`);
    } catch (error) {
      if (mine !== latest) return;
      show('answer', false);
      say('time', '');
      trouble(inWords(error, doing));
    } finally {
      if (mine === latest) say('hint', invitation);
    }
  });
}
