/** Residual blocks of either direction, with norms behind convolutions or before them, and what else a block may have. */
import { type Layer, named, preactivated, residual, type Size, sequential, squeezeExcitation } from '../nn/index.js';
import type { Setting } from './settings.js';
import type { Material, Names } from './unit.js';

/** One convolution of a block, and the names of it and of its norm. */
export interface Part {
  readonly names: Names;
  readonly to: number;
  readonly kernel: Size;
  /** 1 by default. */
  readonly stride?: number;
  /** 1 by default. */
  readonly groups?: number;
}

export interface BlockPlan {
  readonly name: string;
  /** From 0 for the network's first block to 1 for its last. */
  readonly depth: number;
  readonly left: readonly Part[];
  /** Convolutions and other layers; an empty list for the identity; `'none'` where nothing is added: plain networks. */
  readonly right: readonly (Part | Layer)[] | 'none';
}

/** What all convolutions of a network's blocks are made of. */
export interface Blocks {
  /** From a plan to its layer. */
  readonly block: (plan: BlockPlan) => Layer;
  /** A stem's last convolution, behind which the first block follows. */
  readonly opening: (part: Part) => Layer;
  /** What follows the last block. */
  readonly closing: readonly Layer[];
}

export interface BlockMaterial extends Material {
  /** ReLU at the end of a branch of two convolutions, before the sum, too. No by default. */
  readonly reluBeforeSum?: boolean;
}

/** Norms and ReLUs behind convolutions, or before them. */
export function blocksOf(setting: Setting, material: BlockMaterial): Blocks {
  return setting.preactivation ? preactivating(setting, material) : postactivating(setting, material);
}

const isLayer = (one: Part | Layer): one is Layer => typeof one === 'function';

function postactivating(setting: Setting, { unit, reluBeforeSum = false }: BlockMaterial): Blocks {
  const branch = ({ name, left, right }: BlockPlan): readonly Layer[] => [
    ...left.map(({ names, to, kernel, stride = 1, groups = 1 }, i) => {
      const ends = right !== 'none' && i === left.length - 1;
      // a branch that ends in ReLU would never leave zero
      const active = !ends || (reluBeforeSum && !setting.bottleneck);
      return unit(names, to, kernel, { stride, groups, relu: active, endsBranch: !active });
    }),
    ...attention(name, left, setting),
  ];
  const projection = ({ names, to, kernel, stride = 1 }: Part) => unit(names, to, kernel, { stride, relu: false });
  return {
    block: (plan) =>
      plan.right === 'none'
        ? sequential(...branch(plan))
        : residual({
            ...plan,
            left: branch(plan),
            right: plan.right.map((one) => (isLayer(one) ? one : projection(one))),
          }),
    opening: ({ names, to, kernel, stride = 1 }) => unit(names, to, kernel, { stride }),
    closing: [],
  };
}

function preactivating(setting: Setting, { connection, activation }: Material): Blocks {
  const convolution = ({ names: [conv], to, kernel, stride = 1, groups = 1 }: Part, endsBranch = false) =>
    named(conv, connection(to, kernel, { stride, groups, endsBranch }));
  const norm = ({ names: [, bn] }: Part) => named(bn, activation);
  const branch = ({ name, left, right }: BlockPlan): readonly Layer[] => [
    ...left.map((part, i) => {
      const ends = right !== 'none' && i === left.length - 1;
      return sequential(...(i === 0 ? [] : [norm(part)]), convolution(part, ends));
    }),
    ...attention(name, left, setting),
  ];
  return {
    block: (plan) =>
      plan.right === 'none'
        ? sequential(norm(plan.left[0]!), ...branch(plan))
        : preactivated({
            ...plan,
            first: norm(plan.left[0]!),
            left: branch(plan),
            right: plan.right.map((one) => (isLayer(one) ? one : convolution(one))),
          }),
    opening: (part) => convolution(part),
    closing: [named('bn', activation)],
  };
}

/** What a branch ends in: nothing, or weights for its channels. */
function attention(name: string, left: readonly Part[], { attention: kind, reduction }: Setting): readonly Layer[] {
  const { to } = left.at(-1)!;
  return kind === 'none' ? [] : [named(`${name}.se`, squeezeExcitation(squeezedWidth(to, reduction)))];
}

/** Multiples of 8, and 8 at least, as in timm's SEModule. */
export const squeezedWidth = (channels: number, reduction: number): number =>
  Math.max(8, Math.floor((channels / reduction + 4) / 8) * 8);
