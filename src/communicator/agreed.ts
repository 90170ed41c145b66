import { UserError } from '../errors.js';
import type { Communicator } from './communicator.js';
import { gathered } from './gathered.js';

/** A failure that every rank knows of, and throws: nobody waits for anybody, so the job can end in peace. */
export class AgreedError extends UserError {}

/** Does a job on every rank, to the end on all or on none. @throws AgreedError on all ranks where it fails on some, naming them */
export async function together<T>(communicator: Communicator, job: () => Promise<T>): Promise<T> {
  if (communicator.size === 1) return job();
  const done = await job().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in done && !(done.error instanceof UserError)) throw done.error;
  const { rank, host } = communicator;
  const { message: failure, options } = 'error' in done ? (done.error as UserError) : {};
  const failures = (await gathered(communicator, { rank, host, failure, options })).filter(
    (each) => each.failure !== undefined,
  );
  if (failures.length > 0)
    throw new AgreedError(
      told(failures, communicator.size),
      undefined,
      failures.flatMap((each) => each.options ?? []),
    );
  return (done as { value: T }).value;
}

interface Failed {
  readonly rank: number;
  readonly host: string;
  readonly failure: string | undefined;
  readonly options: readonly string[] | undefined;
}

const told = (failures: readonly Failed[], size: number): string =>
  failures.length === size && new Set(failures.map(({ failure }) => failure)).size === 1
    ? failures[0]!.failure!
    : failures.map(({ rank, host, failure }) => `rank ${rank} on ${host}: ${failure}`).join('\n');
