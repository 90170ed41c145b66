/** Images out of vectors, as graphs. */
import { UserError } from '../errors.js';
import { type Graph, input } from '../graph/index.js';
import { decoderOf, latentLength, type Network } from '../models/index.js';
import { Build, pixelsOf } from '../nn/index.js';
import type { Model } from '../weights/model.js';
import { type Features, layersOf, pick, stageNames } from './layers.js';

/**
 * The graph from float32 [n, latent + classes], fed as `vectors`, to `pixels` uint8 [n, h, w, c].
 * @throws UserError for networks without a decoder
 */
export function generationGraph({ network }: Pick<Model, 'network'>, batch: number | string): Graph {
  const { input: length, forward } = decoderOf(network);
  const pixels = pixelsOf(forward(input('vectors', [batch, ...length]), new Build()));
  return { name: `${network.name} generate`, outputs: { pixels } };
}

/** As `generationGraph`, to the values of these names. @throws UserError for names that the decoder does not have */
export function partialGraph(
  { network }: Pick<Model, 'network'>,
  names: readonly string[],
  batch: number | string,
): Graph {
  const { input: length, forward } = decoderOf(network);
  const build = new Build();
  const y = forward(input('vectors', [batch, ...length]), build);
  return { name: `${network.name} generate features`, outputs: pick(layersOf(y, build.boundaries), names) };
}

/** Ends of the stages of what makes images of vectors, from the vector to the image. */
export function decoderStages(network: Network): readonly string[] {
  const { input: length, forward } = decoderOf(network);
  return stageNames(forward, input('vectors', [1, ...length]));
}

/** Pixels [h, w, c] of an image [c, h, w] in 0 … 1, as `pixelsOf` makes them within a graph. */
export function pixelsOfFeatures({ shape, data }: Features): Uint8Array {
  const [channels, height, width] = shape as readonly [number, number, number];
  const area = height * width;
  return Uint8Array.from(data, (_, at) => {
    const value = data[(at % channels) * area + Math.floor(at / channels)]!;
    return Math.floor(255 * Math.min(1, Math.max(0, value)) + 0.5);
  });
}

/** How many classes a decoder is told: an autoencoder's none, whatever its card says. */
export const classesOf = ({ task, classes }: Pick<Model['card'], 'task' | 'classes'>) =>
  task === 'generate' ? classes.length : 0;

/** Length of the vectors that a model makes images of. @throws UserError for models that make none */
export function latentOf({ config, decode, name }: Network, card: Model['card']): number {
  const length = latentLength(config, classesOf(card));
  if (!decode || length === undefined)
    throw new UserError(
      `${name} makes no images of vectors; give a model made by 'train generate', or to interpolate between images one made by 'train reconstruct'`,
    );
  return length;
}
