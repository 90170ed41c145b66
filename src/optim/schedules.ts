/** Learning rates as functions of the progress of training: from a share of all steps to a factor of the base rate. */

/** What a rate may depend on besides the progress. */
export interface Course {
  /** Steps that the schedule is for. */
  readonly steps: number;
  /** Validation losses of the epochs so far. */
  readonly losses: readonly number[];
}

/** From progress 0 … 1 to a factor. */
export type Schedule = (progress: number, course: Course) => number;

/** The same rate at every step. */
export const constantRate = (): Schedule => () => 1;

/** Half a cosine between two values. */
const wave = (from: number, to: number, share: number) => to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * share));

/** What a schedule may be told; what is undefined is as usual. */
type Told<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Half a cosine from 1 down to `floor`: Loshchilov & Hutter 2017, formula 5, https://arxiv.org/abs/1608.03983 */
export const cosine =
  ({ floor = 0 }: Told<{ floor: number }> = {}): Schedule =>
  (progress) =>
    wave(1, floor, Math.min(progress, 1));

/** Multiplied by `factor` at each of the given shares of training; a tenth at a third and two thirds by default. */
export const stepwise =
  ({ at = [1 / 3, 2 / 3], factor = 0.1 }: Told<{ at: readonly number[]; factor: number }> = {}): Schedule =>
  (progress) =>
    factor ** at.filter((share) => progress >= share).length;

/**
 * Up to 1 over the first 30 % of the steps (`rise`), from a 25th, then down to a 250,000th, both in half a cosine: Smith & Topin 2019,
 * https://arxiv.org/abs/1708.07120, as PyTorch's `OneCycleLR` has it.
 */
export const oneCycle =
  ({ rise = 0.3, start = 1 / 25, end = 1 / 25e4 } = {}): Schedule =>
  (progress, { steps }) => {
    const [step, top] = [Math.min(progress, 1) * steps, rise * steps - 1];
    if (step <= top) return wave(start, 1, top > 0 ? step / top : 1);
    return wave(1, end, Math.min(1, (step - top) / Math.max(steps - 1 - top, 1)));
  };

/**
 * A tenth again (`factor`) whenever the validation loss has not fallen by a ten-thousandth for more than `patience` epochs: PyTorch's
 * `ReduceLROnPlateau`, but sooner.
 */
export const plateau =
  ({
    patience = 5,
    factor = 0.1,
    threshold = 1e-4,
  }: Told<Record<'patience' | 'factor' | 'threshold', number>> = {}): Schedule =>
  (_, { losses }) => {
    let [rate, best, idle] = [1, Number.POSITIVE_INFINITY, 0];
    for (const loss of losses) {
      const better = loss < best * (1 - threshold) || best === Number.POSITIVE_INFINITY;
      idle = better ? 0 : idle + 1;
      if (better) best = loss;
      if (idle <= patience) continue;
      rate *= factor;
      idle = 0;
    }
    return rate;
  };

/** Schedules of the learning rate, by name. */
export const schedules = { cosine, step: stepwise, constant: constantRate, 'one-cycle': oneCycle, plateau } as const;

/** Schedules that begin low and have a rise of their own in place of a line. */
export const risesByItself = (name: keyof typeof schedules): name is 'one-cycle' => name === 'one-cycle';

/**
 * The rate of step 0, 1, … out of `steps`: linear up to `base` over the first `warmup` steps (Goyal et al. 2017, section 2.2,
 * https://arxiv.org/abs/1706.02677), then by the schedule over the rest.
 */
export function learningRate(
  step: number,
  {
    base,
    steps,
    warmup = 0,
    schedule,
    losses = [],
  }: { base: number; steps: number; warmup?: number; schedule: Schedule; losses?: readonly number[] },
): number {
  if (step < warmup) return (base * (step + 1)) / warmup;
  const left = Math.max(steps - warmup, 1);
  return base * schedule((step - warmup) / left, { steps: left, losses });
}
