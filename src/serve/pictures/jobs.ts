/** What is done to images beside the event loop: each job is a function of what it is sent. */
import sharp, { type Sharp } from 'sharp';
import { decodeImage } from '../../data/decode.js';
import { evaluationView, type Preprocessing, reductionFor, render } from '../../data/transforms.js';
import { drawClassMap, type Raster } from '../../inference/overlay.js';

export interface Prepare {
  readonly bytes: Uint8Array;
  /** What errors call it. */
  readonly name: string;
  readonly preprocessing: Preprocessing;
  /** The most pixels that it may have. */
  readonly pixelLimit: number;
}

export type PictureType = 'image/png' | 'image/webp' | 'image/jpeg';

export interface Draw {
  readonly picture: Raster;
  readonly type: PictureType;
  /** Drawn over it, where there is one. */
  readonly map?: { readonly shape: readonly number[]; readonly data: Float32Array };
}

const formats: { readonly [T in PictureType]: (image: Sharp) => Sharp } = {
  'image/png': (image) => image.png(),
  'image/webp': (image) => image.webp(),
  'image/jpeg': (image) => image.jpeg(),
};

export const jobs = {
  /** The pixels [h, w, c] that a network sees of an image file: as `predict` sees it. */
  async prepare({ bytes, name, preprocessing, pixelLimit }: Prepare): Promise<Uint8Array> {
    const { size, channels } = preprocessing;
    const image = await decodeImage(bytes, {
      channels,
      name,
      pixelLimit,
      reduction: (full) => reductionFor(evaluationView(full, preprocessing).box, size),
    });
    const pixels = new Uint8Array(size[0] * size[1] * channels);
    render(image, { view: evaluationView(image.full, preprocessing), preprocessing }, pixels);
    return pixels;
  },
  /** The bytes of an image file. */
  async draw({ picture, type, map }: Draw): Promise<Uint8Array> {
    const { data, height, width, channels } = map ? drawClassMap(picture, { map }) : picture;
    return formats[type](sharp(data, { raw: { height, width, channels } })).toBuffer();
  },
} as const;

export type Jobs = typeof jobs;
