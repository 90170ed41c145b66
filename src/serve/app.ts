/** From Request to Response: finds the operation, and does for all of them what all of them need. No socket is involved. */
import { type Context, Hono } from 'hono';
import { cors } from 'hono/cors';
import { requestId } from 'hono/request-id';
import { UserError } from '../errors.js';
import { readBody } from './body.js';
import { HttpError } from './http-error.js';
import { keyCheck } from './keys.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';
import { json, type Operation } from './operation.js';
import type { Work } from './work.js';

export interface AppOptions {
  readonly operations: readonly Operation[];
  readonly work: Work;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Bytes of a body. */
  readonly bodyLimit: number;
  /** None: everybody may ask. */
  readonly keys: readonly string[];
  /** Web pages that may ask from other origins; none by default. */
  readonly origins: readonly string[];
}

type Env = { Variables: { requestId: string; route: string } };

/** What an error becomes. Only messages that were written for clients leave the server. */
function failed(error: unknown): HttpError | { status: 500; message: string; headers: object } {
  if (error instanceof HttpError) return error;
  if (error instanceof UserError) return new HttpError(400, error.message);
  return {
    status: 500,
    message: 'something went wrong here; the log has the reason under this request id',
    headers: {},
  };
}

export function createApp(options: AppOptions): (request: Request) => Promise<Response> {
  const { operations, work, metrics, log, bodyLimit, keys, origins } = options;
  const app = new Hono<Env>();
  const check = keys.length > 0 ? keyCheck(keys) : () => {};

  const refuse = (error: unknown, c: Context<Env>): Response => {
    const { status, message, headers } = failed(error);
    if (status === 500)
      log({
        level: 'error',
        event: 'failure',
        request: c.var.requestId,
        message: String((error as Error)?.stack ?? error),
      });
    return json({ error: message }, { status, headers: headers as Record<string, string> });
  };

  app.use(requestId({ limitLength: 128 }));
  app.use(async (c, next) => {
    const start = performance.now();
    await next();
    const milliseconds = performance.now() - start;
    const { method } = c.req;
    const { requestId: request, route = 'none' } = c.var;
    c.res.headers.set('X-Request-Id', request); // a Response of its own loses what was set before
    c.res.headers.set('X-Content-Type-Options', 'nosniff');
    metrics.answered({ route, method, code: c.res.status }, milliseconds / 1000);
    log({ level: 'info', event: 'request', request, method, path: c.req.path, status: c.res.status, milliseconds });
  });
  if (origins.length > 0)
    app.use(cors({ origin: [...origins], exposeHeaders: ['Inference-Header-Content-Length', 'X-Request-Id'] }));

  for (const operation of operations) {
    const { method, path, works, open, run } = operation;
    app.on(method, path.replaceAll(/\{(\w+)\}/g, ':$1'), async (c) => {
      c.set('route', path);
      const request = c.req.raw;
      const given = { request, params: c.req.param(), query: new URL(request.url).searchParams };
      try {
        if (!open) check(request);
        if (!works) return await run({ ...given, body: async () => new Uint8Array(0), ...unbounded });
        return await work.do(request, ({ signal, within }) =>
          run({ ...given, body: () => readBody(request, bodyLimit, signal), signal, within }),
        );
      } catch (error) {
        return refuse(error, c);
      }
    });
  }
  for (const path of new Set(operations.map((operation) => operation.path))) {
    const methods = operations.filter((one) => one.path === path).map(({ method }) => method);
    app.all(path.replaceAll(/\{(\w+)\}/g, ':$1'), (c) =>
      json(
        { error: `expected ${methods.join(' or ')} here, got ${c.req.method}` },
        { status: 405, headers: { Allow: methods.join(', ') } },
      ),
    );
  }
  app.notFound(() =>
    json({ error: 'there is nothing at this address; GET /openapi.json tells what there is' }, { status: 404 }),
  );
  app.onError(refuse);
  return async (request) => app.fetch(request);
}

const unbounded = { signal: new AbortController().signal, within: () => {} };
