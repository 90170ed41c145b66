/** What each device asks of a session. A new device is a new row. */
import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-common';
import { UserError } from '../errors.js';
import type { Target } from '../lower/index.js';

interface DeviceRow {
  readonly executionProviders: readonly string[];
  /** The lowering that this device runs best. */
  readonly target: Target;
}

export const devices = {
  cpu: { executionProviders: ['cpu'], target: 'portable' },
} as const satisfies Record<string, DeviceRow>;
export type Device = keyof typeof devices;

export function deviceNamed(name: string): Device {
  if (Object.hasOwn(devices, name)) return name as Device;
  throw new UserError(`expected a device out of ${Object.keys(devices).join(', ')}, got '${name}'`);
}

/** Threads for the runtime where nobody says: every core that this process may use. */
export const defaultThreads = (): number => availableParallelism();

export const sessionOptions = (device: Device, threads: number): InferenceSession.SessionOptions => ({
  executionProviders: [...devices[device].executionProviders],
  graphOptimizationLevel: 'all',
  executionMode: 'sequential', // 'parallel' halves the speed of these graphs
  enableMemPattern: false, // costs nothing here and saves a third of the memory
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
});
