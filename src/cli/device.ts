/** Options of commands that compute. */
import { UserError } from '../errors.js';
import { statement } from '../runtime/choice.js';
import type { ComputeOptions, Device, Precision } from '../runtime/index.js';
import { option } from './command.js';
import { bytes, count } from './values.js';

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

/**
 * `auto` is float16 on a GPU that has it, and what was chosen is told on stderr. The CPU has it too, but gains nothing.
 * @throws UserError where float16 is asked for and the device has none
 */
async function precisionOption(name: Precision | 'auto', device: Device): Promise<Precision> {
  if (name === 'float32') return name;
  const halves = device === 'cpu' ? undefined : await hasHalves(device);
  if (name === 'float16') {
    if (halves === false) throw (await import('../runtime/half.js')).noHalves(device);
    return name;
  }
  const why =
    halves === undefined
      ? 'the cpu gains nothing by float16'
      : `${device} has ${halves ? '' : 'no '}16-bit floats here`;
  const precision = halves ? 'float16' : 'float32';
  process.stderr.write(`computing in ${precision} (${why})\n`);
  return precision;
}

/** By a program of its own, since engines print what they refuse. */
async function hasHalves(device: Device): Promise<boolean> {
  const { tried } = await import('./device-survey.js');
  return (await tried(device, 'speed')).halves;
}

const group = 'Run';

export const memoryLimit = option('--memory-limit <size>', 'refuse what would take more: 800MB, 4GB, or bytes', {
  parse: bytes,
  usual: 'none',
  group,
});

/** Where to compute, and with how much. */
export const machineOptions = {
  batch: option('--batch <n>', 'images that go through the network at once', { parse: count, group }),
  threads: option('--threads <n>', 'of the engine', { parse: count, usual: 'every core', group }),
  device: option('--device <name>', 'where to compute: cpu, webgpu, cuda, or auto for the fastest that works here', {
    usual: 'cpu',
    group,
  }),
  memoryLimit,
} as const;

/** For commands that ask a network and do nothing else with it. */
export const computeOptions = {
  ...machineOptions,
  precision: option('--precision <name>', 'of weights and sums; auto: float16 where a GPU has it', {
    choices: ['float32', 'float16', 'auto'] as const,
    usual: 'float32',
    group,
  }),
} as const;

interface Given {
  readonly batch?: number | undefined;
  readonly threads?: number | undefined;
  readonly device?: string | undefined;
  readonly memoryLimit?: number | undefined;
  readonly precision?: Precision | 'auto' | undefined;
}

/** These options as the library takes them. */
export async function computeSettings(given: Given): Promise<ComputeOptions & { readonly batch?: number }> {
  const { batch, threads, memoryLimit: memory, precision } = given;
  const device = given.device ? await deviceOption(given.device) : undefined;
  return {
    ...(batch && { batch }),
    ...(threads && { threads }),
    ...(device && { device }),
    ...(memory && { memory }),
    ...(precision && { precision: await precisionOption(precision, device ?? 'cpu') }),
  };
}
