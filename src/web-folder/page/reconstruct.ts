/** The page of an autoencoder: an image, and what comes back through its vector. */
import { answerImages } from './answers.js';
import { element, say } from './elements.js';
import type { Engine } from './engine.js';
import { draw } from './picture.js';

/** Peak signal-to-noise ratio in dB of 8-bit pixels; finite for equal images, as the program's. */
function psnr(a: Uint8Array, b: Uint8Array): number {
  const squares = a.reduce((sum, value, i) => sum + ((value - b[i]!) / 255) ** 2, 0);
  return -10 * Math.log10(Math.max(squares / a.length, 1e-10));
}

export function reconstruct(engine: Engine): void {
  answerImages(engine, {
    doing: 'reconstruct the image',
    present(made, seen) {
      draw(element<HTMLCanvasElement>('made'), made as Uint8Array, engine.description);
      say('verdict', `${psnr(seen, made as Uint8Array).toFixed(1)} dB`);
    },
  });
}
