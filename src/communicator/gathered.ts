import { deserialize, serialize } from 'node:v8';
import type { Communicator } from './communicator.js';

/** What every rank says, by rank: values that can be cloned. */
export async function gathered<T>(communicator: Communicator, value: T): Promise<readonly T[]> {
  const all = await communicator.allGatherV(serialize(value));
  return all.map((bytes) => deserialize(bytes) as T);
}

/** Ranks on the machine of this one, itself included. */
export async function ranksHere(communicator: Communicator): Promise<number> {
  const hosts = await gathered(communicator, communicator.host);
  return hosts.filter((host) => host === communicator.host).length;
}
