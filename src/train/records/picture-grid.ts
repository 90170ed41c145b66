import { sharp } from '../../data/sharp.js';
import type { Pixels } from '../report/index.js';

/** Pixels between pictures. */
const GAP = 2;

export interface PngImage {
  readonly png: Buffer;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Pictures of one size in rows of `across`, as a PNG. */
export async function pictureGrid(pictures: readonly Pixels[], across: number): Promise<PngImage> {
  const files = await Promise.all(
    pictures.map(({ data, ...raw }) => sharp(data, { raw }).png({ compressionLevel: 0 }).toBuffer()),
  );
  const join = { across: Math.min(across, files.length), shim: GAP, background: '#ffffff' };
  const joined = files.length > 1 ? sharp(files, { join }) : sharp(files[0]); // sharp joins two or more
  const { data, info } = await joined.png({ compressionLevel: 9 }).toBuffer({ resolveWithObject: true });
  return { png: data, height: info.height, width: info.width, channels: info.channels };
}

/** Pictures that lie one after another: pixels [n, h, w, c]. */
export function picturesIn(data: Uint8Array, one: Omit<Pixels, 'data'>, count: number): Pixels[] {
  const bytes = one.height * one.width * one.channels;
  return Array.from({ length: count }, (_, i) => ({ ...one, data: data.subarray(i * bytes, (i + 1) * bytes) }));
}
