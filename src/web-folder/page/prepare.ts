/** From an image file to what the network sees, as the program does it, with the browser's decoder. */
import { type Decoded, fitting, type Pixels, type Size, withChannels } from '../../data/pixels.js';
import { resample } from '../../data/resample.js';
import { evaluationView, type Preprocessing, reductionFor, render } from '../../data/transforms.js';
import { Problem } from './problem.js';

/** As many as the program takes at most. */
export const PIXEL_LIMIT = 100e6;

/** Pixels that are read from the browser at once: canvases of phones hold 16 million. */
const BAND = 4e6;

/** An image that cannot be shown to a network; `why` is for pages that say it in words of their own. */
export class ImageProblem extends Problem {
  constructor(
    readonly why: 'unreadable' | 'too large' | 'no memory',
    message: string,
  ) {
    super(message);
  }
}

/** [h, w, c] of the preprocessing's size. @throws ImageProblem for files that this browser cannot read */
export async function prepare(file: Blob, preprocessing: Preprocessing): Promise<Uint8Array> {
  const image = await decodedFor(file, preprocessing);
  const [height, width] = preprocessing.size;
  const seen = new Uint8Array(height * width * preprocessing.channels);
  render(image, { view: evaluationView(image.full, preprocessing), preprocessing }, seen);
  return seen;
}

/** The whole image, as small as the program decodes it to be seen at that size. @throws Problem as `prepare` */
export async function decodedFor(file: Blob, preprocessing: Preprocessing): Promise<Decoded> {
  const bitmap = await bitmapOf(file);
  try {
    return decode(bitmap, { isJpeg: await isJpeg(file), preprocessing });
  } finally {
    bitmap.close();
  }
}

/** By its first bytes. */
async function isJpeg(file: Blob): Promise<boolean> {
  const [first, second, third] = new Uint8Array(await file.slice(0, 3).arrayBuffer());
  return first === 0xff && second === 0xd8 && third === 0xff;
}

/** Upright (EXIF orientation), with colours as the file has them: their profile is ignored, as the program does. */
async function bitmapOf(file: Blob): Promise<ImageBitmap> {
  const options = { imageOrientation: 'from-image', premultiplyAlpha: 'none', colorSpaceConversion: 'none' } as const;
  const bitmap = await createImageBitmap(file, options).catch(() => {
    throw new ImageProblem(
      'unreadable',
      'This browser cannot read that file: it is damaged, or no image of a format that it knows. JPEG, PNG, WebP, GIF and AVIF are usual.',
    );
  });
  const { width, height } = bitmap;
  if (width * height <= PIXEL_LIMIT) return bitmap;
  bitmap.close();
  throw new ImageProblem(
    'too large',
    `The image has ${width} × ${height} pixels, more than the limit of ${PIXEL_LIMIT / 1e6} million. Make it smaller first.`,
  );
}

/**
 * Large images are made smaller as the program's decoder does it: first by a whole number, each pixel the mean of a square, then by
 * interpolation. The decoder of JPEG leaves 1.5 to the latter, as it shrinks by powers of two while it decodes; for all others libvips leaves 2 or 3.
 */
function decode(bitmap: ImageBitmap, { isJpeg, preprocessing }: Decoding): Decoded {
  const full: Size = { height: bitmap.height, width: bitmap.width };
  const { channels, size } = preprocessing;
  const reduction = fitting(full, reductionFor(evaluationView(full, preprocessing).box, size));
  const by = reduction === 1 ? 1 : isJpeg ? reduction / 1.5 : Math.floor(reduction / 2);
  const small = shrunk(bitmap, { by, channels });
  if (reduction === 1) return { ...small, full, reduction };
  const [height, width] = [Math.floor(full.height / reduction), Math.floor(full.width / reduction)];
  const whole = isJpeg ? Math.floor : (side: number) => side; // of JPEG, libvips leaves out squares that are not full
  const box = { top: 0, left: 0, height: whole(full.height / by), width: whole(full.width / by) };
  const data = resample(small, { box, size: [height, width], interpolation: 'bilinear' });
  return { data, height, width, channels, full, reduction };
}

interface Decoding {
  readonly isJpeg: boolean;
  readonly preprocessing: Preprocessing;
}

/** A bitmap with squares of so many pixels become one, those at the right and lower edges of what is there. */
function shrunk(bitmap: ImageBitmap, { by, channels }: { readonly by: number; readonly channels: 1 | 3 }): Pixels {
  const [height, width] = [Math.ceil(bitmap.height / by), Math.ceil(bitmap.width / by)];
  const data = new Uint8Array(height * width * channels);
  const rows = Math.max(1, Math.floor(BAND / bitmap.width / by));
  const reader = new BandReader(bitmap, channels);
  for (let row = 0; row < height; row += rows) {
    const band = reader.read(row * by, Math.min(bitmap.height, (row + rows) * by));
    data.set(by === 1 ? band.data : meansOf(band, by), row * width * channels);
  }
  return { data, height, width, channels };
}

function meansOf({ data, height, width, channels }: Pixels, by: number): Uint8Array {
  const columns = Math.ceil(width / by);
  const sums = new Uint32Array(Math.ceil(height / by) * columns * channels);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor(y / by) * columns;
    for (let x = 0; x < width; x++) {
      const to = (row + Math.floor(x / by)) * channels;
      for (let c = 0; c < channels; c++) sums[to + c]! += data[at++]!;
    }
  }
  return Uint8Array.from(sums, (sum, i) => {
    const [row, column] = [Math.floor(i / channels / columns), Math.floor(i / channels) % columns];
    const count = Math.min(by, height - row * by) * Math.min(by, width - column * by);
    return Math.floor(sum / count + 0.5);
  });
}

/** Rows of a bitmap as numbers; transparency becomes white. */
class BandReader {
  private readonly canvas = new OffscreenCanvas(1, 1);

  constructor(
    private readonly bitmap: ImageBitmap,
    private readonly channels: 1 | 3,
  ) {}

  /** Rows `from` … `to` - 1. */
  read(from: number, to: number): Pixels {
    const { canvas, bitmap, channels } = this;
    const [width, height] = [bitmap.width, to - from];
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true, colorSpace: 'srgb' });
    if (!context) throw new ImageProblem('no memory', 'This browser has no memory left for an image of that size.');
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, -from);
    const { data: rgba } = context.getImageData(0, 0, width, height);
    const rgb = new Uint8Array(width * height * 3);
    for (let i = 0, j = 0; i < rgba.length; i += 4, j += 3) {
      rgb[j] = rgba[i]!;
      rgb[j + 1] = rgba[i + 1]!;
      rgb[j + 2] = rgba[i + 2]!;
    }
    return { data: withChannels(rgb, 3, channels), height, width, channels };
  }
}
