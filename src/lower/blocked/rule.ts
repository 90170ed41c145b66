import type { Attributes, Op, Value } from '../../graph/index.js';
import type { Laid } from './laid.js';

/** What a rule may know beyond its operands. */
export interface Site {
  /** Channels per block. */
  readonly block: number;
  /** The node's inputs and outputs before they were lowered. */
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Whether nobody else reads a value, so that its computation can be merged into this one. */
  readonly sole: (value: Value) => boolean;
  /** A result in a layout. */
  readonly channels: (value: Value) => Laid;
  readonly filter: (value: Value) => Laid;
  readonly plain: (value: Value) => Laid;
}

/** From the lowered inputs to the lowered outputs; undefined where blocks do not serve and the portable way is taken. */
export type Rule<A> = (inputs: readonly Laid[], attributes: A, site: Site) => readonly Laid[] | undefined;
export type Rules = { readonly [K in Op]?: Rule<Attributes[K]> };
