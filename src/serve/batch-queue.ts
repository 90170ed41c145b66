/** Dynamic batching: rows of many requests go through a network together. */
import { busy, HttpError } from './http-error.js';

/** One thing that a model can be asked: rows of one lane can share a batch. */
export interface Lane<I, O> {
  readonly name: string;
  /** Answers each row, in order. */
  readonly run: (rows: readonly I[]) => Promise<readonly O[]>;
}

/** When a batch starts, and how much may wait for it. */
export interface BatchOptions {
  /** Rows that go through the network at once. */
  readonly max: number;
  /** Milliseconds that a row waits for others while the engine is free. */
  readonly delay: number;
  /** Rows that may wait; what comes when it is full is refused at once. */
  readonly queue: number;
  /** Milliseconds that rows are expected to wait at most, by what rows took before; what would wait longer is refused at once. */
  readonly wait: number;
}

/** A batch that was run. */
export interface Ran {
  readonly lane: string;
  readonly rows: number;
  /** Milliseconds that each row waited. */
  readonly waited: readonly number[];
  /** Milliseconds in the engine. */
  readonly took: number;
}

/** Of the last batch in what rows are expected to take. */
const SHARE = 0.2;

interface Waiting {
  readonly lane: Lane<unknown, unknown>;
  readonly row: unknown;
  readonly since: number;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The rows that wait for one engine, which computes one batch at a time. The row that has waited longest says which lane is next;
 * a batch starts when it is full or that row has waited for `delay`. While the engine computes, rows gather by themselves.
 */
export class BatchQueue {
  private waiting: Waiting[] = [];
  private running = false;
  private timer: NodeJS.Timeout | undefined;
  /** Rows that were let in and are still made ready. */
  private coming = 0;
  /** Rows that the engine has now. */
  private computing = 0;
  /** Milliseconds that a row has taken the engine lately. */
  private pace = 0;

  constructor(
    private readonly options: BatchOptions,
    private readonly observe: (ran: Ran) => void = () => {},
  ) {}

  /** Rows that wait. */
  get length(): number {
    return this.waiting.length;
  }

  /** Milliseconds that a row would wait which came now: an estimate. */
  get expected(): number {
    return (this.computing + this.waiting.length + this.coming) * this.pace;
  }

  /**
   * Lets in rows that are still to be made ready, so that no work is spent on what would be refused.
   * @returns to be called when they are ready, or never will be
   * @throws HttpError 413 for more rows than could ever wait, 503 when the queue is full, or rows would wait too long
   */
  announce(rows: number): () => void {
    this.admit(rows);
    this.coming += rows;
    return () => {
      this.coming -= rows;
    };
  }

  /**
   * The answers to rows, all of which are taken or none.
   * @param signal drops rows that have not started, and rejects with its reason
   * @param announced whether they were let in before
   * @throws HttpError 413 for more rows than could ever wait, 503 when the queue is full, or rows would wait too long
   */
  async submit<I, O>(lane: Lane<I, O>, rows: readonly I[], signal: AbortSignal, announced = false): Promise<O[]> {
    signal.throwIfAborted();
    if (!announced) this.admit(rows.length);
    return new Promise<O[]>((resolve, reject) => {
      const mine = new Set<Waiting>();
      const leave = () => {
        this.waiting = this.waiting.filter((one) => !mine.has(one));
        if (this.waiting.length === 0) this.timer = void clearTimeout(this.timer);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      const answers = rows.map(
        (row) =>
          new Promise<unknown>((resolve, reject) => {
            const one = { lane, row, since: performance.now(), resolve, reject } as Waiting;
            mine.add(one);
            this.waiting.push(one);
          }),
      );
      Promise.all(answers)
        .then((all) => resolve(all as O[]), reject)
        .finally(() => signal.removeEventListener('abort', leave));
      this.next();
    });
  }

  private admit(rows: number): void {
    const { queue, max, wait } = this.options;
    if (rows > queue) throw new HttpError(413, `expected at most ${queue} images or rows at once, got ${rows}`);
    const ahead = this.waiting.length + this.coming;
    const seconds = this.expected / 1000;
    if (ahead + rows > queue) throw busy(`the queue is full (${queue} rows); try again later`, seconds);
    // what fits into the next batch may wait for it, however slow the model
    if (ahead >= max && this.expected > wait)
      throw busy(`the wait would be ${seconds.toFixed(1)} s; try again later`, seconds);
  }

  /** Starts the next batch, when it is due. */
  private next(): void {
    const [first] = this.waiting;
    if (this.running || !first) return;
    const { max, delay } = this.options;
    const batch = this.waiting.filter(({ lane }) => lane === first.lane).slice(0, max);
    const left = first.since + delay - performance.now();
    if (batch.length < max && left > 0) {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.next();
      }, left);
      return;
    }
    const chosen = new Set(batch);
    this.waiting = this.waiting.filter((one) => !chosen.has(one));
    this.running = true;
    this.computing = batch.length;
    void this.run(batch, first.lane).finally(() => {
      this.running = false;
      this.computing = 0;
      this.next();
    });
  }

  private async run(batch: readonly Waiting[], lane: Waiting['lane']): Promise<void> {
    const start = performance.now();
    try {
      const answers = await lane.run(batch.map(({ row }) => row));
      const took = performance.now() - start;
      const each = took / batch.length;
      this.pace = this.pace === 0 ? each : this.pace + SHARE * (each - this.pace);
      for (const [i, { resolve }] of batch.entries()) resolve(answers[i]);
      this.observe({ lane: lane.name, rows: batch.length, waited: batch.map(({ since }) => start - since), took });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

/** Batches that programs are compiled for, so that few exist: powers of two below the largest, and the largest. */
export function batchSizes(max: number): readonly number[] {
  const sizes: number[] = [];
  for (let size = 1; size < max; size *= 2) sizes.push(size);
  return [...sizes, max];
}
