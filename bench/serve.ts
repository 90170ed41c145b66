/** The working side of a peer: every line read is a number of rounds, every line written { "ms": [per round], "peakMemoryGB" }. */
import { createInterface } from 'node:readline';
import type { Taken } from './peer.js';

export async function serve(work: () => Promise<unknown>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const ms: number[] = [];
    for (let i = 0; i < Number(line); i++) {
      const before = performance.now();
      await work();
      ms.push(performance.now() - before);
    }
    console.log(JSON.stringify({ ms, peakMemoryGB: process.resourceUsage().maxRSS / 1e6 } satisfies Taken));
  }
}
