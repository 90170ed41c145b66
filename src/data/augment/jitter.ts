import type { Random } from '../../random/index.js';
import type { Pixels } from '../pixels.js';
import { saturation } from './blend.js';
import { hue } from './hue.js';
import { brightness, contrast } from './lookup.js';

/** How far colours may go: factors from 1 - amount (0 at least) to 1 + amount, hues by up to ±amount of the circle. */
export interface Jitter {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** At most 0.5. */
  readonly hue: number;
}

export const jitterAdjustments = { brightness, contrast, saturation, hue } as const;
const NAMES = Object.keys(jitterAdjustments) as readonly (keyof Jitter)[];

export interface Adjustment {
  readonly name: keyof Jitter;
  /** A factor; of hues a share of the circle. */
  readonly by: number;
}

/** torchvision's ColorJitter: uniform amounts, in random order. */
export function drawJitter(jitter: Jitter, random: Random): readonly Adjustment[] {
  const drawn = NAMES.map((name) => ({ name, by: amount(name, jitter[name], random.uniform()), at: random.uniform() }));
  return drawn
    .sort((one, other) => one.at - other.at)
    .filter(({ name }) => jitter[name] > 0)
    .map(({ name, by }) => ({ name, by }));
}

/** From the least to the most that is allowed, by a share drawn from 0 to 1. */
function amount(name: keyof Jitter, most: number, share: number): number {
  const [middle, least] = name === 'hue' ? [0, -most] : [1, Math.max(0, 1 - most)];
  return least + (middle + most - least) * share;
}

/** Changes the colours of an image in place, as drawn. */
export function applyJitter(image: Pixels, jitter: Jitter, random: Random): void {
  for (const { name, by } of drawJitter(jitter, random)) jitterAdjustments[name](image, by);
}
