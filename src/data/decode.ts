import { readFileSync } from 'node:fs';
import { systemReason } from './folder-error.js';
import { ImageError } from './image-error.js';
import { type Decoded, fitting, type Reduction, type Size, withChannels } from './pixels.js';
import type { Box } from './resample.js';
import { sharp } from './sharp.js';
import { readStretch } from './stretch.js';
import type { Stretch } from './task.js';

export { ImageError } from './image-error.js';

export interface DecodeOptions {
  /** Colours of the result, default 3. */
  readonly channels?: 1 | 3;
  /** The most pixels an image may have, judged by its header before anything is decoded. Default 100 million (300 MB). */
  readonly pixelLimit?: number;
  /** What errors call the image, default its path. */
  readonly name?: string;
  /** Decides from the upright size how much smaller a decoded image may be, default 1: not at all. */
  readonly reduction?: (full: Size) => Reduction;
  /**
   * Which part is wanted of an image decoded to the size of `whole`, in whole pixels; by default all of it. More may come: only JPEGs are decoded in part,
   * and those that end as they should, so that an image that is cut short is found out whatever is wanted of it. Pixels are the same either way.
   */
  readonly part?: (full: Size, whole: Size) => Box;
}

/** An image whose header says that it has more pixels than are allowed. */
export class ImageTooLargeError extends ImageError {}

/** Formats as libvips names them. It knows more, such as SVG, but those are no photographs and not this program's to render. */
const FORMATS: ReadonlySet<string> = new Set(['jpeg', 'png', 'webp', 'gif', 'heif', 'tiff']);
const FORMAT_NAMES = 'JPEG, PNG, WebP, GIF, AVIF or TIFF';

/** What libvips says, without its own names for things: the last line of several is the cause. */
function plainReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (/unsupported image format/i.test(message))
    return `it is not an image of a known format (${FORMAT_NAMES}), or only a piece of one`;
  const cause = message.split('\n').findLast((line) => /[a-z]{3}/i.test(line)) ?? '';
  const detail = cause
    .replace(/^Input buffer has corrupt header: ?/, '')
    .replace(/^\w+: /, '')
    .replace(/\s*\([\d.]+\)$/, '');
  return `it is truncated or damaged${detail && ` (${detail})`}`;
}

/** Reads at once: a worker has nothing else to do, and waiting for the thread pool costs a fifth of decoding a small image. */
function readBytes(path: string, fail: (reason: string) => ImageError): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fail(systemReason(error));
  }
}

/**
 * Decodes an image file, or its bytes, to 8-bit sRGB: upright (EXIF orientation), without transparency (on white),
 * whatever its colours (gray, palette, CMYK, 16 bits), whose profile is ignored; of an animation the first frame.
 * @throws ImageError that names the file and the reason: missing, empty, of no known format or truncated; ImageTooLargeError
 */
export async function decodeImage(file: string | Uint8Array, options: DecodeOptions = {}): Promise<Decoded> {
  const { channels = 3, pixelLimit = 100e6, reduction = () => 1, part } = options;
  const name = options.name ?? (typeof file === 'string' ? file : 'the image');
  const fail = (reason: string) => new ImageError(name, reason);
  const bytes = typeof file === 'string' ? readBytes(file, fail) : file;
  if (bytes.length === 0) throw fail('the file is empty (0 bytes)');
  const damaged = (error: unknown) => {
    throw fail(plainReason(error));
  };
  const image = sharp(bytes, {
    failOn: 'error',
    limitInputPixels: false,
    autoOrient: true,
    sequentialRead: true,
    ignoreIcc: true, // as Pillow and torchvision do; converting colours takes as long as decoding
  });
  const { format, orientation = 1, autoOrient: full } = await image.metadata().catch(damaged);
  if (!FORMATS.has(format)) throw fail(`it is ${format.toUpperCase()}, but one of ${FORMAT_NAMES} is expected`);
  if (full.height * full.width > pixelLimit)
    throw new ImageTooLargeError(
      name,
      `it has ${full.width} x ${full.height} pixels, more than the limit of ${pixelLimit / 1e6} million`,
    );
  const factor = fitting(full, reduction(full));
  const whole = { height: Math.floor(full.height / factor), width: Math.floor(full.width / factor) };
  if (factor > 1) image.resize(whole.width, whole.height, { fit: 'fill', kernel: 'linear' });
  // what is made smaller, turned and cut comes out otherwise than what is not cut
  const canBeCut = format === 'jpeg' && isEnded(bytes) && (factor === 1 || orientation === 1);
  const wanted = canBeCut ? part?.(full, whole) : undefined;
  if (wanted) image.extract(wanted); // after it was made smaller
  const { data, info } = await image
    .flatten({ background: '#fff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch(damaged);
  return {
    data: withChannels(data, info.channels as 1 | 3, channels),
    height: info.height,
    width: info.width,
    channels,
    full: { height: full.height, width: full.width },
    reduction: factor,
    ...(wanted && { within: { ...whole, top: wanted.top, left: wanted.left } }),
  };
}

/** Whether a JPEG's last bytes are its marker of the end (ITU-T T.81, B.1.1.3: EOI). */
const isEnded = (bytes: Uint8Array): boolean => bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9;

/** Decodes an image wherever it lies. @throws as decodeImage */
export const decodeStored = async (file: string | Stretch, options: DecodeOptions): Promise<Decoded> =>
  decodeImage(typeof file === 'string' ? file : readStretch(file), options);
