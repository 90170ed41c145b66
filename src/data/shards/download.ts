/** Fetching a file over HTTP through whatever a network does: broken connections are taken up where they broke. */
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../errors.js';

export interface Patience {
  /** How long nothing may come before a connection counts as dead. Default 30 s. */
  readonly timeoutMs?: number;
  /** Attempts in a row that may bring nothing. Default 8: with the pauses between them some two minutes. */
  readonly attempts?: number;
  /** Pause after the first of them; each further one doubles it, to 30 s at most. Default 0.5 s. */
  readonly pauseMs?: number;
}

/** How long to try, and whether anybody waits for it still. */
type Settled = Required<Patience> & { readonly signal: AbortSignal | undefined };

const LONGEST_PAUSE_MS = 30_000;

/** A file that a server does not give, or not as a whole. */
export class DownloadError extends UserError {
  constructor(
    url: string,
    /** The plain phrase after its name. */
    readonly reason: string,
    /** What the server answered. */
    readonly status?: number,
  ) {
    super(`${shownUrl(url)}: ${reason}`);
  }
}

/** An address before people: without its query, which may hold a signature. */
export const shownUrl = (url: string): string => url.replace(/[?#].*$/s, '');

/** Answers that asking again may mend: too early, too many requests, and what goes wrong at the server. */
const passing = (status: number): boolean => [408, 425, 429].includes(status) || status >= 500;

/** What a failed attempt is called, and whether another one may help. */
interface Failure {
  readonly reason: string;
  readonly status?: number;
  readonly final: boolean;
  readonly waitMs?: number;
}

function failureOf(error: unknown, timeoutMs: number): Failure {
  if (error instanceof Refused) return error.failure;
  const { name, message, cause } = error as Error & { readonly cause?: { readonly message?: string } };
  const reason = name === 'TimeoutError' ? `nothing came for ${timeoutMs / 1000} s` : (cause?.message ?? message);
  return { reason: reason || 'the connection failed', final: false };
}

class Refused extends Error {
  constructor(readonly failure: Failure) {
    super(failure.reason);
  }
}

function refused({ status, statusText, headers }: Response): Refused {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return new Refused({
    reason: `the server answers ${status}${statusText && ` ${statusText}`}`,
    status,
    final: !passing(status),
    ...(seconds >= 0 && { waitMs: Math.min(1000 * seconds, LONGEST_PAUSE_MS) }),
  });
}

/** Where a download stands. */
interface State {
  have: number;
  /** By which the server knows the version of the file that was begun. */
  version: string | undefined;
}

/** The size of the whole file as an answer tells it. */
function totalOf({ status, headers }: Response): number | undefined {
  const told = status === 206 ? headers.get('content-range')?.split('/')[1] : headers.get('content-length');
  return told === undefined || told === null || !/^\d+$/.test(told) ? undefined : Number(told);
}

/** Runs a request that ends when nothing comes for a time; `alive` puts the end off. */
async function watched<T>(
  { timeoutMs, signal }: Settled,
  request: (signal: AbortSignal, alive: () => void) => Promise<T>,
): Promise<T> {
  const watch = new AbortController();
  const timer = setTimeout(() => watch.abort(new DOMException('', 'TimeoutError')), timeoutMs);
  try {
    const both = signal ? AbortSignal.any([watch.signal, signal]) : watch.signal;
    return await request(both, () => timer.refresh());
  } catch (error) {
    throw watch.signal.aborted ? watch.signal.reason : error;
  } finally {
    clearTimeout(timer);
    watch.abort(); // of an answer that is not read to its end
  }
}

/** One attempt: from where the file stands to its end. */
const continued = (url: string, to: FileHandle, state: State) => async (signal: AbortSignal, alive: () => void) => {
  const { have, version } = state;
  const rest = have > 0 && { range: `bytes=${have}-`, ...(version && { 'if-range': version }) };
  // an encoding would count its own bytes
  const response = await fetch(url, { headers: { 'accept-encoding': 'identity', ...rest }, signal });
  const { status, headers, body } = response;
  if (status === 416) state.have = 0; // the file became shorter
  if (status === 416) throw new Error('the file changed on the server');
  if (!response.ok || !body) throw refused(response);
  // all of it: the server knows no ranges, or has another version by now
  if (status !== 206 || !headers.get('content-range')?.startsWith(`bytes ${have}-`)) state.have = 0;
  if (status === 206 && state.have !== have) throw new Error('the server sent another part than it was asked for');
  state.version = versionOf(headers);
  if (state.have === 0) await to.truncate(0);
  for await (const chunk of body) {
    alive();
    await writeAt(to, chunk, state.have);
    state.have += chunk.byteLength;
  }
  const total = totalOf(response);
  if (total !== undefined && state.have < total)
    throw new Error(`the connection ended after ${state.have} of ${total} bytes`);
};

/** Only strong tags may ask for the rest of a file: RFC 9110, section 13.1.5. */
function versionOf(headers: Headers): string | undefined {
  const tag = headers.get('etag');
  return tag && !tag.startsWith('W/') ? tag : (headers.get('last-modified') ?? undefined);
}

async function writeAt(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.byteLength - done, position + done);
    done += bytesWritten;
  }
}

