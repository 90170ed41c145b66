/** The filters that meet the pixels of an image, as pictures. */
import { UserError } from '../errors.js';
import { type Node, nodesOf } from '../graph/index.js';
import { buildNetwork } from '../models/index.js';
import type { Model } from '../weights/index.js';
import type { Raster } from './overlay.js';

/** The filters of a layer as pictures. */
export interface Filters {
  /** Name of the weight. */
  readonly name: string;
  /** One for each channel on the network's side, [h, w, 3 or 1]; middle gray is 0, and each uses the range from black to white in full. */
  readonly pictures: readonly Raster[];
}

type Convolution = Node<'Conv' | 'ConvTranspose'>;
const isConvolution = (node: Node): node is Convolution => node.op === 'Conv' || node.op === 'ConvTranspose';

/**
 * Filters of the convolution that reads the image, or of a network that makes images of vectors, of the one that writes it.
 * @throws UserError where no convolution connects the network with the channels of an image
 */
export function filterPictures({ network, weights, card }: Model): Filters {
  const { channels } = card.preprocessing;
  const convolutions = nodesOf([buildNetwork(network, { batch: 1 }).y]).filter(isConvolution);
  const reads = network.input.length === 3;
  const node = reads ? convolutions[0] : convolutions.at(-1);
  const source = node?.inputs[1]?.source;
  const weight = source?.kind === 'parameter' ? weights[source.name] : undefined;
  if (!node || !weight || source?.kind !== 'parameter')
    throw new UserError(
      `${network.name} has no convolution with a filter of its own; of a model in 8-bit numbers, give the one that it was made of`,
    );
  const { shape, data } = weight;
  // Conv has [to, from, h, w], ConvTranspose [from, to, h, w]
  const imageAxis = (node.op === 'Conv') === reads ? 1 : 0;
  if (shape[imageAxis] !== channels)
    throw new UserError(
      `the filters of ${source.name} connect ${shape[imageAxis]} channels, an image has ${channels}: they are no pictures`,
    );
  const [height, width] = shape.slice(2) as [number, number];
  const pictures = Array.from({ length: shape[1 - imageAxis]! }, (_, own) => {
    const value = (c: number, i: number) => {
      const [first, second] = imageAxis === 1 ? [own, c] : [c, own];
      return data[(first * shape[1]! + second) * height * width + i]!;
    };
    return filterPicture(value, { height, width, channels });
  });
  return { name: source.name, pictures };
}

function filterPicture(value: (c: number, i: number) => number, size: Omit<Raster, 'data'>): Raster {
  const { height, width, channels } = size;
  const values = Float32Array.from({ length: height * width * channels }, (_, at) =>
    value(at % channels, Math.floor(at / channels)),
  );
  const most = values.reduce((largest, v) => Math.max(largest, Math.abs(v)), Number.MIN_VALUE);
  return { ...size, data: Uint8Array.from(values, (v) => Math.round(127.5 + (127.5 * v) / most)) };
}
