/**
 * The Open Inference Protocol over gRPC, and gRPC's own health check: the same models, limits, keys, figures and log as over REST.
 * https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_grpc.md
 */
import { randomUUID } from 'node:crypto';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createConnectRouter,
  type HandlerContext,
  type Interceptor,
} from '@connectrpc/connect';
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from '@connectrpc/connect-node';
import { keyCheck } from '../../keys.js';
import type { Log } from '../../log.js';
import type { Metrics } from '../../metrics.js';
import type { Work } from '../../work.js';
import { metadata, SERVER, type State } from '../index.js';
import { told } from './failure.js';
import { Health, HealthCheckResponse_ServingStatus as Status } from './health_pb.js';
import { infer, timeoutOf } from './infer.js';
import { GRPCInferenceService } from './inference_pb.js';
import { measured } from './measured.js';

export interface GrpcState extends State {
  readonly work: Work;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Bytes of a message. */
  readonly bodyLimit: number;
  /** Requests at work at once. */
  readonly concurrency: number;
  /** None: everybody may ask. */
  readonly keys: readonly string[];
}

/** Answered without a key: probes have none. */
const OPEN: ReadonlySet<string> = new Set(['ServerLive', 'ServerReady', 'Check']);

const versionOf = (version: string) => (version === '' ? undefined : version);

const routes = (state: GrpcState) => (router: ConnectRouter) => {
  const { registry, ready, work } = state;
  router.service(GRPCInferenceService, {
    serverLive: () => ({ live: true }),
    serverReady: () => ({ ready: ready() }),
    modelReady: ({ name, version }) => registry.use({ name, version: versionOf(version) }, () => ({ ready: ready() })),
    serverMetadata: () => ({ ...SERVER, extensions: [...SERVER.extensions] }),
    async modelMetadata({ name, version }) {
      const { inputs, outputs, versions, ...rest } = await metadata(state, { name, version: versionOf(version) });
      const big = ({ shape, ...tensor }: (typeof inputs)[number]) => ({ ...tensor, shape: shape.map(BigInt) });
      return { ...rest, versions: [...versions], inputs: inputs.map(big), outputs: outputs.map(big) };
    },
    modelInfer: (request, context: HandlerContext) =>
      work.do(context, ({ signal, within }) => {
        const timeout = timeoutOf(request);
        if (timeout !== undefined) within(timeout / 1000);
        const asked = { name: request.modelName, version: versionOf(request.modelVersion) };
        return registry.use(asked, (model, version) => infer(model, { request, version }, signal));
      }),
  });
  router.service(Health, {
    check({ service }) {
      if (service !== '' && service !== GRPCInferenceService.typeName && service !== Health.typeName)
        throw new ConnectError(`no service is called '${service}'`, Code.NotFound);
      return { status: ready() ? Status.SERVING : Status.NOT_SERVING };
    },
  });
};

/** Around every call what all of them need: a request id, the key, an entry in the log, figures, and errors of gRPC. */
function around({ keys, metrics, log }: GrpcState): Interceptor {
  const check = keys.length > 0 ? keyCheck(keys) : () => {};
  return (next) => async (call) => {
    const start = performance.now();
    const route = `/${call.service.typeName}/${call.method.name}`;
    const request = /^[\w=-]{1,128}$/.exec(call.header.get('X-Request-Id') ?? '')?.[0] ?? randomUUID();
    const done = (code: number) => {
      const milliseconds = performance.now() - start;
      metrics.answered({ route, method: 'gRPC', code }, milliseconds / 1000);
      log({ level: 'info', event: 'request', request, method: 'gRPC', path: route, status: code, milliseconds });
    };
    try {
      if (!OPEN.has(call.method.name)) check({ headers: call.header });
      const answer = await next(call);
      answer.header.set('X-Request-Id', request);
      done(0);
      return answer;
    } catch (error) {
      const failure = call.signal.aborted ? ConnectError.from(call.signal.reason) : (told(error) ?? unknown());
      if (failure.code === Code.Internal)
        log({ level: 'error', event: 'failure', request, message: String((error as Error)?.stack ?? error) });
      failure.metadata.set('X-Request-Id', request);
      done(failure.code);
      throw failure;
    }
  };
}

const unknown = () =>
  new ConnectError('something went wrong here; the log has the reason under this request id', Code.Internal);

/**
 * What answers the streams of an HTTP/2 server. A message is read before its call begins to count as work, so calls beyond twice
 * as many as may be at work are refused unread: they would only fill the memory.
 */
export function grpcHandler(state: GrpcState): (request: Http2ServerRequest, response: Http2ServerResponse) => void {
  const router = createConnectRouter({
    interceptors: [around(state)],
    grpc: true,
    grpcWeb: false,
    connect: false,
    readMaxBytes: state.bodyLimit,
    acceptCompression: [], // as over REST: pixels hardly shrink, and a small message could be a large one
  });
  routes(state)(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  const answer = async (request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> => {
    const handler = handlers.get(request.url);
    if (!handler) return void response.writeHead(404).end();
    const given = universalRequestFromNodeRequest(request, response, undefined, undefined);
    const limits = { message: handler.method.input, limit: state.bodyLimit };
    const body = measured(given.body as AsyncIterable<Uint8Array>, limits);
    await universalResponseToNodeResponse(await handler({ ...given, body }), response);
  };
  let open = 0;
  return (request, response) => {
    if (open >= 2 * state.concurrency) return refuse(response);
    open++;
    response.once('close', () => open--);
    answer(request, response).catch(() => response.stream.close()); // the client has gone while it was answered
  };
}

function refuse(response: Http2ServerResponse): void {
  response.setHeader('Content-Type', 'application/grpc');
  response.setHeader('grpc-status', Code.Unavailable);
  response.setHeader('grpc-message', 'too many calls are open; try again later');
  response.end();
}
