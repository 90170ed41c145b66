/** The worker as the page sees it: an engine with the network open. */
import type { PageDescription } from '../description.js';
import { addressOf, fetchWhole } from './files.js';
import type { Answered, Fed, JobName, Jobs } from './jobs.js';
import { Problem } from './problem.js';

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (problem: Problem) => void;
}

export class Engine {
  private readonly worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;
  /** On which the network runs: more than one where the server isolates the page. */
  threads = 1;

  private constructor(readonly description: PageDescription) {
    this.worker.addEventListener('message', ({ data }: MessageEvent<Answered>) => this.settle(data));
    this.worker.addEventListener('error', ({ message }) => {
      const problem = `The page's worker stopped${message ? `: ${message}` : ''}. Reload the page.`;
      for (const number of [...this.waiting.keys()]) this.settle({ number, problem });
    });
  }

  /** @param progress is told which share of the files has come, 0 to 1 */
  static async open(description: PageDescription, progress: (share: number) => void): Promise<Engine> {
    if (typeof WebAssembly !== 'object')
      throw new Problem(
        'This browser has no WebAssembly, or it is switched off (as in a lockdown mode); use another one.',
      );
    const { model, engine } = description;
    let sum = 0;
    const came = (bytes: number) => {
      sum += bytes;
      progress(Math.min(1, sum / (model.bytes + engine.code.bytes)));
    };
    const [bytes, code] = await Promise.all([fetchWhole(model, came), fetchWhole(engine.code, came)]);
    const opened = new Engine(description);
    const asked = { module: addressOf(engine.module), code, model: bytes };
    opened.threads = (await opened.ask('open', asked, [code, bytes])).threads;
    return opened;
  }

  /** The image as the network sees it, [h, w, c]. */
  prepare(file: Blob): Promise<Uint8Array> {
    const { preprocessing } = this.description;
    return this.ask('prepare', { file, preprocessing });
  }

  /** The network's answer to a batch. */
  run(fed: Fed): Promise<Jobs['run']['answer']> {
    return this.ask('run', fed);
  }

  /** The network's answer to one image, [h, w, c]. */
  runOn(seen: Uint8Array): Promise<Jobs['run']['answer']> {
    const { size, channels } = this.description.preprocessing;
    return this.run({ input: 'images', dtype: 'uint8', shape: [1, ...size, channels], data: seen });
  }

  private ask<N extends JobName>(job: N, asked: Jobs[N]['asked'], moved: Transferable[] = []) {
    return new Promise<Jobs[N]['answer']>((resolve, reject) => {
      this.count++;
      this.waiting.set(this.count, { resolve, reject });
      this.worker.postMessage({ number: this.count, job, asked }, moved);
    });
  }

  private settle({ number, answer, problem }: Answered): void {
    const waiting = this.waiting.get(number);
    this.waiting.delete(number);
    if (problem === undefined) waiting?.resolve(answer as never);
    else waiting?.reject(new Problem(problem));
  }
}
