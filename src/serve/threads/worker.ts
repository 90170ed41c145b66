/** A thread that does jobs. */
import { parentPort } from 'node:worker_threads';
import { sharp } from '../../data/sharp.js';
import { HttpError } from '../http-error.js';
import { memoryIn, type Reply, type Task } from './index.js';
import { jobs } from './jobs.js';

// threads are the parallelism, and no image comes twice
sharp.concurrency(1);
sharp.cache(false);

const port = parentPort!;
port.on('message', async ({ job, given }: Task) => {
  try {
    const made = await (jobs[job] as (given: unknown) => unknown)(given);
    port.postMessage({ made } satisfies Reply, memoryIn(made));
  } catch (error) {
    const status = error instanceof HttpError ? error.status : undefined;
    port.postMessage({ message: (error as Error).message, status } satisfies Reply);
  }
});
