/** Long trainings in few points, so that a tab that is left alone does not grow. */
import type { StepRecord } from '../../../src/train/report/types.js';

/** Points of a curve at most: there are no more pixels. */
const MOST = 1500;

/** Every so many-th of so many steps is kept: a power of two, so that what was left out before stays out. */
export const spacing = (steps: number): number => 2 ** Math.max(0, Math.ceil(Math.log2(steps / MOST)));

/** The steps that are kept, and the last. */
export const thinned = (steps: readonly StepRecord[], space: number): readonly StepRecord[] =>
  steps.filter(({ step }, i) => step % space === 0 || i === steps.length - 1);
