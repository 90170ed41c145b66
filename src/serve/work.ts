/** The requests at work: so many at once, each for so long, and none any more when the server comes to its end. */
import { busy, HttpError } from './http-error.js';

export interface Deadline {
  readonly signal: AbortSignal;
  /** Makes the time shorter. @param milliseconds from now */
  readonly within: (milliseconds: number) => void;
}

export class Work {
  private count = 0;
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

  /** Takes no new work; resolves when all that was taken is done. */
  async drain(): Promise<void> {
    this.draining = true;
    while (this.count > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  /**
   * Does a request's work, with a signal that is raised when the client has gone or the time is up.
   * @throws HttpError 503 when there is too much to do, or the end has come
   */
  async do<T>(request: Pick<Request, 'signal'>, job: (deadline: Deadline) => Promise<T> | T): Promise<T> {
    const { concurrency, timeout } = this.limits;
    if (this.draining) throw busy('the server is coming to its end', 5);
    if (this.count >= concurrency) throw busy(`${concurrency} requests are at work; try again later`);
    const controller = new AbortController();
    const late = () => controller.abort(new HttpError(504, 'the time for this request is up'));
    const gone = () => controller.abort(new HttpError(499, 'the client has gone'));
    const timers = [setTimeout(late, timeout)];
    if (request.signal.aborted) gone();
    request.signal.addEventListener('abort', gone, { once: true });
    this.count++;
    this.changed(1);
    try {
      return await job({
        signal: controller.signal,
        within: (milliseconds) => void timers.push(setTimeout(late, milliseconds)),
      });
    } finally {
      for (const timer of timers) clearTimeout(timer);
      request.signal.removeEventListener('abort', gone);
      this.count--;
      this.changed(-1);
      if (this.count === 0) for (const resolve of this.idle.splice(0)) resolve();
    }
  }
}
