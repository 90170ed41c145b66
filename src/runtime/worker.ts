/** The thread that owns the native runtime: its `run` blocks the event loop it is called from, so that loop is this one. */
import { parentPort, workerData } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import type { Answer, Call } from './client.js';
import { createEngine } from './engine.js';
import { enter, type Gate, leave } from './gate.js';
import type { Tensors } from './tensor.js';

const engine = createEngine(ort);
const gate = workerData as Gate;

/** What goes over with an answer instead of being copied: the memory of its tensors. */
const memoryOf = (result: unknown): ArrayBuffer[] => {
  const parts = typeof result === 'object' && result !== null ? Object.values(result as Tensors) : [];
  return [...new Set(parts.flatMap(({ data }) => (ArrayBuffer.isView(data) ? [data.buffer as ArrayBuffer] : [])))];
};

parentPort!.on('message', async ({ id, method, request }: Call) => {
  if (!enter(gate)) return parentPort!.close();
  const answer = await (engine[method] as (request: unknown) => Promise<unknown>)(request).then(
    (result): Answer => ({ id, result }),
    (error: Error): Answer => ({ id, error: error.message }),
  );
  leave(gate);
  parentPort!.postMessage(answer, memoryOf(answer.result));
});
