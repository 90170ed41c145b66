/** What of a machine belongs to a process, where several of a job work on it. */
import { availableParallelism, cpus } from 'node:os';
import { type Communicator, ranksHere } from '../communicator/index.js';
import type { RunOptions } from './run-options.js';

/** Threads of the engine and for decoding; undefined where they are as they would be alone. */
export async function machineShare(
  communicator: Communicator,
  { threads, workers }: Pick<RunOptions, 'threads' | 'workers'>,
): Promise<Pick<RunOptions, 'threads' | 'workers'>> {
  if (communicator.size === 1) return { ...(threads && { threads }), ...(workers && { workers }) };
  const here = await ranksHere(communicator);
  // a launcher that binds processes to cores has divided them already
  const cores = Math.max(1, Math.min(availableParallelism(), Math.floor(cpus().length / here)));
  return { threads: threads ?? cores, workers: workers ?? Math.min(4, Math.max(1, cores - 1)) };
}
