import { UserError } from '../../errors.js';
import { random } from '../../random/index.js';
import { type Dataset, dataset, type Splits } from '../numbered.js';
import { sharedBytes } from '../shared-bytes.js';
import { drawImage } from './scene.js';
import { CLASSES } from './shapes.js';

/** How many images are drawn, and of which seed. */
export interface DrawnOptions {
  /** Number of images to learn from. */
  readonly train: number;
  /** Number of images to choose by. */
  readonly validation: number;
  /** Height and width in pixels. Default 32: the size at which small nets learn in minutes. */
  readonly size?: number;
  /** Equal seeds draw equal images. Default 0. */
  readonly seed?: number;
}

/** Image i of a split is of class i mod 10 and depends on (seed, split, i) alone, so a longer split begins like a shorter. */
const draw = (split: string, count: number, { size, seed }: { size: number; seed: number }): Dataset => {
  if (!Number.isInteger(count) || count < 1)
    throw new UserError(`Expected at least 1 ${split} image to draw, got ${count}.`);
  const bytes = size * size * 3;
  const pixels = sharedBytes(count * bytes);
  const labels = Int32Array.from({ length: count }, (_, i) => i % CLASSES.length);
  for (const [i, classId] of labels.entries())
    pixels.set(drawImage(classId, random(seed, 'drawn', split, i), size), i * bytes);
  const name = `drawn ${split}`;
  return dataset(name, { kind: 'raster', name, pixels, height: size, width: size, channels: 3, labels }, CLASSES);
};

/**
 * The data set that the program draws itself: ten classes of shapes, equally many of each, in memory.
 *
 * @throws UserError where a count or the size is no positive whole number
 */
export function drawnDataset({ train, validation, size = 32, seed = 0 }: DrawnOptions): Splits {
  return {
    train: draw('train', train, { size, seed }),
    validation: draw('validation', validation, { size, seed }),
    warnings: [],
  };
}
