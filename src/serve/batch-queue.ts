/** Dynamic batching: rows of many requests go through a network together. */
import { Admission, type AdmissionOptions, type Standing } from './admission.js';
import { Pace } from './pace.js';

/** One thing that a model can be asked: rows of one lane can share a batch. */
export interface Lane<I, O> {
  readonly name: string;
  /** Batches that it is compiled for, rising; smaller ones are filled up. Any size where it does not say. */
  readonly sizes?: readonly number[];
  /** Answers each row, in order. */
  readonly run: (rows: readonly I[]) => Promise<readonly O[]>;
}

/** When a batch starts, and how much may wait for it. */
export interface BatchOptions extends AdmissionOptions {
  /** Milliseconds that a row waits for others while the engine is free. */
  readonly delay: number;
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

/** Rows that were let in before they are ready. */
export interface Place {
  /** So many of them are ready. */
  readonly take: (rows: number) => void;
  /** The others never will be. */
  readonly leave: () => void;
}

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
  private readonly admission: Admission;
  /** Of each lane, by its name. */
  private readonly paces = new Map<string, Pace>();
  /** Of the lane that computed last. */
  private pace: Pace;

  /** @param now milliseconds of a clock */
  constructor(
    private readonly options: BatchOptions,
    private readonly observe: (ran: Ran) => void = () => {},
    private readonly now: () => number = () => performance.now(),
  ) {
    this.admission = new Admission(options);
    this.pace = new Pace(batchSizes(options.max));
  }

  /** Rows that wait. */
  get length(): number {
    return this.waiting.length;
  }

  /** Refuses at once what would be refused later. @throws HttpError as `announce` of one row */
  check(): void {
    this.admission.check(1, this.standing);
  }

  /**
   * Lets in rows that are still to be made ready, so that no work is spent on what would be refused.
   * @returns what to submit them with, or to leave
   * @throws HttpError 413 for more rows than could ever wait, 503 when the queue is full, or rows would wait too long
   */
  announce(rows: number): Place {
    this.admission.admit(rows, this.standing);
    this.coming += rows;
    let left = rows;
    const take = (count: number) => {
      const taken = Math.min(count, left);
      left -= taken;
      this.coming -= taken;
    };
    return {
      take,
      leave: () => take(left),
    };
  }

  /**
   * The answers to rows, all of which are taken or none.
   * @param signal drops rows that have not started, and rejects with its reason
   * @param place that they were let in with; without one they are let in now
   * @throws HttpError 413 for more rows than could ever wait, 503 when the queue is full, or rows would wait too long
   */
  async submit<I, O>(lane: Lane<I, O>, rows: readonly I[], signal: AbortSignal, place?: Place): Promise<O[]> {
    signal.throwIfAborted();
    if (!place) this.admission.admit(rows.length, this.standing);
    place?.take(rows.length);
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
            const one = { lane, row, since: this.now(), resolve, reject } as Waiting;
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

  private get standing(): Standing {
    const { computing, pace } = this;
    return { now: this.now(), computing, ahead: this.waiting.length + this.coming, pace };
  }

  private paceOf({ name, sizes }: Lane<unknown, unknown>): Pace {
    const pace = this.paces.get(name) ?? new Pace(sizes ?? batchSizes(this.options.max));
    this.paces.set(name, pace);
    return pace;
  }

  /** Starts the next batch, when it is due. */
  private next(): void {
    const [first] = this.waiting;
    if (this.running || !first) return;
    const { max, delay } = this.options;
    const together = this.waiting.filter(({ lane }) => lane === first.lane).slice(0, max);
    const left = first.since + delay - this.now();
    if (together.length < max && left > 0) {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.next();
      }, left);
      return;
    }
    const batch = together.slice(0, this.paceOf(first.lane).take(together.length));
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
    const start = this.now();
    try {
      const answers = await lane.run(batch.map(({ row }) => row));
      const took = this.now() - start;
      this.pace = this.paceOf(lane);
      this.pace.took(took, batch.length);
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
