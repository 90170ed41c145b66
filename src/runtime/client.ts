/** The calling side of the worker: one promise per call, all of them rejected when the worker dies. */
import { Worker } from 'node:worker_threads';
import type { Requests } from './engine.js';
import { bar, openGate, waitUntilIdle } from './gate.js';

export interface Call {
  readonly id: number;
  readonly method: keyof Requests;
  readonly request: unknown;
}
export interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

export class Client {
  private readonly gate = openGate();
  private readonly worker = new Worker(new URL('./worker.js', import.meta.url), {
    name: 'resmirror runtime',
    workerData: this.gate,
    execArgv: [], // flags of the main program (--input-type with -e) would stop the thread from loading
  });
  private readonly ended: Promise<void>;
  private readonly pending = new Map<number, Pending>();
  private calls = 0;
  private dead: Error | undefined;

  constructor() {
    this.worker.on('message', ({ id, result, error }: Answer) => {
      const call = this.pending.get(id);
      if (!call) return; // rejected meanwhile, by close()
      this.pending.delete(id);
      if (this.pending.size === 0) this.worker.unref();
      if (error === undefined) call.resolve(result as never);
      else call.reject(new Error(error));
    });
    this.worker.on('error', (error) => this.fail(new Error(`the runtime's worker thread failed: ${error.message}`)));
    const idle = () => {
      bar(this.gate);
      waitUntilIdle(this.gate);
    };
    process.once('exit', idle);
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', (code) => {
        process.off('exit', idle);
        this.fail(new Error(`the runtime's worker thread ended (exit code ${code})`));
        resolve();
      });
    });
    this.worker.unref(); // an idle runtime does not keep a program alive
  }

  /** @param moved memory that goes over to the worker instead of being copied */
  call<M extends keyof Requests>(
    method: M,
    request: Parameters<Requests[M]>[0],
    moved: readonly ArrayBuffer[] = [],
  ): ReturnType<Requests[M]> {
    return new Promise((resolve, reject) => {
      if (this.dead) return reject(this.dead);
      const id = this.calls++;
      this.worker.postMessage({ id, method, request } satisfies Call, moved); // throws for what cannot be sent, before it is pending
      this.pending.set(id, { resolve, reject });
      this.worker.ref();
    }) as ReturnType<Requests[M]>;
  }

  /** Rejects calls under way and those to come, and ends the thread as soon as native code lets go of it. */
  async close(): Promise<void> {
    this.fail(new Error('the runtime is closed'));
    bar(this.gate);
    this.worker.ref();
    this.worker.postMessage({}); // wakes it up at the barred gate
    await this.ended;
  }

  private fail(error: Error): void {
    this.dead ??= error;
    for (const { reject } of this.pending.values()) reject(this.dead);
    this.pending.clear();
  }
}
