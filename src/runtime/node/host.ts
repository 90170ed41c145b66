/** Node as a host: the native engine in a worker thread, or in the one that asks. */
import { availableParallelism } from 'node:os';
import { lower } from '../../lower/index.js';
import type { Devices } from '../devices.js';
import { FixedWeights } from '../fixed-weights.js';
import type { Host } from '../open.js';
import { Client } from './client.js';
import { SameThread } from './same-thread.js';

/** The devices that Node reaches, by name. */
export const nodeDevices = {
  cpu: { executionProviders: ['cpu'], targets: ['blocked16', 'blocked8', 'portable'], sharesMemory: true },
  webgpu: { executionProviders: ['webgpu'], targets: ['webgpu'], keeps: 'gpu-buffer' },
  cuda: { executionProviders: ['cuda'], targets: ['portable'] },
} as const satisfies Devices;

/** Every core that this process may use. */
export const nodeThreads = (): number => availableParallelism();

const nodeBy = (connect: Host['connect']): Host => ({
  devices: nodeDevices,
  lower,
  get threads() {
    return nodeThreads();
  },
  fixedWeights: (client, start) => new FixedWeights(client, start, lower),
  connect,
});

export const node = nodeBy(() => new Client());
/** The engine has no thread of its own. */
export const nodeInline = nodeBy(() => new SameThread());
