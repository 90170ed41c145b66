/** What chance does to training images once they have their size: flips upside down, policies, jitter, erasing. */
import { random } from '../../random/index.js';
import type { Pixels } from '../pixels.js';
import type { Augmentation } from '../transforms.js';
import { drawErased, erase } from './erase.js';
import { applyJitter } from './jitter.js';
import { applyPolicy } from './policy.js';

/** Turns an image upside down, in place. */
function flipVertical({ data, height, width, channels }: Pixels): void {
  const line = width * channels;
  for (let top = 0, bottom = (height - 1) * line; top < bottom; top += line, bottom -= line) {
    const upper = new Uint8Array(data.subarray(top, top + line));
    data.copyWithin(top, bottom, bottom + line);
    data.set(upper, bottom);
  }
}

/**
 * Changes a cropped image in place, in the order of torchvision's reference (references/classification/presets.py). Each
 * part draws from a stream of its own, named after `stream`: switching one on leaves what the others draw.
 */
export function augment(
  image: Pixels,
  { flipVertical: upsideDown = 0, policy, jitter, erase: erasing = 0 }: Augmentation,
  { stream, mean }: { stream: readonly (number | string)[]; mean: readonly number[] },
): void {
  const chance = (part: string) => random(...stream, part);
  if (chance('flip vertical').uniform() < upsideDown) flipVertical(image);
  if (policy) applyPolicy(image, policy, chance('policy'));
  if (jitter) applyJitter(image, jitter, chance('jitter'));
  const erased = drawErased(image, erasing, chance('erase'));
  if (erased) erase(image, erased, mean);
}
