import { type Transferable, Worker } from 'node:worker_threads';

interface Job<Task, Reply> {
  readonly task: Task;
  readonly transfer: readonly Transferable[];
  readonly lanes: number;
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

interface Seat<Task, Reply> {
  readonly number: number;
  readonly worker: Worker;
  job: Job<Task, Reply> | undefined;
}

/**
 * Worker threads that each answer one task at a time, started when there is work for them. Idle ones do not keep the
 * process alive. A worker that dies fails its task, with an error that names it; another takes its seat.
 */
export class Pool<Task, Reply> {
  readonly #script: URL;
  readonly #limit: number;
  readonly #seats = new Set<Seat<Task, Reply>>();
  readonly #queue: Job<Task, Reply>[] = [];
  #started = 0;
  #closed = false;

  constructor(script: URL, limit: number) {
    this.#script = script;
    this.#limit = limit;
  }

  /** Answers `task` on a free worker; a new one is started for it only while there are fewer than `lanes`. */
  call(
    task: Task,
    { transfer = [], lanes = this.#limit }: { transfer?: readonly Transferable[]; lanes?: number } = {},
  ) {
    return new Promise<Reply>((resolve, reject) => {
      this.#queue.push({ task, transfer, lanes, resolve, reject });
      this.#dispatch();
    });
  }

  /** Ends all workers; tasks under way fail. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#dispatch();
    await Promise.all([...this.#seats].map(({ worker }) => worker.terminate()));
  }

  #dispatch(): void {
    for (let job = this.#queue[0]; job; job = this.#queue[0]) {
      if (this.#closed) job.reject(new Error('The decoding workers are closed.'));
      else {
        const seat = [...this.#seats].find((each) => !each.job) ?? this.#start(job.lanes);
        if (!seat) return;
        seat.job = job;
        seat.worker.ref();
        seat.worker.postMessage(job.task, job.transfer);
      }
      this.#queue.shift();
    }
  }

  #start(lanes: number): Seat<Task, Reply> | undefined {
    if (this.#seats.size >= Math.min(lanes, this.#limit)) return undefined;
    // flags of the main program (--input-type with -e) would stop the thread from loading
    const worker = new Worker(this.#script, { execArgv: [] });
    const seat: Seat<Task, Reply> = { number: ++this.#started, worker, job: undefined };
    this.#seats.add(seat);
    worker.on('message', (reply: Reply) => {
      const { job } = seat;
      seat.job = undefined;
      worker.unref();
      job?.resolve(reply);
      this.#dispatch();
    });
    worker.on('error', (error) => this.#lose(seat, error.message));
    worker.on('messageerror', (error) => this.#lose(seat, error.message));
    worker.on('exit', (code) => this.#lose(seat, this.#closed ? 'it was closed' : `it ended with exit code ${code}`));
    return seat;
  }

  #lose(seat: Seat<Task, Reply>, reason: string): void {
    this.#seats.delete(seat);
    seat.job?.reject(new Error(`Decoding worker ${seat.number} died: ${reason}.`));
    seat.job = undefined;
    this.#dispatch();
  }
}
