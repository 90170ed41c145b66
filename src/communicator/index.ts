/** The processes of a job: as many as a launcher has started, or one. */
import type { Communicator } from './communicator.js';
import { launcherIn } from './mpi/launcher.js';
import { oneProcess } from './one-process.js';

export { AgreedError, together } from './agreed.js';
export type { Communicator, Reducible, Reduction } from './communicator.js';
export { fromFirst } from './first.js';
export { gathered, ranksHere } from './gathered.js';
export { oneProcess } from './one-process.js';

/**
 * Joins the processes that `mpirun` or `srun` has started; alone, a communicator of one. To be called once; MPI is loaded only where a
 * launcher is seen.
 * @throws UserError where a launcher has started several processes and no MPI library goes with it
 */
export async function openCommunicator(environment = process.env): Promise<Communicator> {
  const launcher = launcherIn(environment);
  if (!launcher || launcher.size === 1) return oneProcess();
  const { openMpi } = await import('./mpi/index.js');
  return openMpi(launcher);
}
