/** Signed distance of a point to a shape's outline, negative inside. Every shape fits the unit disc around the origin. */
export type Distance = (x: number, y: number) => number;

type Point = readonly [x: number, y: number];

const TURN = 2 * Math.PI;

const onCircle = (radius: number, turns: number): Point => [
  radius * Math.cos(TURN * turns),
  radius * Math.sin(TURN * turns),
];

const sample = (count: number, at: (i: number) => Point): Point[] => Array.from({ length: count }, (_, i) => at(i));

/**
 * The distance to a closed polygon is that to its nearest edge, negative where a ray to the right crosses an odd number of
 * edges. Edges lie in one flat array (from x, from y, to x, to y), as this runs for every pixel.
 */
const polygon = (points: readonly Point[]): Distance => {
  const edges = Float64Array.from(points.flatMap((from, i) => [...from, ...points[(i + 1) % points.length]!]));
  return (x, y) => {
    let nearest = Infinity;
    let inside = false;
    for (let e = 0; e < edges.length; e += 4) {
      const ax = x - edges[e]!;
      const ay = y - edges[e + 1]!;
      const ex = edges[e + 2]! - edges[e]!;
      const ey = edges[e + 3]! - edges[e + 1]!;
      const along = Math.min(1, Math.max(0, (ax * ex + ay * ey) / (ex * ex + ey * ey)));
      const dx = ax - along * ex;
      const dy = ay - along * ey;
      nearest = Math.min(nearest, dx * dx + dy * dy);
      if (ay < 0 !== ay < ey && ax < (ex * ay) / ey) inside = !inside;
    }
    return inside ? -Math.sqrt(nearest) : Math.sqrt(nearest);
  };
};

const mirrored = (half: readonly Point[]): Point[] => [
  ...half,
  ...half
    .filter(([, y]) => y !== 0)
    .map(([x, y]): Point => [x, -y])
    .reverse(),
];

const length = (x: number, y: number): number => Math.sqrt(x * x + y * y); // twice as fast as Math.hypot

const disc = (x: number, y: number): number => length(x, y) - 1;

/** An Archimedean arm r = 0.5 * turns, drawn with a pen of half width 0.12. */
const spiral: Distance = (x, y) => {
  const pitch = 0.5;
  const radius = length(x, y);
  const angle = Math.atan2(y, x) / TURN;
  const turn = Math.round(radius / pitch - angle);
  const onArm = pitch * (angle + Math.min(1, Math.max(0, turn)));
  return Math.max(Math.abs(radius - Math.max(0, onArm)) - 0.12, radius - 1);
};

/** The heart curve (16 sin^3 t, 13 cos t - 5 cos 2t - 2 cos 3t - cos 4t), https://mathworld.wolfram.com/HeartCurve.html */
const heart = (i: number): Point => {
  const t = (TURN * i) / 28;
  const y = 13 * Math.cos(t) - 5 * Math.cos(2 * t) - 2 * Math.cos(3 * t) - Math.cos(4 * t);
  return [(16 * Math.sin(t) ** 3) / 18, (y + 2) / 18];
};

const CROSS_ARM = 0.3;

/** The classes, sorted by name like the folders of an image folder, so that ids agree with folders written from them. */
export const SHAPES = {
  arrow: polygon(
    mirrored([
      [1, 0],
      [0.1, 0.8],
      [0.1, 0.26],
      [-0.95, 0.26],
    ]),
  ),
  circle: disc,
  crescent: (x, y) => Math.max(length(x - 0.1, y) - 0.9, 0.72 - length(x - 0.52, y)),
  cross: polygon(
    sample(4, (i) => onCircle(1, i / 4)).flatMap(([x, y]): Point[] => [
      [0.95 * x + CROSS_ARM * y, 0.95 * y - CROSS_ARM * x],
      [0.95 * x - CROSS_ARM * y, 0.95 * y + CROSS_ARM * x],
      [CROSS_ARM * (x - y), CROSS_ARM * (x + y)],
    ]),
  ),
  heart: polygon(sample(28, heart)),
  ring: (x, y) => Math.abs(length(x, y) - 0.78) - 0.22,
  spiral,
  square: polygon(sample(4, (i) => onCircle(1, i / 4))),
  star: polygon(sample(10, (i) => onCircle(i % 2 === 0 ? 1 : 0.42, i / 10))),
  triangle: polygon(sample(3, (i) => onCircle(1, i / 3))),
} satisfies Record<string, Distance>;

/** Class names by id. */
export const CLASSES = Object.keys(SHAPES) as readonly (keyof typeof SHAPES)[];
