/** The server's socket. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { UserError } from '../errors.js';
import type { Serving } from './index.js';

export interface ListenOptions {
  /** 0 for any that is free. */
  readonly port: number;
  /** Address to listen at; this machine only by default. */
  readonly host?: string;
  /** Open connections; 1,024 by default. */
  readonly connections?: number;
  /** Milliseconds for the head of a request; 10,000 by default. */
  readonly headTimeout?: number;
  /** Milliseconds for a whole request to arrive; 30,000 by default. */
  readonly requestTimeout?: number;
}

export interface Listening {
  readonly url: string;
  /**
   * Stops listening, once all work is done and answered.
   * @param limit milliseconds, after which what is left is cut off; none by default
   * @returns requests that were cut off
   */
  readonly close: (limit?: number) => Promise<number>;
}

/** Slow clients are looked for this often, in milliseconds. */
const CHECKS = 1000;
/** An idle connection is kept so long, in milliseconds: longer than load balancers keep theirs, a minute, or requests would meet its end. */
const KEPT = 65_000;
/** Clients may read their last answers so long, in milliseconds, where the end has a limit. */
const LAST_WORDS = 1000;

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something listens there already; choose another --port',
  EACCES: 'permission denied; choose a --port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address; choose another --host',
  ENOTFOUND: 'no such host; choose another --host',
};

/** @throws UserError for addresses that cannot be listened at */
export async function listen(serving: Pick<Serving, 'fetch' | 'drain'>, options: ListenOptions): Promise<Listening> {
  const { port, host = '127.0.0.1', connections = 1024, headTimeout = 10_000, requestTimeout = 30_000 } = options;
  const server = createAdaptorServer({
    fetch: (request) => serving.fetch(request),
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout: headTimeout,
      requestTimeout,
      connectionsCheckingInterval: Math.min(CHECKS, headTimeout),
      keepAliveTimeout: KEPT,
    },
  }) as Server;
  server.maxConnections = connections;
  server.listen(port, host);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    const reason = reasons[error.code ?? ''];
    throw reason ? new UserError(`cannot listen at ${host}, port ${port}: ${reason}`) : error;
  });
  const address = server.address() as AddressInfo;
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${shown}:${address.port}`,
    async close(limit) {
      const cut = await serving.drain(limit);
      const closed = once(server, 'close');
      server.close(); // closes idle connections too
      const timer = limit === undefined ? undefined : setTimeout(() => server.closeAllConnections(), LAST_WORDS);
      await closed;
      clearTimeout(timer);
      return cut;
    },
  };
}
