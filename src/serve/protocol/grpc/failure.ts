/** Errors as gRPC has them. */
import { Code, ConnectError } from '@connectrpc/connect';
import { UserError } from '../../../errors.js';
import { HttpError } from '../../http-error.js';

/** https://grpc.io/docs/guides/status-codes/ */
const codes: { readonly [S in HttpError['status']]: Code } = {
  400: Code.InvalidArgument,
  401: Code.Unauthenticated,
  404: Code.NotFound,
  406: Code.InvalidArgument,
  408: Code.DeadlineExceeded,
  413: Code.ResourceExhausted,
  415: Code.InvalidArgument,
  499: Code.Canceled,
  503: Code.Unavailable,
  504: Code.DeadlineExceeded,
};

/** What a client is told; nothing for what only the log may know. */
export function told(error: unknown): ConnectError | undefined {
  if (error instanceof ConnectError) return error;
  if (error instanceof HttpError) return new ConnectError(error.message, codes[error.status], error.headers);
  if (error instanceof UserError) return new ConnectError(error.message, Code.InvalidArgument);
  return undefined;
}
