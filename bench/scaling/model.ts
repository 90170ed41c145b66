/**
 * What a step of data-parallel training takes on so many ranks: the slowest rank's computing, then what of the sum of gradients did not happen
 * meanwhile. Costs of the sums are those of Thakur, Rabenseifner and Gropp 2005, Optimization of Collective Communication Operations in
 * MPICH, section 4 (https://doi.org/10.1177/1094342005051521); full duplex links, no contention in the switch.
 */
import { random } from '../../src/random/index.js';

export interface Link {
  readonly name: string;
  /** Bytes a second, one way. */
  readonly bandwidth: number;
  /** Seconds that a message takes besides its bytes. */
  readonly latency: number;
}

export interface Work {
  readonly name: string;
  /** Seconds of a step on one rank that waits for nobody: forwards, backwards and the update. */
  readonly step: number;
  /** Standard deviation of that from step to step, as a share of it. */
  readonly spread: number;
  /** Of all gradients, as they travel. */
  readonly bytes: number;
  /** Sums that they are divided into. */
  readonly buckets: number;
  /** Share of a step after which the first gradient is known; 1 where all are known at once, behind the last. */
  readonly overlapFrom: number;
  /** Seconds to add up a byte. */
  readonly reduce: number;
}

/** Seconds of one sum of `bytes` over `ranks`. */
type Sum = (ranks: number, bytes: number, link: Link, reduce: number) => number;

/** Ways to add up, as MPI libraries have them. */
export const sums = {
  /** Each rank passes on a part to its neighbour, round and round: the fewest bytes, the most messages. */
  ring: (p, n, { latency, bandwidth }, reduce) => 2 * (p - 1) * latency + ((p - 1) / p) * n * (2 / bandwidth + reduce),
  /** Up a binomial tree and down again: few messages, all bytes in each. */
  tree: (p, n, { latency, bandwidth }, reduce) =>
    Math.ceil(Math.log2(p)) * (2 * (latency + n / bandwidth) + n * reduce),
  /** Halves exchanged with ever nearer ranks, and gathered on the way back (Rabenseifner's): few messages and few bytes. */
  halving: (p, n, { latency, bandwidth }, reduce) =>
    2 * Math.ceil(Math.log2(p)) * latency + ((p - 1) / p) * n * (2 / bandwidth + reduce),
} as const satisfies Readonly<Record<string, Sum>>;
export type Algorithm = keyof typeof sums;

export interface Prediction {
  /** Seconds of a step. */
  readonly step: number;
  /** Of one rank's step alone to this: 1 where n ranks do n times the work in the same time. */
  readonly efficiency: number;
  /** Share of the step in which ranks wait: for sums, and for the slowest. */
  readonly waiting: number;
}

const STEPS = 200;

/** The mean over steps whose computing is drawn for every rank. */
export function predict(work: Work, link: Link, algorithm: Algorithm, ranks: number): Prediction {
  const perBucket = ranks === 1 ? 0 : sums[algorithm](ranks, work.bytes / work.buckets, link, work.reduce);
  let total = 0;
  for (let step = 0; step < STEPS; step++) total += endOf(work, slowest(work, ranks, step), perBucket);
  const mean = total / STEPS;
  return { step: mean, efficiency: work.step / mean, waiting: 1 - work.step / mean };
}

/** When the last sum is done: buckets become known evenly from `overlapFrom` to the end, and are added up one after the other. */
function endOf({ buckets, overlapFrom }: Work, computing: number, perBucket: number): number {
  let free = 0;
  for (let bucket = 1; bucket <= buckets; bucket++) {
    const known = computing * (overlapFrom + ((1 - overlapFrom) * bucket) / buckets);
    free = Math.max(free, known) + perBucket;
  }
  return Math.max(free, computing);
}

/** Seconds of the slowest of so many ranks, each drawn from a normal distribution. */
function slowest({ name, step, spread }: Work, ranks: number, number: number): number {
  const stream = random(0, 'scaling', name, number);
  let most = 0;
  for (let rank = 0; rank < ranks; rank++) most = Math.max(most, step * (1 + spread * stream.normal()));
  return most;
}
