/** The addresses of the Open Inference Protocol. */
import { VERSION } from '../../version.js';
import { json, type Operation, ofVersions } from '../operation.js';
import type { Registry } from '../registry.js';
import type { Threads } from '../threads/index.js';
import { infer } from './infer.js';
import * as schemas from './schemas.js';
import { metadataOf } from './tensors.js';

export interface State {
  readonly registry: Registry;
  /** Whether new work is taken. */
  readonly ready: () => boolean;
  /** Where much JSON is read and written. */
  readonly threads: Threads;
}

export const SERVER = { name: 'resmirror', version: VERSION, extensions: ['binary_tensor_data'] } as const;

/** What a model takes and gives. @throws HttpError 404 for names and versions that there are not */
export const metadata = (
  { registry }: Pick<State, 'registry'>,
  asked: { name: string; version?: string | undefined },
) =>
  registry.use(asked, ({ main }) => ({
    name: asked.name,
    versions: registry.versions(asked.name),
    platform: 'onnxruntime_resmirror',
    inputs: main.inputs.map(metadataOf),
    outputs: [metadataOf(main.output)],
  }));

const JSON_TYPE = 'application/json';

export const protocolOperations = ({ registry, ready, threads }: State): Operation[] => [
  {
    method: 'GET',
    path: '/v2',
    summary: 'What the server is',
    answer: { [JSON_TYPE]: schemas.ServerMetadata },
    run: () => json(SERVER),
  },
  {
    method: 'GET',
    path: '/v2/health/live',
    summary: 'Whether the server runs',
    answer: { [JSON_TYPE]: schemas.Live },
    open: true,
    run: () => json({ live: true }),
  },
  {
    method: 'GET',
    path: '/v2/health/ready',
    summary: 'Whether the server takes work: 503 while it comes to its end',
    answer: { [JSON_TYPE]: schemas.Ready },
    open: true,
    run: () => json({ ready: ready() }, { status: ready() ? 200 : 503 }),
  },
  ...ofVersions({
    method: 'GET',
    path: '/v2/models/{name}',
    summary: 'What a model takes and gives',
    answer: { [JSON_TYPE]: schemas.ModelMetadata },
    run: async ({ params: { name = '', version } }) => json(await metadata({ registry }, { name, version })),
  }),
  ...ofVersions({
    method: 'GET',
    path: '/v2/models/{name}/ready',
    summary: 'Whether a model takes work',
    answer: { [JSON_TYPE]: schemas.ModelReady },
    run: ({ params: { name = '', version } }) =>
      registry.use({ name, version }, () => json({ name, ready: ready() }, { status: ready() ? 200 : 503 })),
  }),
  ...ofVersions({
    method: 'POST',
    path: '/v2/models/{name}/infer',
    summary: 'Tensors through a model: UINT8 pixels [n, h, w, c], or FP32 vectors [n, d] of models that make images',
    body: {
      [JSON_TYPE]: schemas.InferRequest,
      'application/octet-stream':
        'the JSON, its length in Inference-Header-Content-Length, and the bytes of tensors behind it',
    },
    answer: {
      [JSON_TYPE]: schemas.InferResponse,
      'application/octet-stream': 'the JSON, and the bytes of tensors behind it',
    },
    errors: [400, 413, 504],
    works: true,
    run: (asked) => {
      const { name = '', version } = asked.params;
      return registry.use({ name, version }, (model, found) => infer({ model, name, version: found, threads }, asked));
    },
  }),
];
