/** Which device a page had better compute on. */
import { type Choice, fastestOf } from '../choice.js';
import { type Speed, trial } from '../trial.js';
import { isSoftware, lackOfWebgpu } from './adapter.js';
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
  const obstacle = await obstacleTo(device);
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

/** What a trial would say of software, too, after 27 MB. */
async function obstacleTo(device: BrowserDevice): Promise<string | undefined> {
  if (device === 'cpu') return undefined;
  const lack = await lackOfWebgpu();
  return lack ?? ((await isSoftware()) ? 'the browser offers software in place of a graphics processor' : undefined);
}
