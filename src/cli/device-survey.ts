/** Which devices work here, each found out by a program of its own. */
import { fork } from 'node:child_process';
import { UserError } from '../errors.js';
import { type Choice, fastestOf } from '../runtime/choice.js';
import { type Device, devices } from '../runtime/index.js';
import type { Speed } from '../runtime/trial.js';

export interface Placement {
  /** Operators that ran. */
  readonly ran: number;
  /** Those of them that ran on the CPU, by their name. */
  readonly fallbacks: Readonly<Record<string, number>>;
}
interface Answers {
  readonly speed: Speed;
  readonly fallbacks: Placement;
}

/** Drivers compile for seconds; software takes long for what a GPU does at once. */
const PATIENCE_MS = 90_000;

/** @throws UserError that says why the device does not work here, and what to do: what stands behind "… does not work here:" */
export function tried<Q extends keyof Answers>(device: Device, question: Q): Promise<Answers[Q]> {
  const child = fork(new URL('./device-trial.js', import.meta.url), [device, question], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: PATIENCE_MS,
    execArgv: [],
  });
  let complaints = '';
  child.stderr!.on('data', (text: Buffer) => {
    if (complaints.length < 10_000) complaints += text;
  });
  return new Promise((resolve, reject) => {
    const fail = (text: string) => reject(new UserError(inWords(`${text}\n${complaints}`)));
    child.on('message', (told: Answers[Q] | { readonly error: string }) =>
      'error' in told ? fail(told.error) : resolve(told),
    );
    child.on('error', ({ message }) => fail(message));
    child.on('exit', (code, signal) => fail(`its driver ended the program (${signal ?? code})`));
  });
}

/** What engines say -> what it means, and what to do. The first that fits. */
const WORDS: readonly (readonly [said: RegExp, meaning: string])[] = [
  [
    /load Vulkan: libvulkan/,
    'there is no Vulkan on this machine: install libvulkan1 and the driver of the GPU (mesa-vulkan-drivers, or NVIDIA’s)',
  ],
  [
    /Failed to get a WebGPU adapter|No supported adapters/,
    'no GPU with a driver for Vulkan, Metal or Direct3D 12 was found: install the driver of the GPU',
  ],
  [
    /providers_(shared|cuda)|Append\w*_Cuda|Failed to load shared library/i,
    'the engine’s CUDA libraries are not installed, as its package fetches them apart: on Linux x64 with an NVIDIA driver, CUDA 12 and cuDNN 9, run npm rebuild onnxruntime-node --foreground-scripts without ONNXRUNTIME_NODE_INSTALL=skip; or take --device webgpu, which needs none of them',
  ],
  [
    /cuda\S* (execution provider )?is not (supported|available)/i,
    'the engine’s package has no CUDA for this system; take --device webgpu',
  ],
];

const inWords = (said: string): string =>
  WORDS.find(([pattern]) => pattern.test(said))?.[1] ?? said.trim().split('\n')[0]!;

/** The fastest device that works here, as all of them are tried. */
export const fastest = (): Promise<Choice> =>
  fastestOf(
    (Object.keys(devices) as Device[]).filter((device) => device !== 'cpu'),
    (device) => tried(device, 'speed'),
  );
