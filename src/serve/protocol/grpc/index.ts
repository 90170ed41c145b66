/**
 * The Open Inference Protocol over gRPC, and gRPC's own health check: the same models, limits, keys, figures and log as over REST.
 * https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_grpc.md
 */
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
import { Health, HealthCheckResponse_ServingStatus as Status } from './health_pb.js';
import { infer, timeoutOf } from './infer.js';
import { GRPCInferenceService } from './inference_pb.js';
import { measured } from './measured.js';
import { noted } from './noted.js';

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

/** What `Work` counts. */
const WORK: ReadonlySet<string> = new Set(['ModelInfer']);

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

interface Called {
  readonly service: { readonly typeName: string };
  readonly method: { readonly name: string };
}
const routeOf = ({ service, method }: Called): string => `/${service.typeName}/${method.name}`;

/** Around every call notes of it, and errors of gRPC. */
const around =
  (state: GrpcState): Interceptor =>
  (next) =>
  async (call) => {
    const notes = noted(state, { route: routeOf(call), header: call.header });
    try {
      const answer = await next(call);
      notes.done(answer.header);
      return answer;
    } catch (error) {
      throw notes.failed(call.signal.aborted ? ConnectError.from(call.signal.reason) : error);
    }
  };

/**
 * What answers the streams of an HTTP/2 server. Calls without a key, and work that there is no room for, are refused before their messages are read.
 * A message is read before its call begins to count as work, so calls beyond twice as many as may be at work are refused unread too: they
 * would only fill the memory.
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
  const checkKey = state.keys.length > 0 ? keyCheck(state.keys) : () => {};
  const check = (name: string, header: Headers): void => {
    if (!OPEN.has(name)) checkKey({ headers: header });
    if (WORK.has(name)) state.work.check();
  };
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  const answer = async (request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> => {
    const handler = handlers.get(request.url);
    if (!handler) return void response.writeHead(404).end();
    const given = universalRequestFromNodeRequest(request, response, undefined, undefined);
    try {
      check(handler.method.name, given.header);
    } catch (error) {
      return refuse(response, noted(state, { route: routeOf(handler), header: given.header }).failed(error));
    }
    const limits = { message: handler.method.input, limit: state.bodyLimit };
    const body = measured(given.body as AsyncIterable<Uint8Array>, limits);
    await universalResponseToNodeResponse(await handler({ ...given, body }), response);
  };
  let open = 0;
  return (request, response) => {
    if (open >= 2 * state.concurrency)
      return refuse(response, new ConnectError('too many calls are open; try again later', Code.Unavailable));
    open++;
    response.once('close', () => open--);
    answer(request, response).catch(() => response.stream.close()); // the client has gone while it was answered
  };
}

/** Says so in the head of an answer, which gRPC calls trailers only, and ends the stream. */
function refuse(response: Http2ServerResponse, { code, rawMessage, metadata }: ConnectError): void {
  for (const [name, value] of metadata) response.setHeader(name, value);
  response.setHeader('Content-Type', 'application/grpc');
  response.setHeader('grpc-status', code);
  response.setHeader('grpc-message', encodeURIComponent(rawMessage));
  response.end();
}
