/** A plan that several processes can share: batches that have as many equal parts. */
import { UserError } from '../errors.js';
import { type FitOptions, fitPlan } from './fit.js';
import { type Plan, withBatch } from './plan.js';
import type { RunOptions } from './run-options.js';

/** As `fitPlan`, for so many processes. @throws UserError also for what one machine would have to measure */
export async function planFor(size: number, options: FitOptions & RunOptions): Promise<Plan> {
  if (size > 1 && (options.batch === 'auto' || options.time !== undefined))
    throw new UserError(
      'the batch and the time of a training of several processes cannot be measured beforehand; give the batch and the epochs',
    );
  const plan = await fitPlan(options);
  const parts = partsFor(size, plan);
  if (options.batch !== undefined || plan.config.batch % parts === 0) return divided(size, plan);
  return withBatch(plan, nearest(plan.config.batch, parts), options);
}

/** The plan itself. @throws UserError where its batch has not as many equal parts */
export function divided(size: number, plan: Plan): Plan {
  const { batch, accumulate = 1 } = plan.config;
  const parts = partsFor(size, plan);
  if (batch % parts === 0) return plan;
  const turns = accumulate > 1 ? `, each of which takes ${accumulate} one after the other` : '';
  throw new UserError(
    `a batch of ${batch} has no ${parts} equal parts for ${size} processes${turns}; choose ${nearest(batch, parts)}, or another number of processes`,
  );
}

const partsFor = (size: number, { config: { accumulate = 1 } }: Plan) => size * accumulate;
const nearest = (batch: number, parts: number) => Math.max(1, Math.round(batch / parts)) * parts;
