import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { random } from '../../random/index.js';
import { sharp } from '../sharp.js';
import { writeWhole } from '../whole-file.js';
import { drawImage } from './scene.js';
import { CLASSES } from './shapes.js';

export interface DrawnFolderOptions {
  /** Images of each class. Default 1: one row of examples. */
  readonly perClass?: number;
  /** Height and width in pixels. Default 128, which a person can see on a screen. */
  readonly size?: number;
  /** Default 0. These images are in neither split of `drawnDataset`, whatever its seed. */
  readonly seed?: number;
}

/** Draws images nobody has trained on into `dir` (made when absent) as arrow-1.png, circle-1.png, …; returns their paths. */
export async function writeDrawnFolder(
  dir: string,
  { perClass = 1, size = 128, seed = 0 }: DrawnFolderOptions = {},
): Promise<string[]> {
  await mkdir(dir, { recursive: true });
  const write = async (name: string, classId: number, number: number) => {
    const pixels = drawImage(classId, random(seed, 'drawn', 'folder', classId, number), size);
    const path = join(dir, `${name}-${number}.png`);
    await writeWhole(
      path,
      await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
        .png()
        .toBuffer(),
    );
    return path;
  };
  return Promise.all(
    CLASSES.flatMap((name, id) => Array.from({ length: perClass }, (_, number) => write(name, id, number + 1))),
  );
}
