/** Options of commands that compute. */
import { UserError } from '../errors.js';
import { statement } from '../runtime/choice.js';
import type { Device } from '../runtime/index.js';
import { option } from './command.js';
import { count } from './values.js';

/**
 * The device of an option: `auto` is the fastest that works here, and what was chosen is told on stderr.
 * @throws UserError that names the devices there are, or says why the one that is asked for does not work
 */
export async function deviceOption(name: string): Promise<Device> {
  if (name === 'cpu') return name;
  const { fastest, tried } = await import('./device-survey.js');
  if (name === 'auto') {
    const choice = await fastest();
    process.stderr.write(`${statement(choice)}\n`);
    return choice.device;
  }
  const { deviceNamed } = await import('../runtime/index.js');
  const device = deviceNamed(name);
  await tried(device, 'speed').catch(({ message }: Error) => {
    throw new UserError(`${device} does not work here: ${message}`);
  });
  return device;
}

export const computeOptions = {
  batch: option('--batch <n>', 'images that go through the network at once', { parse: count, group: 'Run' }),
  threads: option('--threads <n>', 'of the engine', { parse: count, usual: 'every core', group: 'Run' }),
  device: option('--device <name>', 'where to compute: cpu, webgpu, cuda, or auto for the fastest that works here', {
    usual: 'cpu',
    group: 'Run',
  }),
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
