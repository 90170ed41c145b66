/** Image files as networks see them, and pictures as files. */
import type { Sharp } from 'sharp';
import { decodeImage, ImageError, ImageTooLargeError } from '../../data/decode.js';
import type { Size } from '../../data/pixels.js';
import { sharp } from '../../data/sharp.js';
import { decodingFor, evaluationView, type Preprocessing, render } from '../../data/transforms.js';
import type { Features } from '../../inference/layers.js';
import { principalPictures } from '../../inference/map-pictures.js';
import { drawAttributions, drawClassMap, type Raster, zoomed } from '../../inference/overlay.js';
import { HttpError } from '../http-error.js';
import { typeOf } from './file-type.js';

export interface Prepare {
  readonly bytes: Uint8Array;
  /** What errors call it. */
  readonly name: string;
  readonly preprocessing: Preprocessing;
  /** The most pixels that it may have. */
  readonly pixelLimit: number;
}

/**
 * The pixels [h, w, c] that a network sees of an image file: as `predict` sees it.
 * @throws HttpError 415 for what is no image by its first bytes, 413 for too many pixels, 400 for damaged ones
 */
export async function prepare({ bytes, name, preprocessing, pixelLimit }: Prepare): Promise<Uint8Array> {
  typeOf(bytes, name);
  const { size, channels } = preprocessing;
  const viewOf = (full: Size) => evaluationView(full, preprocessing);
  const decoding = decodingFor(viewOf, preprocessing);
  const image = await decodeImage(bytes, { ...decoding, name, pixelLimit }).catch((error: Error) => {
    if (error instanceof ImageTooLargeError) throw new HttpError(413, error.message);
    throw error instanceof ImageError ? new HttpError(400, error.message) : error;
  });
  const pixels = new Uint8Array(size[0] * size[1] * channels);
  render(image, { view: viewOf(image.full), preprocessing }, pixels);
  return pixels;
}

export type PictureType = 'image/png' | 'image/webp' | 'image/jpeg';

/** What explains an image, and how it is drawn over it or beside it. */
const drawings = {
  classMap: (image: Raster, map: Features) => drawClassMap(image, { map }),
  attributions: (image: Raster, attributions: Features) => drawAttributions(image, { attributions }),
  features(image: Raster, maps: Features): Raster {
    const [picture] = principalPictures([maps], [image]) as [Raster];
    return zoomed(picture, Math.max(1, Math.floor(image.width / picture.width)));
  },
} as const;

export interface Draw {
  readonly picture: Raster;
  readonly type: PictureType;
  /** Drawn instead, of the picture and of what was found in it. */
  readonly found?: { readonly as: keyof typeof drawings; readonly features: Features };
}

const formats: { readonly [T in PictureType]: (image: Sharp) => Sharp } = {
  'image/png': (image) => image.png(),
  'image/webp': (image) => image.webp(),
  'image/jpeg': (image) => image.jpeg(),
};

/** The bytes of an image file. */
export async function draw({ picture, type, found }: Draw): Promise<Uint8Array<ArrayBuffer>> {
  const { data, height, width, channels } = found ? drawings[found.as](picture, found.features) : picture;
  return new Uint8Array(await formats[type](sharp(data, { raw: { height, width, channels } })).toBuffer());
}
