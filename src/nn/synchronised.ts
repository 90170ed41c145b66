/** Batch statistics over all processes of a job, as if their batches were one. */
import {
  add,
  allReduceMean,
  fixedShape,
  mul,
  type ParameterValue,
  reduceMean,
  relu,
  reshape,
  sub,
  type Value,
} from '../graph/index.js';

export interface Statistics {
  readonly mean: Value;
  /** The biased one. */
  readonly variance: Value;
}

/**
 * Mean and variance over `axes` and over all processes, of equal batches, each of the shape of `around`. With d the mean of a process less
 * `around`, and v its variance: mean = around + E[d], variance = E[v + d^2] - E[d]^2. One message for both; what cancels is small, since
 * d is taken from a value that the mean is near.
 * @param around the same on all processes: a running mean
 */
export function sharedStatistics(x: Value, axes: readonly number[], around: ParameterValue): Statistics {
  const shape = fixedShape(around.shape);
  const own = reduceMean(x, { axes, keepdims: true });
  const centred = sub(x, own);
  const spread = reshape(reduceMean(mul(centred, centred), { axes, keepdims: true }), shape);
  const off = sub(reshape(own, shape), around);
  const mean = allReduceMean(off, 'statistics');
  const square = allReduceMean(add(spread, mul(off, off)), 'statistics');
  return { mean: add(around, mean), variance: relu(sub(square, mul(mean, mean))) };
}
