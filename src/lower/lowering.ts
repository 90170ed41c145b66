import type { Attributes, NamedGradient, Op, Value } from '../graph/index.js';

/** From the lowered inputs of a node to its lowered outputs. */
export type Lowering<A> = (inputs: readonly Value[], attributes: A) => readonly Value[];

/** Every named gradient must have a lowering; ONNX's own operators may have one where another formulation is faster. */
export type Lowerings = { readonly [K in NamedGradient]: Lowering<Attributes[K]> } & {
  readonly [K in Exclude<Op, NamedGradient>]?: Lowering<Attributes[K]>;
};
