/** A program that does a piece of work on demand: it reads a number of rounds a line, and writes what they took. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';

export interface Taken {
  /** Milliseconds of each round. */
  readonly ms: readonly number[];
  /** Of the program so far. */
  readonly peakMemoryGB: number;
  /** Of several processes that work together: megabytes that the first sent in a round. */
  readonly sentMB?: number;
  /** And milliseconds of a round in which it waited for the others. */
  readonly waitedMs?: number;
}

export class Peer {
  private readonly child: ChildProcess;
  private readonly lines: Interface;
  /** Fails when the program ends, whoever waits for its work then. */
  private readonly ended: Promise<never>;

  /** @param environment variables added to this program's own */
  constructor(name: string, command: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const [program, ...args] = command as [string, ...string[]];
    this.child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...environment } });
    this.lines = createInterface({ input: this.child.stdout! });
    this.ended = once(this.child, 'exit').then(([code]) => {
      throw new Error(`${name} ended with exit code ${code}`);
    });
    this.ended.catch(() => {}); // nobody may be waiting
  }

  /** Has it work for so many rounds. @throws when the program ends instead */
  async take(rounds: number): Promise<Taken> {
    this.child.stdin!.write(`${rounds}\n`);
    const [line] = (await Promise.race([once(this.lines, 'line'), this.ended])) as [string];
    return JSON.parse(line) as Taken;
  }

  /** Ends it in the middle of its work. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  async close(): Promise<void> {
    this.child.stdin!.end();
    await this.ended.catch(() => {});
  }
}

export interface Figures {
  /** Median of a round, ms. */
  readonly median: number;
  readonly peakMemoryGB: number;
  /** Of its last rounds. */
  readonly sentMB: number;
  readonly waitedMs: number;
}

/** A turn's counted rounds take about so long, ms, or there are two. */
const TURN = 500;
/** Before its first turn a program works for about so long, ms, or ten rounds: code gets compiled, memory finds its size. */
const SETTLING = 5000;

/**
 * Works in turns. Two rounds of each turn are counted, or as many as fill half a second; half as many before them are not: a program that
 * waited for its turn finds its memory cold, which no program at work does.
 *
 * @param rounds two for each turn
 */
export async function inTurns(peers: readonly Peer[], rounds: number): Promise<readonly Figures[]> {
  const times = peers.map((): number[] => []);
  const last: Taken[] = [];
  const counted: number[] = [];
  for (const peer of peers) {
    const round = (await peer.take(2)).ms.at(-1)!;
    counted.push(Math.max(2, Math.round(TURN / round)));
    await peer.take(Math.max(1, Math.min(10, Math.round(SETTLING / round))));
  }
  for (let round = 0; round < rounds; round += 2)
    for (const [i, peer] of peers.entries()) {
      const lead = counted[i]! >> 1;
      last[i] = await peer.take(lead + counted[i]!);
      times[i]!.push(...last[i].ms.slice(lead));
    }
  return times.map((all, i) => {
    const { peakMemoryGB, sentMB = 0, waitedMs = 0 } = last[i]!;
    return { median: median(all), peakMemoryGB, sentMB, waitedMs };
  });
}

export const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1]!;
