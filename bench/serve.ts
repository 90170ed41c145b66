/** The working side of a peer: every line read is a number of rounds, every line written is what they took, as `Taken` says. */
import { createInterface } from 'node:readline';
import { type Communicator, oneProcess } from '../src/communicator/index.js';
import type { Taken } from './peer.js';

interface ServeOptions {
  /** Of processes that work together: the first reads and writes for all. */
  readonly communicator?: Communicator;
  /** Seconds spent waiting for the others so far. */
  readonly waited?: () => number;
}

export async function serve(work: () => Promise<unknown>, options: ServeOptions = {}): Promise<void> {
  const { communicator = oneProcess(), waited = () => 0 } = options;
  for await (const rounds of asked(communicator)) {
    const ms: number[] = [];
    const [sentBefore, waitedBefore] = [communicator.sentBytes, waited()];
    for (let i = 0; i < rounds; i++) {
      const before = performance.now();
      await work();
      ms.push(performance.now() - before);
    }
    if (communicator.rank > 0) continue;
    const taken: Taken = {
      ms,
      peakMemoryGB: process.resourceUsage().maxRSS / 1e6,
      sentMB: (communicator.sentBytes - sentBefore) / rounds / 1e6,
      waitedMs: ((waited() - waitedBefore) / rounds) * 1000,
    };
    console.log(JSON.stringify(taken));
  }
}

/** Numbers of rounds, as the first process reads them. */
async function* asked(communicator: Communicator): AsyncGenerator<number> {
  const lines = communicator.rank === 0 ? createInterface({ input: process.stdin })[Symbol.asyncIterator]() : undefined;
  const rounds = new Float64Array(1);
  while (true) {
    const line = await lines?.next();
    rounds[0] = line && !line.done ? Number(line.value) : 0;
    await communicator.broadcast(rounds);
    if (rounds[0] === 0) return;
    yield rounds[0];
  }
}
