/** A thread that decodes and draws. */
import { parentPort } from 'node:worker_threads';
import sharp from 'sharp';
import { ImageError, ImageTooLargeError } from '../../data/decode.js';
import type { Reply, Task } from './index.js';
import { jobs } from './jobs.js';

// threads are the parallelism, and no image comes twice
sharp.concurrency(1);
sharp.cache(false);

const port = parentPort!;
port.on('message', async ({ job, given }: Task) => {
  try {
    const made = await (jobs[job] as (given: unknown) => Promise<Uint8Array>)(given);
    const bytes = new Uint8Array(made); // memory of its own, which can go over
    port.postMessage({ bytes } satisfies Reply, [bytes.buffer]);
  } catch (error) {
    const fault = error instanceof ImageTooLargeError ? 'large' : error instanceof ImageError ? 'image' : 'bug';
    port.postMessage({ message: (error as Error).message, fault } satisfies Reply);
  }
});
