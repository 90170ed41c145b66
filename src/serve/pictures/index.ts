/** Decoding and drawing in threads of their own, so many at a time; what nobody waits for any more is not begun. */
import { Pool } from '../../data/pool.js';
import { HttpError } from '../http-error.js';
import { typeOf } from './file-type.js';
import type { Draw, Jobs, Prepare } from './jobs.js';

export type { PictureType } from './jobs.js';

export interface Task {
  readonly job: keyof Jobs;
  readonly given: unknown;
}
export type Reply =
  | { readonly bytes: Uint8Array }
  | { readonly message: string; readonly fault: 'image' | 'large' | 'bug' };

export class Pictures {
  private readonly pool: Pool<Task, Reply>;
  private free: number;
  private readonly turns: (() => void)[] = [];

  constructor(threads: number) {
    this.pool = new Pool(new URL('./worker.js', import.meta.url), threads);
    this.free = threads;
  }

  /**
   * Pixels [h, w, c] as a network sees them.
   * @throws HttpError 415 for what is no image by its first bytes, 413 for too many pixels, 400 for damaged ones
   */
  async prepare(given: Prepare, signal: AbortSignal): Promise<Uint8Array> {
    typeOf(given.bytes, given.name);
    return this.call('prepare', given, signal);
  }

  /** The bytes of an image file, with a map over it where there is one. */
  draw(given: Draw, signal: AbortSignal): Promise<Uint8Array> {
    return this.call('draw', given, signal);
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  private async call(job: keyof Jobs, given: unknown, signal: AbortSignal): Promise<Uint8Array> {
    await this.turn();
    try {
      signal.throwIfAborted();
      const reply = await this.pool.call({ job, given });
      if ('bytes' in reply) return reply.bytes;
      if (reply.fault === 'bug') throw new Error(`${job}: ${reply.message}`);
      throw new HttpError(reply.fault === 'large' ? 413 : 400, reply.message);
    } finally {
      this.free++;
      this.turns.shift()?.();
    }
  }

  private async turn(): Promise<void> {
    while (this.free === 0) await new Promise<void>((resolve) => this.turns.push(resolve));
    this.free--;
  }
}
