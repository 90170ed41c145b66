/** The thread that owns the native runtime: its `run` blocks the event loop it is called from, so that loop is this one. */
import { parentPort, workerData } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import { answered, type Call, memoryOf } from '../channel.js';
import { createEngine } from '../engine.js';
import { enter, type Gate, leave } from './gate.js';

const engine = createEngine(ort, { fillsOutputs: true });
const gate = workerData as Gate;

parentPort!.on('message', async (call: Call) => {
  if (!enter(gate)) return parentPort!.close();
  const answer = await answered(engine, call);
  leave(gate);
  parentPort!.postMessage(answer, memoryOf(answer));
});
