/** A communicator of one: what everybody says is what this process says. */
import { hostname } from 'node:os';
import type { Communicator } from './communicator.js';

/** A communicator of this process alone. */
export const oneProcess = (): Communicator => ({
  rank: 0,
  size: 1,
  host: hostname(),
  library: 'one process',
  sentBytes: 0,
  broadcast: async () => {},
  allReduce: async () => {},
  allGather: async (data, received) => received.set(data),
  allGatherV: async (data) => [data.slice()],
  allToAll: async (data, received) => received.set(data),
  barrier: async () => {},
  abort: (exitCode) => process.exit(exitCode),
  close: async () => {},
});
