/** The engine in a thread of Node. */
import { Worker } from 'node:worker_threads';
import { type Answer, Calls, type Channel } from '../channel.js';
import { bar, openGate, waitUntilIdle } from './gate.js';

export class Client implements Channel {
  private readonly gate = openGate();
  private readonly worker = new Worker(new URL('./worker.js', import.meta.url), {
    name: 'resmirror runtime',
    workerData: this.gate,
    execArgv: [], // flags of the main program (--input-type with -e) would stop the thread from loading
  });
  private readonly ended: Promise<void>;
  private readonly calls = new Calls((call, moved) => {
    this.worker.postMessage(call, moved);
    this.worker.ref();
  });
  readonly call = this.calls.call;

  constructor() {
    this.worker.on('message', (answer: Answer) => {
      if (this.calls.settle(answer) && this.calls.isIdle) this.worker.unref();
    });
    this.worker.on('error', ({ message }) => this.fail(`the runtime's worker thread failed: ${message}`));
    const idle = () => {
      bar(this.gate);
      waitUntilIdle(this.gate);
    };
    process.once('exit', idle);
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', (code) => {
        process.off('exit', idle);
        this.fail(`the runtime's worker thread ended (exit code ${code})`);
        resolve();
      });
    });
    this.worker.unref(); // an idle runtime does not keep a program alive
  }

  /** Rejects calls under way and those to come, and ends the thread as soon as native code lets go of it. */
  async close(): Promise<void> {
    this.fail('the runtime is closed');
    bar(this.gate);
    this.worker.ref();
    this.worker.postMessage({}); // wakes it up at the barred gate
    await this.ended;
  }

  private fail(reason: string): void {
    this.calls.fail(new Error(reason));
  }
}
