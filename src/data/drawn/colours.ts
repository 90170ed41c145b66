import type { Random } from '../../random/index.js';

/** Red, green and blue, each 0 to 1. */
export type Colour = readonly [r: number, g: number, b: number];

/** Uniform in [low, high). */
export const between = (rng: Random, low: number, high: number): number => low + (high - low) * rng.uniform();

export const pick = <T>(rng: Random, list: readonly T[]): T => list[rng.integer(list.length)] as T;

export const chance = (rng: Random, probability: number): boolean => rng.uniform() < probability;

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** From hue, saturation and value (each 0 to 1), https://en.wikipedia.org/wiki/HSL_and_HSV#HSV_to_RGB_alternative */
const fromHsv = (hue: number, saturation: number, value: number): Colour => {
  const channel = (n: number) => {
    const k = (n + hue * 6) % 6;
    return value * (1 - saturation * Math.max(0, Math.min(k, 4 - k, 1)));
  };
  return [channel(5), channel(3), channel(1)];
};

/** Any colour, from near black over gray and pastel to vivid. */
export const anyColour = (rng: Random): Colour => fromHsv(rng.uniform(), between(rng, 0, 0.95), between(rng, 0.08, 1));

/** How far apart two colours look, 0 to 1: Euclid's distance, with weights that lean from equal ones towards luma's. */
export const difference = (a: Colour, b: Colour): number =>
  Math.sqrt(0.33 * (a[0] - b[0]) ** 2 + 0.42 * (a[1] - b[1]) ** 2 + 0.25 * (a[2] - b[2]) ** 2);

/** A colour about `amplitude` away from `colour`, in a random direction that bends back at black and white. */
export const nearby = (rng: Random, colour: Colour, amplitude: number): Colour => {
  const light = (colour[0] + colour[1] + colour[2] > 1.5 ? -1 : 1) * amplitude;
  return [0, 1, 2].map((c) =>
    clamp(colour[c]! + light * between(rng, 0.4, 1) + 0.3 * amplitude * rng.normal()),
  ) as unknown as Colour;
};

/** The most different from `others` of a few random colours, as soon as one differs by `contrast` from all of them. */
export const apartFrom = (rng: Random, others: readonly Colour[], contrast: number): Colour => {
  let best = anyColour(rng);
  let apart = 0;
  for (let tries = 0; tries < 24 && apart < contrast; tries++) {
    const colour = anyColour(rng);
    const distance = Math.min(...others.map((other) => difference(colour, other)));
    if (distance > apart) [best, apart] = [colour, distance];
  }
  return best;
};
