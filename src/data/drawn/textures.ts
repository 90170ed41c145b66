import type { Random } from '../../random/index.js';
import { between, type Colour, nearby, pick } from './colours.js';

/** The share of the second colour at a point: 0 to 1. One period of the pattern is one unit. */
type Pattern = (u: number, v: number) => number;

/** How a surface looks: a pattern, turned and scaled, between two colours. */
export interface Texture {
  readonly pattern: Pattern;
  readonly from: Colour;
  readonly to: Colour;
  /** (u, v) = frequency * rotation * (x, y) + offset, with (x, y) in [-1, 1]. */
  readonly cos: number;
  readonly sin: number;
  readonly u: number;
  readonly v: number;
}

const TURN = 2 * Math.PI;

const clamp = (t: number): number => Math.min(1, Math.max(0, t));

/** Above 0.5 the edges are steeper than a sine's, yet soft enough not to alias at 32 x 32. */
const STEEPNESS = 1.6;

const lattice = (i: number, j: number): number => {
  let h = Math.imul(i, 0x27d4eb2d) ^ Math.imul(j, 0x165667b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return ((h ^ (h >>> 13)) >>> 0) / 2 ** 32;
};

const smooth = (t: number): number => t * t * (3 - 2 * t);

/** Value noise: random numbers on the integer lattice, smoothly interpolated. */
const cloud: Pattern = (u, v) => {
  const i = Math.floor(u);
  const j = Math.floor(v);
  const s = smooth(u - i);
  const top = lattice(i, j) * (1 - s) + lattice(i + 1, j) * s;
  const bottom = lattice(i, j + 1) * (1 - s) + lattice(i + 1, j + 1) * s;
  const t = smooth(v - j);
  return top * (1 - t) + bottom * t;
};

const flat: Pattern = () => 0;

interface Kind {
  readonly pattern: Pattern;
  /** Periods per unit, of which the image has two. */
  readonly frequency: readonly [low: number, high: number];
  readonly weight: number;
}

const KINDS: readonly Kind[] = [
  { pattern: flat, frequency: [1, 1], weight: 4 },
  { pattern: (u) => clamp(0.5 + 0.5 * u), frequency: [0.6, 1], weight: 3 },
  { pattern: (u) => clamp(0.5 + STEEPNESS * Math.sin(TURN * u)), frequency: [1.4, 3.6], weight: 2 },
  {
    pattern: (u, v) => clamp(0.5 + STEEPNESS * Math.sin(TURN * (u + 0.2 * Math.sin(TURN * 0.7 * v)))),
    frequency: [1.4, 2.8],
    weight: 1,
  },
  {
    pattern: (u, v) => clamp(0.5 + 2 * STEEPNESS * Math.sin(TURN * u) * Math.sin(TURN * v)),
    frequency: [1, 2.2],
    weight: 1,
  },
  {
    pattern: (u, v) => clamp(0.5 + STEEPNESS * (Math.cos(TURN * u) + Math.cos(TURN * v) - 0.9)),
    frequency: [1.6, 3.4],
    weight: 2,
  },
  { pattern: (u, v) => 0.65 * cloud(u, v) + 0.35 * cloud(2 * u + 17, 2 * v), frequency: [1.5, 5], weight: 3 },
];

const DECK = KINDS.flatMap((kind) => Array<Kind>(kind.weight).fill(kind));

/** A random texture around `colour`; its two colours lie about `amplitude` apart (0: one colour, 1: black against white). */
export const texture = (rng: Random, colour: Colour, amplitude: number): Texture => {
  const { pattern, frequency } = pick(rng, DECK);
  const angle = rng.uniform() * TURN;
  const scale = between(rng, ...frequency);
  return {
    pattern,
    from: colour,
    to: pattern === flat ? colour : nearby(rng, colour, amplitude),
    cos: scale * Math.cos(angle),
    sin: scale * Math.sin(angle),
    // a gradient is centred; whatever repeats may begin anywhere
    u: frequency[1] <= 1 ? 0 : between(rng, 0, 64),
    v: between(rng, 0, 64),
  };
};
