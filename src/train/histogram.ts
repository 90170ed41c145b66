/** As many as TensorBoard shows by itself. */
const BUCKETS = 30;

/** How numbers are distributed: buckets of equal width between the least and the largest. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly num: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** The upper end of each bucket. */
  readonly bucketLimit: number[];
  /** How many numbers it holds. */
  readonly bucket: number[];
}

/** Of at least one number; equal numbers share one bucket. */
export function histogramOf(values: ArrayLike<number>): Histogram {
  let [min, max, sum, sumSquares] = [Infinity, -Infinity, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    sumSquares += value * value;
  }
  const count = max > min ? BUCKETS : 1;
  const bucket = new Array<number>(count).fill(0);
  const scale = max > min ? count / (max - min) : 0;
  for (let i = 0; i < values.length; i++) bucket[Math.min(count - 1, Math.floor((values[i]! - min) * scale))]!++;
  const bucketLimit = bucket.map((_, i) => (i === count - 1 ? max : min + (i + 1) / scale));
  return { min, max, num: values.length, sum, sumSquares, bucketLimit, bucket };
}
