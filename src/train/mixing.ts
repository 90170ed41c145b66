/**
 * Mixup and CutMix (Zhang et al. 2018, https://arxiv.org/abs/1710.09412; Yun et al. 2019, https://arxiv.org/abs/1905.04899): each
 * image of a batch and the one before it become one, and so do their targets. Both are one formula, x m + roll(x) (1 - m), with a mask
 * that is constant or a rectangle.
 */
import { add, concat, fixed, mul, slice, sub, type Value } from '../graph/index.js';
import { type Random, random } from '../random/index.js';
import type { Extras } from './config.js';

export interface Mixture {
  /** [h, w]: the share of each pixel that is the image's own. */
  readonly mask: Float32Array;
  /** The mask's mean, which is the share of the image's own target. */
  readonly share: number;
}

type Size = readonly [height: number, width: number];

/** The mixture of a step; where both kinds are wanted, chance takes one of them. Nothing where none is. */
export function drawMixture(
  { mixup, cutmix }: Pick<Extras, 'mixup' | 'cutmix'>,
  size: Size,
  { seed, step }: { readonly seed: number; readonly step: number },
): Mixture | undefined {
  const chance = random(seed, 'mix', step);
  const kinds = [mixup && blended(mixup), cutmix && cut(cutmix)].filter((kind) => typeof kind === 'function');
  return kinds[chance.integer(Math.max(kinds.length, 1))]?.(size, chance);
}

const blended =
  (alpha: number) =>
  ([height, width]: Size, chance: Random): Mixture => {
    const share = beta(alpha, chance);
    return { mask: new Float32Array(height * width).fill(share), share };
  };

/** torchvision's RandomCutmix: a rectangle of the image's aspect around a uniform centre, cut off at the borders. */
const cut =
  (alpha: number) =>
  ([height, width]: Size, chance: Random): Mixture => {
    const side = 0.5 * Math.sqrt(1 - beta(alpha, chance));
    const [row, column] = [chance.integer(height), chance.integer(width)];
    const [halfHeight, halfWidth] = [Math.trunc(side * height), Math.trunc(side * width)];
    const [top, bottom] = [Math.max(row - halfHeight, 0), Math.min(row + halfHeight, height)];
    const [left, right] = [Math.max(column - halfWidth, 0), Math.min(column + halfWidth, width)];
    const mask = new Float32Array(height * width).fill(1);
    for (let y = top; y < bottom; y++) mask.fill(0, y * width + left, y * width + right);
    return { mask, share: 1 - ((bottom - top) * (right - left)) / (height * width) };
  };

/** From Beta(a, a): two gamma variates by Marsaglia & Tsang 2000, "A simple method for generating gamma variables". */
function beta(alpha: number, chance: Random): number {
  const [a, b] = [gamma(alpha, chance), gamma(alpha, chance)];
  return a + b > 0 ? a / (a + b) : chance.integer(2); // both underflow only where nearly all weight lies at 0 and 1
}

function gamma(alpha: number, chance: Random): number {
  if (alpha < 1) return gamma(alpha + 1, chance) * chance.uniform() ** (1 / alpha);
  const d = alpha - 1 / 3;
  for (;;) {
    const x = chance.normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    const u = 1 - chance.uniform();
    if (v > 0 && Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Images [n, …] with those before them, the first with the last: PyTorch's `roll(1, 0)`. */
const rolled = (x: Value): Value => {
  const last = fixed(x.shape[0]) - 1;
  if (last === 0) return x;
  return concat([slice(x, [{ axis: 0, start: last, end: last + 1 }]), slice(x, [{ axis: 0, start: 0, end: last }])], 0);
};

/** x m + roll(x) (1 - m). */
export function mixed(x: Value, mask: Value): Value {
  const other = rolled(x);
  return add(other, mul(sub(x, other), mask));
}

/** The same of targets [n, k] by their share. */
export function mixedTargets(targets: Float32Array, rows: number, share: number): Float32Array {
  const columns = targets.length / rows;
  return targets.map(
    (own, i) => share * own + (1 - share) * targets[i < columns ? targets.length - columns + i : i - columns]!,
  );
}
