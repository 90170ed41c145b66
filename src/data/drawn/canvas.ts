import type { Random } from '../../random/index.js';
import type { Distance } from './shapes.js';
import type { Texture } from './textures.js';

/** A square image that is being painted. It spans [-1, 1] in x and y, whatever its number of pixels. */
export interface Canvas {
  readonly size: number;
  /** [size, size, 3], 0 to 1. */
  readonly pixels: Float32Array;
}

/** Where a shape goes. */
export interface Pose {
  readonly x: number;
  readonly y: number;
  /** Of the disc around the shape. */
  readonly radius: number;
  /** Radians. */
  readonly angle: number;
  /** Width over height is the square of this. */
  readonly stretch: number;
}

export interface Layer {
  readonly shape: Distance;
  readonly pose: Pose;
  readonly texture: Texture;
  /** How far the outline is moved outwards, in units of the canvas: for borders. Default 0. */
  readonly grow?: number;
  /** Default 1. */
  readonly opacity?: number;
}

export const canvas = (size: number): Canvas => ({ size, pixels: new Float32Array(size * size * 3) });

/** Lays `texture` over pixel (x, y) with `alpha` 0 to 1. */
const blend = ({ size, pixels }: Canvas, [column, row]: readonly [number, number], texture: Texture, alpha: number) => {
  const x = (2 * column + 1) / size - 1;
  const y = (2 * row + 1) / size - 1;
  const { cos, sin, from, to } = texture;
  const t = texture.pattern(cos * x + sin * y + texture.u, cos * y - sin * x + texture.v);
  const at = (row * size + column) * 3;
  for (let c = 0; c < 3; c++) {
    const value = from[c]! + (to[c]! - from[c]!) * t;
    pixels[at + c]! += (value - pixels[at + c]!) * alpha;
  }
};

export const fill = (on: Canvas, texture: Texture): void => {
  for (let row = 0; row < on.size; row++)
    for (let column = 0; column < on.size; column++) blend(on, [column, row], texture, 1);
};

/** Paints a shape, its edge smoothed over one pixel: the share of a pixel inside is about 1/2 - distance in pixels. */
export const paint = (on: Canvas, { shape, pose, texture, grow = 0, opacity = 1 }: Layer): void => {
  const { size } = on;
  const perPixel = size / 2;
  const cos = Math.cos(pose.angle);
  const sin = Math.sin(pose.angle);
  const reach = pose.radius * Math.max(pose.stretch, 1 / pose.stretch) + grow + 1 / perPixel;
  const first = (centre: number) => Math.max(0, Math.floor((centre - reach + 1) * perPixel));
  const last = (centre: number) => Math.min(size, Math.ceil((centre + reach + 1) * perPixel));
  for (let row = first(pose.y); row < last(pose.y); row++)
    for (let column = first(pose.x); column < last(pose.x); column++) {
      const x = (column + 0.5) / perPixel - 1 - pose.x;
      const y = (row + 0.5) / perPixel - 1 - pose.y;
      const across = (cos * x + sin * y) / (pose.radius * pose.stretch);
      const along = ((cos * y - sin * x) * pose.stretch) / pose.radius;
      const inside = 0.5 - (shape(across, along) * pose.radius - grow) * perPixel;
      if (inside > 0) blend(on, [column, row], texture, Math.min(1, inside) * opacity);
    }
};

/** Blurs with the kernel (1 2 1) / 4 in both directions, the border repeated. */
export const blur = ({ size, pixels }: Canvas): void => {
  const along = (step: number, across: number) => {
    for (let line = 0; line < size; line++)
      for (let c = 0; c < 3; c++) {
        const start = line * across + c;
        let before = pixels[start]!;
        for (let i = 0, at = start; i < size; i++, at += step) {
          const here = pixels[at]!;
          const after = i + 1 < size ? pixels[at + step]! : here;
          pixels[at] = 0.25 * before + 0.5 * here + 0.25 * after;
          before = here;
        }
      }
  };
  along(3, 3 * size);
  along(3 * size, 3);
};

/** Adds noise of standard deviation `sigma` to every value (the sum of two uniform draws: near enough to a camera's). */
export const grain = ({ pixels }: Canvas, rng: Random, sigma: number): void => {
  const scale = sigma * Math.sqrt(6);
  for (let i = 0; i < pixels.length; i++) pixels[i]! += scale * (rng.uniform() + rng.uniform() - 1);
};

/** [size, size, 3] as 8-bit values. */
export const toBytes = ({ pixels }: Canvas): Uint8Array => {
  const bytes = new Uint8ClampedArray(pixels.length); // clamps and rounds
  for (let i = 0; i < pixels.length; i++) bytes[i] = pixels[i]! * 255;
  return new Uint8Array(bytes.buffer);
};
