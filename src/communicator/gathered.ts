import type { Communicator } from './communicator.js';

/** What every rank says, by rank: values that JSON can carry. */
export async function gathered<T>(communicator: Communicator, value: T): Promise<readonly T[]> {
  const all = await communicator.allGather(new TextEncoder().encode(JSON.stringify(value)));
  return all.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)) as T);
}
