/** The server's sockets. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createPlain, createSecureServer, type ServerHttp2Session } from 'node:http2';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo, Server as Socket } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import { createAdaptorServer, getRequestListener } from '@hono/node-server';
import { UserError } from '../errors.js';
import type { Certificate } from './certificate.js';
import type { Serving } from './index.js';

/** Where a server listens, and what it bears. */
export interface ListenOptions {
  /** 0 for any that is free. */
  readonly port: number;
  /** Address to listen at; this machine only by default. */
  readonly host?: string | undefined;
  /** Without one, what is sent can be read on its way. */
  readonly certificate?: Certificate | undefined;
  /** Open connections; 1,024 by default. */
  readonly connections?: number | undefined;
  /** Milliseconds for the head of a request; 10,000 by default. */
  readonly headTimeout?: number | undefined;
  /** Milliseconds for a whole request to arrive; 30,000 by default. */
  readonly requestTimeout?: number | undefined;
}

/** A socket that is open. */
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
/** One that calls may come over for longer: clients of gRPC keep theirs. */
const KEPT_FOR_CALLS = 300_000;
/** Calls that may be open on a connection. */
const CALLS = 128;
/** Megabytes of messages on a connection, above which new calls are refused. */
const SESSION = 256;
const CONNECTIONS = 1024;
const REQUEST = 30_000;

/** What Node's servers and Express call for a request whose body nobody has read. */
export const nodeListener = ({ fetch }: Pick<Serving, 'fetch'>): RequestListener =>
  getRequestListener((request) => fetch(request), { overrideGlobalObjects: false });

/** HTTP/1.1. @throws UserError for addresses that cannot be listened at */
export async function listen(serving: Pick<Serving, 'fetch' | 'drain'>, options: ListenOptions): Promise<Listening> {
  const { certificate, connections = CONNECTIONS, headTimeout = 10_000, requestTimeout = REQUEST } = options;
  const server = createAdaptorServer({
    fetch: (request) => serving.fetch(request),
    overrideGlobalObjects: false,
    createServer: (certificate ? createSecure : createServer) as typeof createServer,
    serverOptions: {
      headersTimeout: headTimeout,
      requestTimeout,
      connectionsCheckingInterval: Math.min(CHECKS, headTimeout),
      keepAliveTimeout: KEPT,
    },
  }) as Server;
  continueWhenRead(server);
  server.maxConnections = connections;
  certificate?.give((pair) => (server as Server & TlsServer).setSecureContext(pair));
  const address = await bound(server, options, '--port');
  return {
    url: `${certificate ? 'https' : 'http'}://${address}`,
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

/** Clients that ask whether to send a body (`Expect: 100-continue`) are told to when it is read: what is refused before is never sent. */
function continueWhenRead(server: Server): void {
  server.on('checkContinue', (incoming, outgoing) => {
    const { _read: read } = incoming;
    const { shouldKeepAlive } = outgoing;
    outgoing.shouldKeepAlive = false; // a body that may come or not leaves open where the next request begins
    incoming._read = (size) => {
      incoming._read = read;
      if (!outgoing.headersSent) {
        outgoing.writeContinue();
        outgoing.shouldKeepAlive = shouldKeepAlive;
      }
      read.call(incoming, size);
    };
    server.emit('request', incoming, outgoing);
  });
}

/** gRPC over HTTP/2. @throws UserError for addresses that cannot be listened at */
export async function listenGrpc(serving: Pick<Serving, 'grpc' | 'drain'>, options: ListenOptions): Promise<Listening> {
  const { certificate, connections = CONNECTIONS, requestTimeout = REQUEST } = options;
  const settings = { settings: { maxConcurrentStreams: CALLS }, maxSessionMemory: SESSION };
  const server = certificate ? createSecureServer(settings) : createPlain(settings);
  server.on('request', await serving.grpc());
  (server as unknown as Socket).maxConnections = connections;
  server.setTimeout(KEPT_FOR_CALLS);
  certificate?.give((pair) => (server as unknown as TlsServer).setSecureContext(pair));
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream) => stream.setTimeout(requestTimeout + CHECKS, () => stream.close())); // one on which nothing moves, nor will
  server.on('sessionError', () => {}); // a client that speaks something else: its connection is closed
  const address = await bound(server as unknown as Socket, options, '--grpc-port');
  return {
    url: `${certificate ? 'grpcs' : 'grpc'}://${address}`,
    async close(limit) {
      const cut = await serving.drain(limit);
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.close(); // once its answers are sent
      const cutOff = () => {
        for (const session of sessions) session.destroy();
      };
      const timer = limit === undefined ? undefined : setTimeout(cutOff, LAST_WORDS);
      await closed;
      clearTimeout(timer);
      return cut;
    },
  };
}

const reasons: Readonly<Record<string, (flag: string) => string>> = {
  EADDRINUSE: (flag) => `something listens there already; choose another ${flag}`,
  EACCES: (flag) => `permission denied; choose a ${flag} above 1023`,
  EADDRNOTAVAIL: () => 'this machine has no such address; choose another --host',
  ENOTFOUND: () => 'no such host; choose another --host',
};

/** Where it listens from then on: HOST:PORT. */
async function bound(server: Socket, { port, host = '127.0.0.1' }: ListenOptions, flag: string): Promise<string> {
  server.listen(port, host);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    const reason = reasons[error.code ?? '']?.(flag);
    throw reason ? new UserError(`cannot listen at ${host}, port ${port}: ${reason}`) : error;
  });
  const { address, family, port: found } = server.address() as AddressInfo;
  return `${family === 'IPv6' ? `[${address}]` : address}:${found}`;
}
