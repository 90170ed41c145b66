import type { Random } from '../../random/index.js';
import type { Pixels, Size } from '../pixels.js';
import type { Box } from '../resample.js';

/** Defaults of torchvision's RandomErasing: share of the area, height to width, and how often a fitting part is looked for. */
const [SHARE, RATIO, ATTEMPTS] = [[0.02, 0.33] as const, [0.3, 3.3] as const, 10];

/**
 * The part to erase, if any: "Random Erasing Data Augmentation", https://arxiv.org/abs/1708.04896, algorithm 1, with
 * torchvision's aspect (log-uniform) and its limit: smaller than the image both ways.
 */
export function drawErased({ height, width }: Size, probability: number, random: Random): Box | undefined {
  if (random.uniform() >= probability) return;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = height * width * (SHARE[0] + (SHARE[1] - SHARE[0]) * random.uniform());
    const ratio = RATIO[0] * (RATIO[1] / RATIO[0]) ** random.uniform();
    const [rows, columns] = [Math.round(Math.sqrt(area * ratio)), Math.round(Math.sqrt(area / ratio))];
    if (rows >= height || columns >= width) continue;
    return {
      top: random.integer(height - rows + 1),
      left: random.integer(width - columns + 1),
      height: rows,
      width: columns,
    };
  }
  return;
}

/**
 * Fills a part of an image, in place, with the channels' means of 0 to 1. torchvision erases after normalising, with zeros;
 * here a network normalises bytes, so zero becomes the mean rounded to a byte: off by up to 1/510 of the range.
 */
export function erase({ data, width, channels }: Pixels, box: Box, mean: readonly number[]): void {
  const line = Uint8Array.from({ length: box.width * channels }, (_, i) =>
    Math.round(255 * (mean[i % channels] as number)),
  );
  for (let row = box.top; row < box.top + box.height; row++) data.set(line, (row * width + box.left) * channels);
}
