/** What each device asks of a session. A new device is a new row. */
import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-common';
import { UserError } from '../errors.js';
import type { Target } from '../lower/index.js';

interface DeviceRow {
  readonly executionProviders: readonly string[];
  /** Ways to lower for this device, the fastest first; the last works everywhere. */
  readonly targets: readonly Target[];
}

export const devices = {
  cpu: { executionProviders: ['cpu'], targets: ['blocked16', 'blocked8', 'portable'] },
} as const satisfies Record<string, DeviceRow>;
export type Device = keyof typeof devices;

export function deviceNamed(name: string): Device {
  if (Object.hasOwn(devices, name)) return name as Device;
  throw new UserError(`expected a device out of ${Object.keys(devices).join(', ')}, got '${name}'`);
}

/** Threads for the runtime where nobody says: every core that this process may use. */
export const defaultThreads = (): number => availableParallelism();

export interface SessionSettings {
  readonly device: Device;
  readonly threads: number;
  /** Where the engine writes the time of every operator, when a program is released: the beginning of a file's name. */
  readonly profile?: string | undefined;
  /** Whether the engine may rewrite the graph. Where nothing is left to find, looking takes seconds for a deep network. */
  readonly rewrite: boolean;
}

export const sessionOptions = ({
  device,
  threads,
  profile,
  rewrite,
}: SessionSettings): InferenceSession.SessionOptions => ({
  executionProviders: [...devices[device].executionProviders],
  graphOptimizationLevel: rewrite ? 'all' : 'disabled',
  executionMode: 'sequential', // 'parallel' halves the speed of these graphs
  enableMemPattern: false, // costs nothing here and saves a third of the memory
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
  ...(profile ? { enableProfiling: true, profileFilePrefix: profile } : {}),
});
