/** The pace of a training on this machine, found out on a runtime of its own, so that the training proper begins untouched. */
import { Loader } from '../data/batches.js';
import { openRuntime } from '../runtime/index.js';
import { clock, type Measuring, type Pace, paceOf } from './pace.js';
import type { Plan } from './plan.js';
import type { RunOptions } from './run-options.js';
import { trainerOf } from './trainers.js';

export interface PaceOptions extends Pick<RunOptions, 'device' | 'threads' | 'memory' | 'workers'>, Measuring {}

/** Trains for some seconds. */
export async function measurePace(plan: Plan, options: PaceOptions = {}): Promise<Pace> {
  const { device, threads, memory, workers, now = clock } = options;
  const begun = now();
  const runtime = openRuntime({ device, threads, memory });
  const loader = new Loader(workers ? { workers } : {});
  try {
    const trainer = await trainerOf(plan, runtime);
    const setup = now() - begun;
    return { setup, ...(await paceOf(trainer, plan, loader, options)) };
  } finally {
    await loader.close();
    await runtime.close();
  }
}
