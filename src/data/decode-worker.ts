import { parentPort } from 'node:worker_threads';
import { decodeStored } from './decode.js';
import { fill } from './samples.js';
import { sharp } from './sharp.js';
import type { Task } from './task.js';

// Workers are the parallelism: one thread per image is enough, and no image is decoded twice in the same way.
sharp.concurrency(1);
sharp.cache(false);

const port = parentPort;
port?.on('message', async (task: Task) => {
  const reply = await fill(task, decodeStored);
  const { images, labels, indices } = reply.batch;
  port.postMessage(reply, [images.buffer, labels.buffer, indices.buffer] as ArrayBuffer[]);
});
