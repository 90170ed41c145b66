/** Options of commands that compute. */
import type { Device } from '../runtime/index.js';
import { option } from './command.js';
import { count } from './values.js';

/** @throws UserError that names the devices there are */
export async function deviceOption(name: string): Promise<Device> {
  const { deviceNamed } = await import('../runtime/index.js');
  return deviceNamed(name);
}

export const computeOptions = {
  batch: option('--batch <n>', 'images that go through the network at once', { parse: count, group: 'Run' }),
  threads: option('--threads <n>', 'of the engine', { parse: count, usual: 'every core', group: 'Run' }),
  device: option('--device <name>', 'where to compute', { usual: 'cpu', group: 'Run' }),
} as const;

interface Given {
  readonly batch?: number;
  readonly threads?: number;
  readonly device?: string;
}

/** These options as the library takes them. */
export const computeSettings = async ({ batch, threads, device }: Given) => ({
  ...(batch && { batch }),
  ...(threads && { threads }),
  ...(device && { device: await deviceOption(device) }),
});
