/** The way to the engine in its thread: one promise per call, all of them rejected when the thread dies. */
import type { Requests } from './engine.js';

export interface Channel {
  /** @param moved memory that goes over to the engine instead of being copied */
  call<M extends keyof Requests>(
    method: M,
    request: Parameters<Requests[M]>[0],
    moved?: readonly ArrayBuffer[],
  ): ReturnType<Requests[M]>;
  /** Rejects calls under way and those to come, and ends the thread. */
  close(): Promise<void>;
}

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

/** The asker's book of calls. */
export class Calls {
  private readonly pending = new Map<number, Pending>();
  private count = 0;
  private dead: Error | undefined;

  /** @param post sends a call, or throws for what cannot be sent */
  constructor(private readonly post: (call: Call, moved: ArrayBuffer[]) => void) {}

  call: Channel['call'] = (method, request, moved = []) =>
    new Promise((resolve, reject) => {
      if (this.dead) return reject(this.dead);
      const id = this.count++;
      this.post({ id, method, request }, [...moved]); // before it is pending
      this.pending.set(id, { resolve, reject });
    }) as never;

  get isIdle(): boolean {
    return this.pending.size === 0;
  }

  /** False where the call was rejected meanwhile, by `fail`. */
  settle({ id, result, error }: Answer): boolean {
    const call = this.pending.get(id);
    if (!call) return false;
    this.pending.delete(id);
    if (error === undefined) call.resolve(result as never);
    else call.reject(new Error(error));
    return true;
  }

  /** Rejects all calls, with the reason that was given first. */
  fail(error: Error): void {
    this.dead ??= error;
    for (const { reject } of this.pending.values()) reject(this.dead);
    this.pending.clear();
  }
}

/** The engine's answer to a call. */
export const answered = (engine: Requests, { id, method, request }: Call): Promise<Answer> =>
  (engine[method] as (request: unknown) => Promise<unknown>)(request).then(
    (result): Answer => ({ id, result }),
    (error: unknown): Answer => ({ id, error: error instanceof Error ? error.message : String(error) }),
  );

/** What goes over with an answer instead of being copied: the memory of its tensors. */
export const memoryOf = ({ result }: Answer): ArrayBuffer[] => [...new Set(memoryIn(result))];

function memoryIn(value: unknown): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) return [value.buffer as ArrayBuffer];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(memoryIn) : [];
}
