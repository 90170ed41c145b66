/**
 * Models behind HTTP: the Open Inference Protocol, and addresses that take images as they are.
 *
 * ```ts
 * const serving = await openServing({ models: [{ name: 'photos', path: 'runs/photos' }] });
 * const answer = await serving.fetch(new Request('http://here/v1/models/photos/classify', { method: 'POST', body: jpeg }));
 * await serving.close();
 * ```
 *
 * @module resmirror/serve
 */
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { type ComputeOptions, defaultThreads } from '../runtime/index.js';
import { readModel } from '../weights/index.js';
import { createApp } from './app.js';
import type { BatchOptions } from './batch-queue.js';
import { imageOperations } from './images/index.js';
import type { Log } from './log.js';
import { createMetrics } from './metrics.js';
import { openApi } from './openapi.js';
import { json, type Operation } from './operation.js';
import { pageFiles, withPage } from './page.js';
import { protocolOperations } from './protocol/index.js';
import { type NamedPath, Registry } from './registry.js';
import { runsIn } from './runs/index.js';
import { ServedModel } from './served-model.js';
import { Threads } from './threads/index.js';
import { tryOperations } from './try/index.js';
import { Work } from './work.js';

export type { BatchOptions } from './batch-queue.js';
export { Certificate, type CertificateFiles } from './certificate.js';
export { keysIn } from './keys.js';
export { type Listening, type ListenOptions, listen, listenGrpc, nodeListener } from './listen.js';
export { type Entry, jsonLines, type Log } from './log.js';
export { type NamedPath, namedPath } from './registry.js';

/** What no client may exceed. */
export interface Limits {
  /** Bytes of a body; 16 MB by default. */
  readonly body: number;
  /** Pixels of an image; 25 million by default. */
  readonly pixels: number;
  /** Images of a request; 64 by default. */
  readonly images: number;
  /** Requests at work at once; 128 by default. */
  readonly concurrency: number;
  /** Milliseconds for a request, from its head to its answer; 30,000 by default. */
  readonly timeout: number;
}

const LIMITS: Limits = { body: 16_000_000, pixels: 25e6, images: 64, concurrency: 128, timeout: 30_000 };
/** Eight rows at most, of which none waits for more than 5 ms while the engine is free. */
const BATCH: BatchOptions = { max: 8, delay: 5, queue: 256 };

/** What `openServing` is told; everything but the models has a default. */
export interface ServingOptions extends ComputeOptions {
  readonly models: readonly NamedPath[];
  readonly batch?: Partial<BatchOptions>;
  readonly limits?: Partial<Limits>;
  /** Keys of clients; without any, everybody may ask. */
  readonly keys?: readonly string[];
  /** Origins of web pages that may ask; none by default. */
  readonly origins?: readonly string[];
  readonly log?: Log;
  /** Folder whose folders are runs, which the page shows; none by default. */
  readonly runs?: string | undefined;
  /** Milliseconds between looks for changed files; 1,000 by default, 0 for never. */
  readonly reload?: number;
}

/** Models that are open, and the ways to ask them. */
export interface Serving {
  readonly fetch: (request: Request) => Promise<Response>;
  /** The protocol over gRPC: what answers the streams of an HTTP/2 server. */
  readonly grpc: () => Promise<(request: Http2ServerRequest, response: Http2ServerResponse) => void>;
  /** The models, by name and version. */
  readonly models: readonly { readonly name: string; readonly version: string }[];
  /** Looks for changed files now; a change is loaded when it is seen a second time. */
  readonly look: () => Promise<void>;
  /**
   * Takes no new work; resolves when all that was taken is done.
   * @param limit milliseconds, after which requests at work are answered 503; none by default
   * @returns requests that were cut off
   */
  readonly drain: (limit?: number) => Promise<number>;
  readonly close: () => Promise<void>;
}

/** Loads the models, compiles what they are asked most, and answers from then on. @throws UserError for models that cannot be read */
export async function openServing(options: ServingOptions): Promise<Serving> {
  const { log = () => {}, keys = [], origins = [], device, threads, memory, precision, reload = 1000 } = options;
  const compute = { device, threads, memory, precision }; // of each model's engine
  const limits = { ...LIMITS, ...options.limits };
  const batch = { ...BATCH, ...options.batch };
  let registry: Registry | undefined;
  const metrics = createMetrics(function* () {
    for (const { name, version, model } of registry?.all() ?? []) yield { model: name, version, rows: model.waiting };
  });
  const load = async ({ name, path }: NamedPath) =>
    ServedModel.open(await readModel(path), { batch, ...compute, observe: (ran) => metrics.ran(name, ran) });
  registry = await Registry.open(options.models, load, log);
  if (reload > 0) registry.watch(reload);
  const besides = new Threads(defaultThreads());
  const work = new Work(limits, metrics.underWay);
  const state = { registry, ready: () => work.ready, threads: besides };
  const runs = runsIn(options.runs);
  const operations: Operation[] = [
    ...protocolOperations(state),
    ...imageOperations({ registry, threads: besides, limits }),
    ...tryOperations(),
    ...runs.operations,
    {
      method: 'GET',
      path: '/metrics',
      summary: 'Figures for Prometheus',
      answer: { 'text/plain': 'figures' },
      run: async () => new Response(await metrics.text(), { headers: { 'Content-Type': metrics.type } }),
    },
    {
      method: 'GET',
      path: '/openapi.json',
      summary: 'This document',
      answer: { 'application/json': 'the document' },
      run: () => json(document),
    },
  ];
  const document = openApi(operations, keys.length > 0);
  const common = { work, metrics, log, keys, bodyLimit: limits.body };
  const models = [...registry.all()].map(({ name, version }) => ({ name, version }));
  return {
    fetch: withPage(await pageFiles(), createApp({ operations, origins, ...common })),
    async grpc() {
      const { grpcHandler } = await import('./protocol/grpc/index.js'); // loaded where it is wanted
      return grpcHandler({ ...state, ...common, concurrency: limits.concurrency });
    },
    models,
    look: () => registry.look(),
    drain(limit) {
      runs.close();
      return work.drain(limit);
    },
    async close() {
      runs.close();
      await work.drain();
      await registry.close();
      await besides.close();
    },
  };
}
