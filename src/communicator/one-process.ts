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
  allGather: async (data) => [data.slice()],
  allToAll: async (data) => data.slice(),
  barrier: async () => {},
  abort: (exitCode) => process.exit(exitCode),
  close: async () => {},
});
