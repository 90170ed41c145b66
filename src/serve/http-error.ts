/** What a client did that cannot be answered as asked; its message goes into the answer, so it names nothing of the machine. */
export class HttpError extends Error {
  override readonly name = 'HttpError';

  constructor(
    readonly status: 400 | 401 | 404 | 406 | 408 | 413 | 415 | 499 | 503 | 504,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** Too much to do: said at once, so that clients can go elsewhere. @param seconds after which room is likely */
export const busy = (message: string, seconds = 1): HttpError =>
  new HttpError(503, message, { 'Retry-After': `${Math.max(1, Math.ceil(seconds))}` });