/** Makes attempts until one ends well, or so many in a row brought nothing new. @throws DownloadError */
async function persist<T>(
  url: string,
  patience: Settled,
  { attempt, reached = () => 0 }: { readonly attempt: () => Promise<T>; readonly reached?: () => number },
): Promise<T> {
  const { timeoutMs, attempts, pauseMs, signal } = patience;
  let furthest = 0;
  for (let fruitless = 0; ; ) {
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if ((error as NodeJS.ErrnoException).syscall === 'write') throw error; // a full disk is no matter of patience
      const { reason, status, final, waitMs } = failureOf(error, timeoutMs);
      fruitless = reached() > furthest ? 1 : fruitless + 1;
      furthest = Math.max(furthest, reached());
      if (final || fruitless >= attempts)
        throw new DownloadError(url, final ? reason : `${reason}; ${attempts} attempts brought no more`, status);
      const pause = waitMs ?? Math.min(pauseMs * 2 ** (fruitless - 1), LONGEST_PAUSE_MS);
      await sleep(pause, undefined, signal && { signal });
    }
  }
}

type Given = Patience & { readonly signal?: AbortSignal | undefined };

const settled = ({ timeoutMs = 30_000, attempts = 8, pauseMs = 500, signal }: Given): Settled => ({
  timeoutMs,
  attempts,
  pauseMs,
  signal,
});

/**
 * Writes the file at `url` into an open one, from its beginning.
 * @throws DownloadError for what does not exist, or does not come within the patience; the system's error of the file
 */
export async function download(url: string, to: FileHandle, given: Given = {}): Promise<void> {
  const patience = settled(given);
  const state: State = { have: 0, version: undefined };
  const attempt = () => watched(patience, continued(url, to, state));
  await persist(url, patience, { attempt, reached: () => state.have });
}

/** Answers to questions for files that need not be there; stores that list nothing to strangers say 403. */
const ABSENT = [403, 404, 410];

/** A small file as text; undefined where the server has none. @throws DownloadError, also for one over `limit` bytes */
export async function downloadText(url: string, { limit, ...given }: Given & { readonly limit: number }) {
  const patience = settled(given);
  const ask = async (signal: AbortSignal) => {
    const response = await fetch(url, { signal });
    if (ABSENT.includes(response.status)) return undefined;
    if (!response.ok || !response.body) throw refused(response);
    return limited(response.body, limit);
  };
  return persist(url, patience, { attempt: () => watched(patience, ask) });
}

async function limited(body: ReadableStream<Uint8Array>, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > limit) throw new Refused({ reason: `it has more than ${limit} bytes`, final: true });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
