import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { UserError } from '../../src/errors.js';

/** A new folder that goes when the test file ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'resmirror-data-'));
  after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file and the folders above it. */
export async function write(path: string, content: string | Uint8Array): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

/** A picture without symmetry, [h, w, 3]: red grows to the right, green downwards, blue is a block in a corner. */
export function picture(height: number, width: number, blue = 200): Buffer {
  const pixels = Buffer.alloc(height * width * 3);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      pixels[at++] = Math.round((255 * x) / width);
      pixels[at++] = Math.round((255 * y) / height);
      pixels[at++] = x < width / 3 && y < height / 4 ? blue : 20;
    }
  return pixels;
}

/** That picture, ready to be written in any format. */
export const drawing = (height: number, width: number, blue?: number) =>
  sharp(picture(height, width, blue), { raw: { height, width, channels: 3 } });

/** `count` small JPEGs in `folder`, each different. */
export async function writePhotos(folder: string, count: number, side = 24): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const paths = Array.from({ length: count }, (_, i) => join(folder, `${String(i).padStart(3, '0')}.jpg`));
  for (const [i, path] of paths.entries())
    await drawing(side, side + (i % 5), (i * 37) % 256)
      .jpeg()
      .toFile(path);
  return paths;
}

/** Checks for assert.rejects: a UserError whose message says all of `parts`. */
export const userError =
  (...parts: readonly string[]) =>
  (error: unknown): boolean => {
    if (!(error instanceof UserError)) throw error;
    const missing = parts.filter((part) => !error.message.includes(part));
    if (missing.length > 0) throw new Error(`Expected '${missing.join("' and '")}' in: ${error.message}`);
    return true;
  };

/** The folder of real data beside the checkout, and options for a test that skips where it is absent. */
export function sharedData(name: string): { path: string; options: { skip?: string } } {
  const path = fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url));
  return { path, options: existsSync(path) ? {} : { skip: `../shared/data/${name} is not there` } };
}
