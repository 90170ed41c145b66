/** The requests at work: so many at once, each for so long, and none any more when the server comes to its end. */
import { busy, HttpError } from './http-error.js';

export interface Deadline {
  readonly signal: AbortSignal;
  /** Makes the time shorter. @param milliseconds from now */
  readonly within: (milliseconds: number) => void;
}

/** Work that was cut off comes to its next step within so many milliseconds, or is left behind. */
const LAST_STEPS = 1000;

export class Work {
  private readonly underWay = new Set<AbortController>();
  private draining = false;
  private readonly idle: (() => void)[] = [];

  constructor(
    private readonly limits: {
      /** Requests at once. */
      readonly concurrency: number;
      /** Milliseconds of each. */
      readonly timeout: number;
    },
    private readonly changed: (by: 1 | -1) => void,
  ) {}

  /** Whether new work is taken. */
  get ready(): boolean {
    return !this.draining;
  }

  /**
   * Takes no new work; resolves when all that was taken is done, or cut off.
   * @param limit milliseconds, after which requests at work are answered 503; none by default
   * @returns requests that were cut off
   */
  async drain(limit?: number): Promise<number> {
    this.draining = true;
    const done = this.done();
    if (limit === undefined || (await inTime(done, limit))) {
      await done;
      return 0;
    }
    const cut = this.underWay.size;
    for (const one of this.underWay) one.abort(busy('the server has come to its end', 5));
    if (!(await inTime(done, LAST_STEPS))) this.underWay.clear();
    return cut;
  }

  /** @throws HttpError 503 where work would be refused now */
  check(): void {
    const { concurrency } = this.limits;
    if (this.draining) throw busy('the server is coming to its end', 5);
    if (this.underWay.size >= concurrency) throw busy(`${concurrency} requests are at work; try again later`);
  }

  /**
   * Does a request's work, with a signal that is raised when the client has gone or the time is up.
   * @throws HttpError 503 when there is too much to do, or the end has come
   */
  async do<T>(request: Pick<Request, 'signal'>, job: (deadline: Deadline) => Promise<T> | T): Promise<T> {
    this.check();
    const { timeout } = this.limits;
    const controller = new AbortController();
    const late = () => controller.abort(new HttpError(504, 'the time for this request is up'));
    const gone = () => controller.abort(new HttpError(499, 'the client has gone'));
    const timers = [setTimeout(late, timeout)];
    if (request.signal.aborted) gone();
    request.signal.addEventListener('abort', gone, { once: true });
    this.underWay.add(controller);
    this.changed(1);
    try {
      return await job({
        signal: controller.signal,
        within: (milliseconds) => void timers.push(setTimeout(late, milliseconds)),
      });
    } finally {
      for (const timer of timers) clearTimeout(timer);
      request.signal.removeEventListener('abort', gone);
      this.underWay.delete(controller);
      this.changed(-1);
      if (this.underWay.size === 0) for (const resolve of this.idle.splice(0)) resolve();
    }
  }

  private async done(): Promise<void> {
    while (this.underWay.size > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }
}

/** Whether a promise resolves within so many milliseconds. */
async function inTime(promise: Promise<void>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const found = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return found;
}
