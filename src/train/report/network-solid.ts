/** Data as solids: maps as cuboids, vectors as bars. */
import { type Html, html } from './html.js';

/** Longest side of a cuboid's face, and how deep a thousand channels are. */
const [FACE, DEPTH] = [84, 44];

export interface Solid {
  readonly width: number;
  readonly picture: Html;
}

/** Maps [c, h, w] as a cuboid, a vector [d] as a bar, about y = 0. Sizes grow slower than what they stand for, so that all fit. */
export function solid(shape: readonly number[], largest: number): Solid {
  const length = (count: number, most: number) => Math.max(3, most * (Math.log2(count + 1) / 10));
  if (shape.length !== 3) {
    const height = length(shape[0] ?? 1, FACE);
    return {
      width: 12,
      picture: html`<rect class="vector" x="-6" y="${-height / 2}" width="12" height="${height}" rx="2"/>`,
    };
  }
  const [channels, rows, columns] = shape as readonly [number, number, number];
  const side = (pixels: number) => Math.max(4, FACE * Math.sqrt(pixels / largest));
  const [height, width, depth] = [side(rows), side(columns), Math.min(DEPTH, length(channels, DEPTH))];
  const [dx, dy] = [0.6 * depth, -0.42 * depth];
  const [x, y] = [-(width + dx) / 2, -(height + dy) / 2];
  const number = (value: number) => value.toFixed(1);
  const corners = (points: readonly (readonly [number, number])[]) =>
    points.map(([a, b]) => `${number(a)},${number(b)}`).join(' ');
  return {
    width: width + dx,
    picture: html`<polygon class="top" points="${corners([
      [x, y],
      [x + dx, y + dy],
      [x + width + dx, y + dy],
      [x + width, y],
    ])}"/>
<polygon class="side" points="${corners([
      [x + width, y],
      [x + width + dx, y + dy],
      [x + width + dx, y + height + dy],
      [x + width, y + height],
    ])}"/>
<rect class="front" x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${number(height)}"/>`,
  };
}
