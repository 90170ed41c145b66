/** The worker that owns the engine in a page. */
import { answered, type Call, memoryOf } from '../channel.js';
import { createEngine, type Ort, type Requests } from '../engine.js';
import type { Opening } from './opening.js';

interface WebOrt extends Ort {
  readonly env: {
    logLevel?: string;
    readonly wasm: { numThreads?: number; wasmBinary?: ArrayBuffer; wasmPaths?: string | { readonly wasm: string } };
  };
}

async function open({ module, code, threads }: Opening): Promise<Requests> {
  // a module by its address: a page without a bundler knows no names of packages
  const ort = (await import(/* @vite-ignore */ /* webpackIgnore: true */ module)) as WebOrt;
  ort.env.logLevel = 'error';
  ort.env.wasm.numThreads = threads;
  if (typeof code === 'string') ort.env.wasm.wasmPaths = { wasm: code };
  else ort.env.wasm.wasmBinary = code;
  return createEngine(ort, { fillsOutputs: false });
}

let engine: Promise<Requests> | undefined;
// one after the other: the engine takes one call at a time
let queue: Promise<void> = Promise.resolve();

addEventListener('message', ({ data }: MessageEvent<Opening | Call>) => {
  if ('module' in data) {
    engine = open(data);
    engine.catch(() => {}); // told to whoever asks for something
    return;
  }
  queue = queue.then(async () => {
    const answer = await engine!.then(
      (opened) => answered(opened, data),
      (error: Error) => ({ id: data.id, error: `the engine did not open: ${error.message}` }),
    );
    postMessage(answer, { transfer: memoryOf(answer) });
  });
});
