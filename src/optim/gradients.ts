/** What happens to gradients between the backward pass and the optimiser. */
import { add, div, min, mul, reduceSum, sqrt, type Value } from '../graph/index.js';

/** Euclidean norm of several tensors taken together, a scalar. */
export const globalNorm = (tensors: readonly Value[]): Value =>
  sqrt(tensors.map((t) => reduceSum(mul(t, t))).reduce((a, b) => add(a, b)));

/**
 * Scaled down together where their norm exceeds `most`: Pascanu et al. 2013, algorithm 1, https://arxiv.org/abs/1211.5063, with
 * the 1e-6 that PyTorch's `clip_grad_norm_` adds to the norm.
 */
export function clippedByNorm(
  gradients: readonly Value[],
  most: number,
): { readonly gradients: readonly Value[]; readonly norm: Value } {
  const norm = globalNorm(gradients);
  const factor = min(div(most, add(norm, 1e-6)), 1);
  return { gradients: gradients.map((g) => mul(g, factor)), norm };
}
