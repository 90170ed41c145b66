/** What would keep the event loop from others, in threads of its own, so many at a time; what nobody waits for any more is not begun. */
import { Pool } from '../../data/pool.js';
import { HttpError } from '../http-error.js';
import type { Jobs } from './jobs.js';

export interface Task {
  readonly job: keyof Jobs;
  readonly given: unknown;
}
export type Reply =
  | { readonly made: unknown }
  | { readonly message: string; readonly status?: HttpError['status'] | undefined };

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Bytes whose memory goes over instead of being copied, where nothing else lies in it; theirs is gone then. */
  readonly moved?: readonly Uint8Array[];
}

export class Threads {
  private readonly pool: Pool<Task, Reply>;
  private free: number;
  private readonly turns: (() => void)[] = [];

  constructor(threads: number) {
    this.pool = new Pool(new URL('./worker.js', import.meta.url), threads);
    this.free = threads;
  }

  /** Does a job elsewhere. @throws HttpError as the job does; the signal's reason */
  async call<J extends keyof Jobs>(
    job: J,
    given: Parameters<Jobs[J]>[0],
    { signal, moved = [] }: CallOptions,
  ): Promise<Awaited<ReturnType<Jobs[J]>>> {
    await this.turn();
    try {
      signal.throwIfAborted();
      const reply = await this.pool.call({ job, given }, { transfer: memoryIn(moved) });
      if ('made' in reply) return reply.made as Awaited<ReturnType<Jobs[J]>>;
      if (reply.status === undefined) throw new Error(`${job}: ${reply.message}`);
      throw new HttpError(reply.status, reply.message);
    } finally {
      this.free++;
      this.turns.shift()?.();
    }
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  private async turn(): Promise<void> {
    while (this.free === 0) await new Promise<void>((resolve) => this.turns.push(resolve));
    this.free--;
  }
}

/** The memory of views, at any depth of arrays and objects, that they have for themselves: Node keeps small buffers together. */
export function memoryIn(value: unknown): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteLength } = value;
    return buffer instanceof ArrayBuffer && byteLength === buffer.byteLength && byteLength > 0 ? [buffer] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return [...new Set(Object.values(value).flatMap(memoryIn))];
}
