/** What is noted of every call: its id, an entry in the log, figures; and its errors as gRPC has them. */
import { randomUUID } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import type { Log } from '../../log.js';
import type { Metrics } from '../../metrics.js';
import { told } from './failure.js';

const ID = 'X-Request-Id';

export interface Noted {
  /** Of an answer. */
  readonly done: (header: Headers) => void;
  /** What a client is told of an error. */
  readonly failed: (error: unknown) => ConnectError;
}

/** Begins the notes of a call. @param header of the request, whose id is echoed */
export function noted(
  { metrics, log }: { readonly metrics: Metrics; readonly log: Log },
  { route, header }: { readonly route: string; readonly header: Headers },
): Noted {
  const start = performance.now();
  const request = /^[\w=-]{1,128}$/.exec(header.get(ID) ?? '')?.[0] ?? randomUUID();
  const end = (code: number, to: Headers) => {
    const milliseconds = performance.now() - start;
    to.set(ID, request);
    metrics.answered({ route, method: 'gRPC', code }, milliseconds / 1000);
    log({ level: 'info', event: 'request', request, method: 'gRPC', path: route, status: code, milliseconds });
  };
  return {
    done: (to) => end(0, to),
    failed(error) {
      const failure = told(error) ?? unknown();
      if (failure.code === Code.Internal)
        log({ level: 'error', event: 'failure', request, message: String((error as Error)?.stack ?? error) });
      end(failure.code, failure.metadata);
      return failure;
    },
  };
}

const unknown = () =>
  new ConnectError('something went wrong here; the log has the reason under this request id', Code.Internal);
