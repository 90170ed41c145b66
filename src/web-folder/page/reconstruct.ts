/** The page of an autoencoder: an image, and what comes back through its vector. */
import { element, say, show, trouble } from './elements.js';
import type { Engine } from './engine.js';
import { latestOnly, onImage } from './picker.js';
import { draw } from './picture.js';
import { inWords } from './problem.js';

/** Peak signal-to-noise ratio in dB of 8-bit pixels; finite for equal images, as the program's. */
function psnr(a: Uint8Array, b: Uint8Array | Float32Array): number {
  const squares = a.reduce((sum, value, i) => sum + ((value - b[i]!) / 255) ** 2, 0);
  return -10 * Math.log10(Math.max(squares / a.length, 1e-10));
}

export function reconstruct(engine: Engine): void {
  const ask = latestOnly();
  onImage(async (file) => {
    const isLatest = ask();
    trouble();
    say('verdict', 'Looking …');
    try {
      const seen = await engine.prepare(file);
      const { data, milliseconds } = await engine.runOn(seen);
      if (!isLatest()) return;
      draw(element<HTMLCanvasElement>('seen'), seen, engine.description);
      draw(element<HTMLCanvasElement>('made'), data as Uint8Array, engine.description);
      show('answer');
      say('verdict', `${psnr(seen, data).toFixed(1)} dB`);
      say('time', `${file.name || 'The image'}: ${Math.max(1, Math.round(milliseconds))} ms in the network`);
    } catch (error) {
      if (!isLatest()) return;
      say('verdict', '');
      show('answer', false);
      trouble(inWords(error, 'reconstruct the image'));
    }
  });
}
