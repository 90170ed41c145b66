/** Reading what clients send, within a limit. */
import { HttpError } from './http-error.js';

/**
 * The whole body.
 * @param limit bytes; more are not read
 * @throws HttpError 413 for more, 415 for compressed bodies, 400 for those that end early; the signal's reason
 */
export async function readBody(request: Request, limit: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const large = () => new HttpError(413, `expected a body of at most ${limit} bytes`);
  if (Number(request.headers.get('Content-Length') ?? 0) > limit) throw large();
  const encoding = request.headers.get('Content-Encoding') ?? 'identity';
  if (encoding !== 'identity') throw new HttpError(415, `expected a body as it is, got Content-Encoding ${encoding}`);
  if (!request.body) return new Uint8Array(0);
  const reader = request.body.getReader();
  const stop = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener('abort', stop, { once: true });
  try {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw new HttpError(400, 'the body ended early');
      });
      signal.throwIfAborted();
      if (done) break;
      length += value.length;
      if (length > limit) throw large();
      chunks.push(value);
    }
    const body = new Uint8Array(length);
    let at = 0;
    for (const chunk of chunks) {
      body.set(chunk, at);
      at += chunk.length;
    }
    return body;
  } catch (error) {
    stop();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
