/** Spectral normalisation: Miyato et al. 2018, section 2.1 and appendix A, https://arxiv.org/abs/1802.05957 */
import { div, elements, fixedShape, matmul, max, mul, reduceSum, reshape, sqrt, type Value } from '../graph/index.js';
import type { Reform } from './network.js';

const direction = (x: Value): Value => div(x, max(sqrt(reduceSum(mul(x, x))), 1e-12));

/**
 * A weight [to, …] over its largest singular value as a matrix [to, …]: u W v, by singular vectors `_u` [to] and `_v` that are tracked. Each
 * step takes those that the one before left, and leaves those of one more round of the power method, so that none of it is
 * differentiated. They start at random: several rounds must come first.
 */
export const spectral: Reform = (weight, name, net) => {
  const [to, ...rest] = fixedShape(weight.shape);
  const from = elements(rest);
  const matrix = reshape(weight, [to!, from]);
  const drawn = { initial: { kind: 'normal', deviation: 1 }, trainable: false } as const;
  const [u, v] = [net.parameter(`${name}_u`, [to!], drawn), net.parameter(`${name}_v`, [from], drawn)];
  const [row, column] = [reshape(u, [1, to!]), reshape(v, [from, 1])];
  if (net.training) {
    const right = direction(matmul(row, matrix)); // [1, from]
    net.track(v, reshape(right, [from]));
    net.track(u, reshape(direction(matmul(matrix, reshape(right, [from, 1]))), [to!]));
  }
  return div(weight, reshape(matmul(matmul(row, matrix), column), []));
};
