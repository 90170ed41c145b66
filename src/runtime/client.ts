/** The calling side of the worker: one promise per call, all of them rejected when the worker dies. */
import { Worker } from 'node:worker_threads';
import type { Requests } from './engine.js';

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
  private readonly worker = new Worker(new URL('./worker.js', import.meta.url), { name: 'resmirror runtime' });
  private readonly pending = new Map<number, Pending>();
  private calls = 0;
  private dead: Error | undefined;

  constructor() {
    this.worker.on('message', ({ id, result, error }: Answer) => {
      const call = this.pending.get(id)!;
      this.pending.delete(id);
      if (this.pending.size === 0) this.worker.unref();
      if (error === undefined) call.resolve(result as never);
      else call.reject(new Error(error));
    });
    this.worker.on('error', (error) => this.fail(new Error(`the runtime's worker thread failed: ${error.message}`)));
    this.worker.on('exit', (code) => this.fail(new Error(`the runtime's worker thread ended (exit code ${code})`)));
    this.worker.unref(); // an idle runtime does not keep a program alive
  }

  call<M extends keyof Requests>(method: M, request: Parameters<Requests[M]>[0]): ReturnType<Requests[M]> {
    return new Promise((resolve, reject) => {
      if (this.dead) return reject(this.dead);
      const id = this.calls++;
      this.pending.set(id, { resolve, reject });
      this.worker.ref();
      this.worker.postMessage({ id, method, request } satisfies Call);
    }) as ReturnType<Requests[M]>;
  }

  /** Ends the thread; calls under way are rejected. */
  async close(): Promise<void> {
    this.dead ??= new Error('the runtime is closed');
    await this.worker.terminate();
  }

  private fail(error: Error): void {
    this.dead ??= error;
    for (const { reject } of this.pending.values()) reject(this.dead);
    this.pending.clear();
  }
}
