/**
 * What a learning rate range test tells: Smith 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.3
 * (https://arxiv.org/abs/1506.01186), with the rate growing exponentially as in fastai's `lr_find`.
 */

export interface RatePoint {
  readonly learningRate: number;
  /** Of the step's batch, before the update. */
  readonly loss: number;
  /** Running average of the losses so far. */
  readonly smoothed: number;
}

/** Learning rates that a test speaks for. */
export interface RateSuggestion {
  /** Where the smoothed loss falls fastest over the logarithm of the rate. */
  readonly steepest: number;
  /** A tenth of the rate at which the smoothed loss is smallest. */
  readonly belowMinimum: number;
}

/** Share of the old value in the running average: ten steps back, a loss counts a third. */
const SMOOTHING = 0.9;
/** The test is over when the smoothed loss is this many times its minimum: fastai's threshold. */
const BLOWN_UP = 4;

/** The rate of step 0, 1, … of `steps`: from one end to the other, by the same factor each time. */
export const rateAt = (
  step: number,
  { lowest, highest, steps }: { lowest: number; highest: number; steps: number },
): number => lowest * (highest / lowest) ** (step / (steps - 1));

/** Running average with the correction for its start at zero: Kingma & Ba 2015, section 3. */
export class Smoothed {
  private sum = 0;
  private count = 0;

  /** Takes in a loss; returns the average. */
  add(loss: number): number {
    this.sum = SMOOTHING * this.sum + (1 - SMOOTHING) * loss;
    return this.sum / (1 - SMOOTHING ** ++this.count);
  }
}

const lowest = (points: readonly RatePoint[]): number =>
  points.reduce((best, { smoothed }, i) => (smoothed < points[best]!.smoothed ? i : best), 0);

/** Whether the loss has left for good. */
export const hasBlownUp = (points: readonly RatePoint[]): boolean => {
  const last = points.at(-1);
  return last !== undefined && !(last.smoothed <= BLOWN_UP * points[lowest(points)]!.smoothed);
};

/** The highest loss worth showing: the loss rises so far in the end that its fall would not be seen beside it. */
export function ceilingOf(points: readonly RatePoint[]): number {
  const minimum = lowest(points);
  const highest = Math.max(...points.slice(0, minimum + 1).map(({ loss }) => loss));
  return highest + (highest - points[minimum]!.smoothed);
}

/**
 * The rates to begin with; none where the loss never fell. The first tenth of the test says nothing, since an average over few
 * batches rather shows which batches they were.
 */
export function suggestionOf(points: readonly RatePoint[], steps: number): RateSuggestion | undefined {
  if (points.length === 0) return undefined;
  const minimum = lowest(points);
  const reach = Math.max(1, Math.round(steps / 20));
  const slope = (i: number) => points[i + reach]!.smoothed - points[i - reach]!.smoothed;
  const first = Math.round(steps / 10) + reach;
  const places = Array.from({ length: Math.max(0, minimum - reach - first + 1) }, (_, i) => first + i);
  const [start, ...rest] = places.filter((i) => slope(i) < 0);
  if (start === undefined) return undefined;
  const steepest = rest.reduce((best, i) => (slope(i) < slope(best) ? i : best), start);
  return { steepest: points[steepest]!.learningRate, belowMinimum: points[minimum]!.learningRate / 10 };
}
