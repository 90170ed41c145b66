/** Operations that change each value by itself: 256 are computed, the rest is looked up. All work in place. */
import { luma, type Pixels } from '../pixels.js';
import { blended } from './blend.js';

const table = (of: (value: number) => number): Uint8Array => Uint8Array.from({ length: 256 }, (_, value) => of(value));

const identity = table((value) => value);

/** Puts the values of each channel through what `tableOf` gives for it. */
function lookUp({ data, channels }: Pixels, tableOf: (channel: number) => Uint8Array): void {
  for (let channel = 0; channel < channels; channel++) {
    const values = tableOf(channel);
    for (let i = channel; i < data.length; i += channels) data[i] = values[data[i] as number] as number;
  }
}

function lookUpAll(image: Pixels, of: (value: number) => number): void {
  const values = table(of);
  lookUp(image, () => values);
}

/** torchvision's adjust_brightness: away from black. */
export const brightness = (image: Pixels, factor: number) => lookUpAll(image, (value) => blended(0, value, factor));

/** torchvision's adjust_contrast: away from the mean luma, a whole number. */
export function contrast(image: Pixels, factor: number): void {
  const mean = Math.floor(meanLuma(image) + 0.5);
  lookUpAll(image, (value) => blended(mean, value, factor));
}

function meanLuma({ data, channels }: Pixels): number {
  let sum = 0;
  if (channels === 1) for (let i = 0; i < data.length; i++) sum += data[i] as number;
  else
    for (let i = 0; i < data.length; i += 3)
      sum += luma(data[i] as number, data[i + 1] as number, data[i + 2] as number);
  return sum / (data.length / channels);
}

/** torchvision's posterize: keeps the upper `bits` of 8. */
export const posterize = (image: Pixels, bits: number) => lookUpAll(image, (value) => value & -(2 ** (8 - bits)));

/** torchvision's solarize: inverts from `threshold` on. */
export const solarize = (image: Pixels, threshold: number) =>
  lookUpAll(image, (value) => (value < threshold ? value : 255 - value));

/** torchvision's invert. */
export const invert = (image: Pixels) => lookUpAll(image, (value) => 255 - value);

/** [256] how often each value occurs in a channel. */
function histogram({ data, channels }: Pixels, channel: number): Uint32Array {
  const counts = new Uint32Array(256);
  for (let i = channel; i < data.length; i += channels) counts[data[i] as number]!++;
  return counts;
}

/** torchvision's autocontrast: each channel's least value becomes 0, its largest 255. */
export const autocontrast = (image: Pixels) =>
  lookUp(image, (channel) => {
    const counts = histogram(image, channel);
    const [least, largest] = [counts.findIndex((count) => count > 0), counts.findLastIndex((count) => count > 0)];
    if (largest <= least) return identity;
    const scale = 255 / (largest - least);
    // written as Pillow rounds it, not as (value - least) * scale
    return table((value) => Math.min(Math.max(Math.trunc(value * scale - least * scale), 0), 255));
  });

/** torchvision's equalize: each channel's values become as frequent as one another, in whole steps. */
export const equalize = (image: Pixels) =>
  lookUp(image, (channel) => {
    const counts = histogram(image, channel);
    const largest = counts.findLast((count) => count > 0) ?? 0;
    const step = Math.floor((image.height * image.width - largest) / 255);
    if (step === 0) return identity;
    let below = Math.floor(step / 2);
    return table((value) => {
      const level = Math.floor(below / step);
      below += counts[value] as number;
      return Math.min(level, 255);
    });
  });
