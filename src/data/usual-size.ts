/** How large the images of a source are, told from a few of their headers. */
import sharp from 'sharp';
import type { Size } from './pixels.js';
import { filePath, type Source, sizeOf } from './source.js';

/** Headers that are read, spread evenly over the source: enough for a median, and soon done on a slow disk. */
const SAMPLE = 31;

/** Median height and width, upright; nothing where none of the sampled files is an image. */
export async function usualSize(source: Source): Promise<Size | undefined> {
  if (source.kind === 'raster') return { height: source.height, width: source.width };
  const count = Math.min(SAMPLE, sizeOf(source));
  const files = Array.from({ length: count }, (_, i) =>
    filePath(source, Math.floor(((i + 0.5) * sizeOf(source)) / count)),
  );
  const read = await Promise.allSettled(files.map((file) => sharp(file, { limitInputPixels: false }).metadata()));
  const sizes = read.flatMap((one) => (one.status === 'fulfilled' ? [one.value.autoOrient] : []));
  if (sizes.length === 0) return undefined;
  return { height: median(sizes.map((s) => s.height)), width: median(sizes.map((s) => s.width)) };
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;
