/** Policies draw which operations an image goes through, and how far. */
import type { Random } from '../../random/index.js';
import type { Pixels, Size } from '../pixels.js';
import { type OperationName, operations } from './operations.js';
import { BINS, type Space, spaces } from './spaces.js';

export type Policy =
  /** "RandAugment", https://arxiv.org/abs/1909.13719, section 3: so many operations, all at one of 31 magnitudes. */
  | { readonly name: 'randaugment'; readonly operations: number; readonly magnitude: number }
  /** "TrivialAugment", https://arxiv.org/abs/2103.10158, section 3, in its wide space: one operation, any magnitude. */
  | { readonly name: 'trivialaugment' };

export interface Drawn {
  readonly operation: OperationName;
  readonly magnitude: number;
}

/** What happens to one image of `size`, in order. */
export function drawOperations(policy: Policy, size: Size, random: Random): readonly Drawn[] {
  const space: Space = spaces[policy.name](size);
  const rows = Object.entries(space) as [OperationName, NonNullable<Space[OperationName]>][];
  const { count, bin } =
    policy.name === 'randaugment'
      ? { count: policy.operations, bin: () => policy.magnitude }
      : { count: 1, bin: () => random.integer(BINS) };
  return Array.from({ length: count }, () => {
    const [operation, { of, signed }] = rows[random.integer(rows.length)] as (typeof rows)[number];
    const magnitude = of(bin());
    return { operation, magnitude: signed && random.integer(2) === 1 ? -magnitude : magnitude };
  });
}

/** Does to an image, in place, what a policy draws for it. */
export function applyPolicy(image: Pixels, policy: Policy, random: Random): void {
  for (const { operation, magnitude } of drawOperations(policy, image, random)) operations[operation](image, magnitude);
}
