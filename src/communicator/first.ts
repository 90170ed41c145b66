import { deserialize, serialize } from 'node:v8';
import { AgreedError } from './agreed.js';
import type { Communicator } from './communicator.js';

/** What a job says on rank 0, which alone does it: values that can be cloned. @throws AgreedError on all ranks where it fails */
export async function fromFirst<T>(communicator: Communicator, job: () => T | Promise<T>): Promise<T> {
  if (communicator.size === 1) return job();
  const own = communicator.rank === 0 ? serialize(await outcomeOf(job)) : new Uint8Array(0);
  const length = Float64Array.of(own.length);
  await communicator.broadcast(length);
  const bytes = communicator.rank === 0 ? own : new Uint8Array(length[0]!);
  await communicator.broadcast(bytes);
  const { value, failure } = deserialize(bytes) as Outcome<T>;
  if (failure !== undefined) throw new AgreedError(failure);
  return value as T;
}

interface Outcome<T> {
  readonly value?: T;
  readonly failure?: string;
}

async function outcomeOf<T>(job: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await job() };
  } catch (error) {
    return { failure: (error as Error).message };
  }
}
