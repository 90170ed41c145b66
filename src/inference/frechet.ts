/** How far two sets of feature vectors lie apart, as clouds. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { UserError } from '../errors.js';

/** A feature vector per image, all of one length. */
export type Features = readonly ArrayLike<number>[];

/**
 * The Fréchet distance between two sets of vectors [n, d] and [m, d], each taken for a normal distribution:
 * |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^1/2): Heusel et al. 2017, section 3, https://arxiv.org/abs/1706.08500. In float64, with unbiased
 * covariances; time grows with d^3.
 * @throws UserError for fewer than two vectors in a set, or vectors of different lengths
 */
export function frechetDistance(a: Features, b: Features): number {
  const [p, q] = [cloudOf(a), cloudOf(b)];
  if (p.mean.length !== q.mean.length)
    throw new UserError(`expected vectors of one length, got ${p.mean.length} and ${q.mean.length}`);
  const apart = p.mean.reduce((sum, value, i) => sum + (value - q.mean[i]!) ** 2, 0);
  const spread = p.covariance.trace() + q.covariance.trace() - 2 * traceOfRoot(p.covariance, q.covariance);
  return Math.max(apart + spread, 0); // of equal sets rounding may leave -1e-12
}

interface Cloud {
  readonly mean: Float64Array;
  /** [d, d] */
  readonly covariance: Matrix;
}

function cloudOf(vectors: Features): Cloud {
  const [first] = vectors;
  if (first === undefined || vectors.length < 2)
    throw new UserError(`a Fréchet distance needs at least two vectors on each side, got ${vectors.length}`);
  const { length } = first;
  const mean = new Float64Array(length);
  for (const vector of vectors) {
    if (vector.length !== length)
      throw new UserError(`expected vectors of one length, got ${length} and ${vector.length}`);
    for (let i = 0; i < length; i++) mean[i]! += vector[i]! / vectors.length;
  }
  const sums = Array.from({ length }, () => new Float64Array(length));
  for (const vector of vectors) {
    const centred = mean.map((value, i) => vector[i]! - value);
    for (const [i, row] of sums.entries()) for (let j = 0; j <= i; j++) row[j]! += centred[i]! * centred[j]!;
  }
  const covariance = new Matrix(length, length);
  for (const [i, row] of sums.entries())
    for (let j = 0; j <= i; j++) {
      covariance.set(i, j, row[j]! / (vectors.length - 1));
      covariance.set(j, i, row[j]! / (vectors.length - 1));
    }
  return { mean, covariance };
}

/** Rounding leaves eigenvalues a little below 0 where there are none. */
const roots = (values: readonly number[]) => values.map((value) => Math.sqrt(Math.max(value, 0)));

/** tr (A B)^1/2: with A = F'F the eigenvalues of A B are those of F B F', which is symmetric, so that they come out real. */
function traceOfRoot(a: Matrix, b: Matrix): number {
  const { eigenvectorMatrix, realEigenvalues } = new EigenvalueDecomposition(a, { assumeSymmetric: true });
  const factor = eigenvectorMatrix.transpose().mulColumnVector(roots(realEigenvalues));
  const product = factor.mmul(b).mmul(factor.transpose());
  const { realEigenvalues: values } = new EigenvalueDecomposition(product, { assumeSymmetric: true });
  return roots(values).reduce((sum, value) => sum + value, 0);
}
