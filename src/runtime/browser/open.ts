/** A page as a host: onnxruntime-web in a module worker. */
import { lowerStandard } from '../../lower/index.js';
import type { Devices } from '../devices.js';
import { openRuntimeOn } from '../open.js';
import type { Runtime, RuntimeOptions } from '../runtime.js';
import { WorkerChannel } from './channel.js';
import type { EngineFiles } from './opening.js';

/** A name of `devices`. */
export type BrowserDevice = keyof typeof devices;

/** Where the engine comes from, and how it computes. */
export interface BrowserOptions extends RuntimeOptions {
  readonly engine: EngineFiles;
  /** Starts the module worker `worker.js` beside this file; for pages that load scripts in a way of their own. */
  readonly spawn?: () => Worker;
}

/** The devices that a page reaches, by name. */
export const devices = {
  cpu: { executionProviders: ['wasm'], targets: ['portable'] },
  webgpu: { executionProviders: ['webgpu'], targets: ['webgpu'], keeps: 'gpu-buffer' },
} as const satisfies Devices;

/** More threads than this gain little on networks of this kind, and cores of phones are not alike. */
const MOST_THREADS = 8;

/** Threads for the engine where nobody says; one where the server does not isolate the page (headers COOP and COEP), as memory is not shared then. */
export const defaultThreads = (): number =>
  crossOriginIsolated ? Math.min(navigator.hardwareConcurrency, MOST_THREADS) : 1;

/** Opens a runtime in a worker of the page. `threads` beyond what `defaultThreads` explains come down to one. */
export function openRuntime({ engine, spawn = ownWorker, threads, ...options }: BrowserOptions): Runtime {
  return openRuntimeOn(
    {
      devices,
      lower: lowerStandard,
      threads: defaultThreads(),
      connect: ({ threads }) => new WorkerChannel(spawn(), { ...engine, threads }),
    },
    { ...options, threads: crossOriginIsolated && threads ? threads : defaultThreads() },
  );
}

// bundlers know this form, word by word
const ownWorker = () =>
  new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'resmirror runtime' });
