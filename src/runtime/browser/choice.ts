/** Which device a page had better compute on. */
import { type Choice, fastestOf } from '../choice.js';
import { type Speed, trial } from '../trial.js';
import { type BrowserDevice, type BrowserOptions, openRuntime } from './open.js';
import type { EngineFiles } from './opening.js';

export interface ChoiceOptions extends Pick<BrowserOptions, 'spawn' | 'threads'> {
  /** The engine's files for a device; asked for a device only when that is tried, so that nothing is fetched in vain. */
  readonly engine: (device: BrowserDevice) => EngineFiles | Promise<EngineFiles>;
}

/** Drivers compile for seconds; one that hangs must not hold the page up for ever. */
const PATIENCE_MS = 60_000;

/**
 * Tries WebAssembly, then WebGPU where the browser has an adapter, each in a worker of its own that ends with the trial; takes WebGPU where
 * it answers as WebAssembly does and is much faster. Runs in pages and in their workers.
 *
 * @throws Error where WebAssembly does not work either
 */
export const fastestDevice = (options: ChoiceOptions): Promise<Choice<BrowserDevice>> =>
  fastestOf(['webgpu'], (device) => tried(device, options));

async function tried(device: BrowserDevice, { engine, ...options }: ChoiceOptions): Promise<Speed> {
  const obstacle = device === 'webgpu' ? ((await lackOfWebgpu()) ?? (await slowness())) : undefined;
  if (obstacle) throw new Error(obstacle);
  const runtime = openRuntime({ ...options, device, engine: await engine(device) });
  let late = false;
  const patience = setTimeout(() => {
    late = true;
    void runtime.close(); // ends its worker, and with it what hangs there
  }, PATIENCE_MS);
  try {
    return await trial(runtime);
  } catch (error) {
    throw late ? new Error(`it gave no answer within ${PATIENCE_MS / 1000} seconds`) : error;
  } finally {
    clearTimeout(patience);
    await runtime.close();
  }
}

interface Adapter {
  readonly info?: { readonly isFallbackAdapter?: boolean };
}
interface Gpu {
  requestAdapter(): Promise<Adapter | null>;
}

/** Why there is no WebGPU here; nothing where there is an adapter, which may fail all the same. */
export async function lackOfWebgpu(): Promise<string | undefined> {
  if (!isSecureContext) return 'browsers have it on pages from HTTPS or localhost only';
  if (!gpu()) return 'this browser has none';
  return (await adapter()) ? undefined : 'the browser offers no graphics processor';
}

/** Software that stands in for a graphics processor is slower than WebAssembly: what a trial would say, too, after 27 MB. */
const slowness = async (): Promise<string | undefined> =>
  (await adapter())?.info?.isFallbackAdapter
    ? 'the browser offers software in place of a graphics processor'
    : undefined;

const gpu = () => (navigator as { readonly gpu?: Gpu }).gpu;
const adapter = async () =>
  gpu()
    ?.requestAdapter()
    .catch(() => null);
