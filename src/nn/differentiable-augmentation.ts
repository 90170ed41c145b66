/**
 * Augmentation that gradients go through, of every image that a discriminator sees, made ones too: so it cannot learn a few images by
 * heart, and the generator does not learn the augmentation. Zhao et al. 2020, https://arxiv.org/abs/2006.10738, section 4 and appendix A.
 */
import { abs, add, clip, constant, fixedShape, matmul, mul, reduceMean, sub, type Value } from '../graph/index.js';
import type { Build, Chance } from './network.js';

/** Changes images [n, c, h, w] of -1 … 1 by chance, each in its own way. */
type Change = (images: Value, net: Build) => Value;

/** A number of each image, [n, 1, 1, 1]. */
const each = (images: Value, net: Build, name: string, draw: Chance['draw']): Value =>
  net.chance(name, { shape: [fixedShape(images.shape)[0]!, 1, 1, 1], draw });

const sidesOf = ({ shape }: Value) => fixedShape(shape).slice(2) as [height: number, width: number];

const uniform = { kind: 'uniform' } as const;

/** mean + (x - mean) f, with means over some axes. */
const spread = (images: Value, axes: readonly number[], factor: Value): Value => {
  const mean = reduceMean(images, { axes, keepdims: true });
  return add(mean, mul(sub(images, mean), factor));
};

/** Brightness by -0.5 … 0.5, saturation times 0 … 2, contrast times 0.5 … 1.5. */
const color: Change = (images, net) => {
  const draw = (name: string) => each(images, net, name, uniform);
  const lit = add(images, sub(draw('brightness'), 0.5));
  const coloured = spread(lit, [1], mul(draw('saturation'), 2));
  return spread(coloured, [1, 2, 3], add(draw('contrast'), 0.5));
};

/** By up to an eighth of the sides, with gray behind: rows and columns are picked by matrices of zeros and ones. */
const translation: Change = (images, net) => {
  const [height, width] = sidesOf(images);
  /** [n, 1, side, side], 1 where column = row + shift. */
  const moving = (side: number, name: string) => {
    const most = Math.round(side / 8);
    const steps = Float32Array.from({ length: side * side }, (_, i) => (i % side) - Math.floor(i / side));
    const off = sub(constant(steps, [side, side]), each(images, net, name, { kind: 'integer', least: -most, most }));
    return clip(sub(1, abs(off)), 0, 1);
  };
  return matmul(matmul(moving(height, 'vertical shift'), images), moving(width, 'horizontal shift'));
};

/** A gray square of half the sides, somewhere, also across the edge. */
const cutout: Change = (images, net) => {
  const [height, width] = sidesOf(images);
  /** 1 for the positions that are cut: the drawn one is in their middle, or just behind it. */
  const within = (side: number, name: string, shape: readonly number[]) => {
    const cut = Math.round(side / 2);
    const reach = (cut - 1) / 2;
    const fromMiddle = Float32Array.from({ length: side }, (_, i) => i + Math.floor(cut / 2) - reach);
    const drawn = each(images, net, name, { kind: 'integer', least: 0, most: side - (cut % 2) });
    return clip(sub(reach + 1, abs(sub(constant(fromMiddle, shape), drawn))), 0, 1);
  };
  const hole = mul(within(height, 'vertical cut', [height, 1]), within(width, 'horizontal cut', [1, width]));
  return mul(images, sub(1, hole));
};

/** Changes of images that gradients pass through (Zhao et al. 2020, https://arxiv.org/abs/2006.10738), by name. */
export const differentiableAugmentations = { color, translation, cutout } as const satisfies Record<string, Change>;
/** The name of one. */
export type DifferentiableAugmentation = keyof typeof differentiableAugmentations;

/** Images [n, c, h, w] of 0 … 1 after some changes, in the order of the table. */
export function augmented(images: Value, kinds: readonly DifferentiableAugmentation[], net: Build): Value {
  if (kinds.length === 0) return images;
  const signed = sub(mul(images, 2), 1);
  const changes = Object.entries(differentiableAugmentations).filter(([name]) => kinds.includes(name as never));
  return mul(
    add(
      changes.reduce((x, [, change]) => change(x, net), signed),
      1,
    ),
    0.5,
  );
}
