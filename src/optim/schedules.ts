/** Learning rates as functions of the progress of training: from a share of all steps to a factor of the base rate. */

/** From progress 0 … 1 to a factor. */
export type Schedule = (progress: number) => number;

export const constantRate = (): Schedule => () => 1;

/** Half a cosine from 1 down to `floor`: Loshchilov & Hutter 2017, formula 5, https://arxiv.org/abs/1608.03983 */
export const cosine =
  ({ floor = 0 } = {}): Schedule =>
  (progress) =>
    floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * Math.min(progress, 1)));

/** Multiplied by `factor` at each of the given shares of training; a tenth at a third and two thirds by default. */
export const stepwise =
  ({ at = [1 / 3, 2 / 3] as readonly number[], factor = 0.1 } = {}): Schedule =>
  (progress) =>
    factor ** at.filter((share) => progress >= share).length;

export const schedules = { cosine, step: stepwise, constant: constantRate } as const;

/**
 * The rate of step 0, 1, … out of `steps`: linear up to `base` over the first `warmup` steps (Goyal et al. 2017, section 2.2,
 * https://arxiv.org/abs/1706.02677), then by the schedule over the rest.
 */
export function learningRate(
  step: number,
  { base, steps, warmup = 0, schedule }: { base: number; steps: number; warmup?: number; schedule: Schedule },
): number {
  if (step < warmup) return (base * (step + 1)) / warmup;
  return base * schedule((step - warmup) / Math.max(steps - warmup, 1));
}
