/** Records of a run as they are made, as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
import { busy } from '../http-error.js';
import { appendedSince } from './lines.js';

/** Milliseconds between looks at the file, and between signs of life where nothing is new. */
const PACE = { look: 500, beat: 15_000 };

export class EventStreams {
  private readonly open = new Set<() => void>();
  private ended = false;

  /** @param most streams at once */
  constructor(private readonly most = 64) {}

  /**
   * A stream of what is appended to a run's records from a byte on. An event's id is the byte to go on from.
   * @throws HttpError 503 when too many are open, or the server comes to its end
   */
  of(path: string, from: number): Response {
    if (this.ended) throw busy('the server is coming to its end', 5);
    if (this.open.size >= this.most) throw busy(`${this.most} runs are followed already; try again later`, 10);
    let stop = () => {};
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        stop = this.follow(path, from, controller);
      },
      cancel: () => stop(),
    });
    return new Response(body, {
      headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
    });
  }

  /** Ends all of them: followers come again when a server is there again. */
  close(): void {
    this.ended = true;
    for (const stop of this.open) stop();
  }

  private follow(path: string, from: number, controller: ReadableStreamDefaultController<Uint8Array>): () => void {
    let [next, quiet, timer]: [number, number, NodeJS.Timeout | undefined] = [from, 0, undefined];
    const send = (text: string) => controller.enqueue(Buffer.from(text));
    const stop = () => {
      clearTimeout(timer);
      if (!this.open.delete(stop)) return;
      try {
        controller.close();
      } catch {
        // the client closed it
      }
    };
    const look = async () => {
      const { records, anew, more, ...appended } = await appendedSince(path, next);
      if (!this.open.has(stop)) return;
      next = appended.next;
      if (records.length > 0 || anew) send(`id: ${next}\ndata: ${JSON.stringify({ records, anew })}\n\n`);
      else if (quiet >= PACE.beat) send(': still here\n\n');
      quiet = records.length > 0 || quiet >= PACE.beat ? 0 : quiet + PACE.look;
      // a client that does not read is not read for
      const wait = more && (controller.desiredSize ?? 0) > -64 ? 0 : PACE.look;
      timer = setTimeout(() => void look().catch(stop), wait);
    };
    this.open.add(stop);
    send(': here\n\n');
    void look().catch(stop);
    return stop;
  }
}
