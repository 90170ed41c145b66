/** The engine in a worker of a page. */
import { type Answer, Calls, type Channel } from '../channel.js';
import type { Opening } from './opening.js';

export class WorkerChannel implements Channel {
  private readonly calls = new Calls((call, moved) => this.worker.postMessage(call, moved));
  readonly call = this.calls.call;

  constructor(
    private readonly worker: Worker,
    { module, code, threads }: Opening,
  ) {
    worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
      this.calls.settle(data);
    });
    worker.addEventListener('error', ({ message }) =>
      this.calls.fail(new Error(`the runtime's worker stopped: ${message || 'its script could not be loaded'}`)),
    );
    worker.postMessage({ module: absolute(module), code: typeof code === 'string' ? absolute(code) : code, threads });
  }

  async close(): Promise<void> {
    this.calls.fail(new Error('the runtime is closed'));
    this.worker.terminate();
  }
}

/** As seen from the page, or the worker of it, that opens the runtime: not from the engine's script. */
const base = (): string => (typeof document === 'undefined' ? location.href : document.baseURI);
const absolute = (address: string): string => new URL(address, base()).href;
