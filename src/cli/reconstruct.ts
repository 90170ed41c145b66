/** `resmirror reconstruct`: images through an autoencoder and back, side by side. */
import type { Predictor } from '../inference/index.js';
import { command, option } from './command.js';
import { computeOptions } from './device.js';
import { counted } from './figures.js';
import { type Pair, type Picture, pairGrid } from './pair-grid.js';
import { withPredictor } from './predictor.js';
import { count } from './values.js';

const LIMIT = 64;

export const reconstruct = command({
  arguments: {
    '<model>': 'a run folder or .safetensors file that train reconstruct made',
    '<image...>': 'image files, or folders of them at any depth',
  },
  options: {
    out: option('--out <file>', 'the picture: originals above, what came back below', {
      usual: 'reconstructions.png',
    }),
    limit: option('--limit <n>', 'images at most', { parse: count, usual: `${LIMIT}` }),
    ...computeOptions,
  },
  examples: [['reconstruct runs/autoencoder-resnet18-tiles-1 ./tiles', 'a grid of pairs']],
  async run({ args, options, terminal }) {
    const { out = 'reconstructions.png', limit = LIMIT, ...compute } = options;
    return withPredictor({ model: args.model, compute, once: true, terminal }, async (predictor) => {
      const { names, pairs } = await pairsOf(predictor, args.image, limit);
      await writePicture(out, pairGrid(pairs));
      terminal.print(`${counted(pairs.length, 'pair')} in ${out}: originals above, reconstructions below`);
      return { json: { out, images: names, skipped: predictor.skipped } };
    });
  },
});

/** The first images, each with what the autoencoder makes of it. */
export async function pairsOf(
  predictor: Predictor,
  images: readonly string[],
  limit: number,
): Promise<{ readonly names: string[]; readonly pairs: Pair[] }> {
  const { size, channels } = predictor.model.card.preprocessing;
  const picture = (data: Uint8Array): Picture => ({ data, height: size[0], width: size[1], channels });
  const [names, pairs]: [string[], Pair[]] = [[], []];
  for await (const { image, seen, value } of predictor.reconstruct(images)) {
    names.push(image);
    pairs.push({ original: picture(seen.slice()), made: picture(value.slice()) });
    if (pairs.length === limit) break;
  }
  return { names, pairs };
}

/** Writes a picture in the format of its file's name. */
export async function writePicture(file: string, { data, width, height, channels }: Picture): Promise<void> {
  const { sharp } = await import('../data/sharp.js');
  const { writeAtomically } = await import('../weights/index.js');
  const image = sharp(data, { raw: { width, height, channels } });
  const format = /\.(jpe?g|webp)$/i.exec(file)?.[1]?.toLowerCase().replace('jpg', 'jpeg') ?? 'png';
  await writeAtomically(file, [await image.toFormat(format as 'png').toBuffer()]);
}

/** Writes pictures of one size as a film without end, as WebP or GIF by its file's name. @param delay milliseconds of each picture */
export async function writeFilm(file: string, frames: readonly Picture[], delay: number): Promise<void> {
  const { sharp } = await import('../data/sharp.js');
  const { writeAtomically } = await import('../weights/index.js');
  const [{ width, height, channels }] = frames as readonly [Picture];
  const raw = { width, height: height * frames.length, channels, pageHeight: height };
  const image = sharp(Buffer.concat(frames.map(({ data }) => data)), { raw, limitInputPixels: false });
  const timing = { loop: 0, delay: frames.map(() => delay) };
  // without loss, WebP is smaller and sharper than what a few large squares of pixels become with it
  const film = /\.gif$/i.test(file) ? image.gif(timing) : image.webp({ ...timing, lossless: true });
  await writeAtomically(file, [await film.toBuffer()]);
}
