/** What each device asks of a session; every host has a table of those that it can offer. */
import type { InferenceSession } from 'onnxruntime-common';
import { UserError } from '../errors.js';
import type { Target } from '../lower/index.js';

/** Where networks are computed: 'cpu' is native code on Node and WebAssembly in pages. */
export type Device = 'cpu' | 'webgpu' | 'cuda';

export interface DeviceRow {
  readonly executionProviders: readonly string[];
  /** Ways to lower for this device, the fastest first; the last works everywhere. */
  readonly targets: readonly Target[];
  /** Whether it computes in plain memory, so that variables are never copied. */
  readonly sharesMemory?: true;
  /** Where the new values of variables stay, if not in plain memory. */
  readonly keeps?: 'gpu-buffer';
}
export type Devices = { readonly [D in Device]?: DeviceRow };

export function deviceOutOf(devices: Devices, name: string): Device {
  if (Object.hasOwn(devices, name)) return name as Device;
  throw new UserError(`expected a device out of ${Object.keys(devices).join(', ')}, got '${name}'`);
}

export const rowOf = (devices: Devices, name: string): DeviceRow => devices[deviceOutOf(devices, name)]!;

export interface SessionSettings {
  readonly device: Device;
  readonly threads: number;
  /** Where the engine writes the time of every operator, when a program is released: the beginning of a file's name. */
  readonly profile?: string | undefined;
  /** Whether the engine may rewrite the graph. Where nothing is left to find, looking takes seconds for a deep network. */
  readonly rewrite: boolean;
  /** Whether a graph is refused of which the engine would leave operators to the CPU. */
  readonly alone?: boolean | undefined;
  /** Where external data of the model lie. */
  readonly folder?: string | undefined;
  /** Outputs that become variables. */
  readonly updates?: readonly string[];
}

export const sessionOptions = (
  { executionProviders, keeps }: DeviceRow,
  { threads, profile, rewrite, alone, folder, updates = [] }: Omit<SessionSettings, 'device'>,
): InferenceSession.SessionOptions => ({
  executionProviders: [...executionProviders],
  graphOptimizationLevel: rewrite ? 'all' : 'disabled',
  executionMode: 'sequential', // 'parallel' halves the speed of these graphs
  enableMemPattern: false, // costs nothing here and saves a third of the memory
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
  extra: {
    session: {
      ...(alone ? { disable_cpu_ep_fallback: '1' } : {}),
      ...(folder ? { model_external_initializers_file_folder_path: folder } : {}),
    },
  },
  ...(profile ? { enableProfiling: true, profileFilePrefix: profile } : {}),
  ...(keeps && updates.length > 0
    ? { preferredOutputLocation: Object.fromEntries(updates.map((output) => [output, keeps])) }
    : {}),
});
