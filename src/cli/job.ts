/** A command that several processes may do together: the first speaks for all, and the end of one is the end of all. */
import { AgreedError, type Communicator, openCommunicator } from '../communicator/index.js';
import type { Outcome } from './command.js';
import { failureOf } from './failure.js';
import { Silence, type Terminal } from './terminal.js';

/** Does a command's work with the processes that a launcher has started beside this one; alone where there is none. */
export async function inJob(
  terminal: Terminal,
  work: (communicator: Communicator, terminal: Terminal) => Promise<Outcome>,
): Promise<Outcome> {
  const communicator = await openCommunicator();
  const { rank, size } = communicator;
  if (size === 1) return work(communicator, terminal);
  try {
    const outcome = await work(communicator, rank === 0 ? terminal : new Silence());
    await communicator.close();
    return rank === 0 ? outcome : { ...outcome, json: undefined };
  } catch (error) {
    if (!(error instanceof AgreedError)) fail(communicator, error);
    await communicator.close();
    if (rank === 0) throw error;
    return { json: undefined, exitCode: 1 };
  }
}

/** Tells what went wrong on this rank, while the others know nothing of it and wait; and ends them. */
function fail(communicator: Communicator, error: unknown): never {
  const { rank, host } = communicator;
  const { message, exitCode } = failureOf(error);
  process.stderr.write(`resmirror: rank ${rank} on ${host}: ${message}\n`);
  return communicator.abort(exitCode);
}
