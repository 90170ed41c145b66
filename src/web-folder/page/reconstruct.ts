/** The page of an autoencoder: an image, and what comes back through its vector. */
import { answerImages } from './answers.js';
import { element, say } from './elements.js';
import type { Engine } from './engine.js';
import { draw } from './picture.js';
import { psnr } from './quality.js';

export function reconstruct(engine: Engine): void {
  answerImages(engine, {
    doing: 'reconstruct the image',
    present(made, seen) {
      draw(element<HTMLCanvasElement>('made'), made as Uint8Array, engine.description);
      say('verdict', `${psnr(seen, made as Uint8Array).toFixed(1)} dB`);
    },
  });
}
