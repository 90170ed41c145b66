/** Ten thousand requests that nobody should send, at handlers and at sockets: answers are never 500, and memory comes back. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { type Entry, listen } from '../../src/serve/index.js';
import { temporaryFolder } from '../data/fixtures.js';
import { photo, serving, size } from './models.js';
import { memoryNow, said, statuses } from './sockets.js';

const HANDLED = 7000;
const CONNECTIONS = 300;
const EACH = 10;
/** Milliseconds without an answer, after which a connection has said all. */
const QUIET = 40;

const folder = await temporaryFolder();
const failures: Entry[] = [];
const server = await serving(folder, ['classifier', 'maker'], {
  log: (entry) => {
    if (entry.event === 'failure') failures.push(entry);
  },
});
const listening = await listen(server, { port: 0, headTimeout: 3000, requestTimeout: 5000 });
after(async () => {
  await listening.close(1000);
  await server.close();
});
const image = Buffer.from(await photo());

const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const names = fc.oneof(oneOf('classifier', 'maker', '..', '%2e%2e', '__proto__', 'constructor', '%'), fc.webSegment());
const verbs = oneOf(
  'infer',
  'ready',
  'classify',
  'embed',
  'explain',
  'reconstruct',
  'generate',
  'versions/1/infer',
  '',
);
const queries = fc.oneof(
  oneOf('', '?top=3', '?top=-1', '?stage=1', '?class=bee', '?top=1&top=2'),
  fc.webQueryParameters().map((text) => `?${text}`),
);
const paths = fc.oneof(
  fc
    .tuple(oneOf('/v1/models', '/v2/models', '/v2', ''), names, verbs, queries)
    .map(([root, name, verb, query]) => `${root}/${name}/${verb}${query}`),
  oneOf('/v1/models', '/metrics', '/openapi.json', '/v2/health/ready', '//', '/v2/models/'),
  fc.webPath(),
);

/** An inference request with something else in one of its places. */
const tensors = fc
  .record({
    name: fc.oneof(oneOf('images', 'vectors', '__proto__'), fc.jsonValue()),
    shape: fc.oneof(oneOf([1, ...size, 3], [1, 6], [0], [1e15, ...size, 3]), fc.jsonValue()),
    datatype: fc.oneof(oneOf('UINT8', 'FP32', 'BYTES'), fc.jsonValue()),
    parameters: fc.oneof(oneOf({ binary_data_size: 1152 }, { binary_data_size: -1 }, {}), fc.jsonValue()),
    data: fc.oneof(oneOf(new Array(1152).fill(7), new Array(6).fill(0.5), [[[]]], ['1']), fc.jsonValue()),
  })
  .map((input) => ({ inputs: [input] }));
const json = fc
  .oneof(
    tensors,
    fc.jsonValue(),
    oneOf({ count: 2 }, { count: 1e9 }, { vectors: [[1]] }, [image.toString('base64')], { images: ['%'] }),
  )
  .map((value) => Buffer.from(JSON.stringify(value)));
/** The image with one piece replaced by something else. */
const damaged = fc
  .tuple(fc.nat(image.length), fc.uint8Array({ maxLength: 40 }), fc.nat(image.length))
  .map(([at, piece, rest]) => Buffer.concat([image.subarray(0, at), piece, image.subarray(rest)]));
const form = damaged.map((bytes) =>
  Buffer.concat([
    Buffer.from('--b\r\nContent-Disposition: form-data; name="a"; filename="x"\r\n\r\n'),
    bytes,
    Buffer.from('\r\n--b--'),
  ]),
);
const bodies = fc.oneof(
  json,
  damaged,
  form,
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);
const headers = fc.dictionary(
  oneOf(
    'Content-Type',
    'Accept',
    'Content-Encoding',
    'Inference-Header-Content-Length',
    'X-Request-Id',
    'Authorization',
    'Range',
  ),
  fc.oneof(
    oneOf(
      'application/json',
      'multipart/form-data; boundary=b',
      'multipart/form-data',
      'image/png',
      '*/*;q=x',
      '10',
      '-1',
      '1e9',
      'gzip',
      '',
    ),
    fc.stringMatching(/^[ -~]{0,40}$/),
  ),
);

const fine = (status: number) => (status >= 200 && status < 500) || status === 503 || status === 504;

describe('malformed requests', { timeout: 300_000 }, () => {
  it(`${HANDLED} at the handlers, and ${CONNECTIONS * EACH} at sockets: no 500, and memory comes back`, async () => {
    const seen = { handlers: new Map<number, number>(), sockets: new Map<number, number>() };
    const count = (where: Map<number, number>, status: number) => {
      where.set(status, (where.get(status) ?? 0) + 1);
      assert.ok(fine(status), `${status}`);
    };
    const handled = (numRuns: number) =>
      fc.assert(
        fc.asyncProperty(
          oneOf('GET', 'POST', 'PUT', 'DELETE'),
          paths,
          headers,
          bodies,
          async (method, path, given, body) => {
            const request = new Request(`http://here${path}`, {
              method,
              headers: given,
              ...(method !== 'GET' && { body }),
            });
            const response = await server.fetch(request);
            await response.arrayBuffer();
            count(seen.handlers, response.status);
          },
        ),
        { numRuns },
      );
    const raw = fc
      .tuple(oneOf('GET', 'POST', 'P ST', ''), paths, headers, bodies, fc.nat(4), fc.uint8Array({ maxLength: 9 }))
      .map(([method, path, given, body, lie, noise]) => {
        const lines = Object.entries(given).map(([name, value]) => `${name}: ${value}\r\n`);
        const length = [
          `Content-Length: ${body.length}\r\n`,
          `Content-Length: ${body.length + lie}\r\n`,
          'Transfer-Encoding: chunked\r\n',
        ][lie % 3];
        const head = Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: here\r\n${lines.join('')}${length}\r\n`);
        return Buffer.concat([head, body, lie === 4 ? noise : Buffer.alloc(0)]);
      });
    const atSockets = (numRuns: number) =>
      fc.assert(
        fc.asyncProperty(fc.array(raw, { minLength: EACH, maxLength: EACH }), async (pieces) => {
          for (const status of statuses(await said(listening.url, pieces, QUIET))) count(seen.sockets, status);
        }),
        { numRuns },
      );
    await handled(500);
    await atSockets(20);
    const before = await memoryNow();
    await handled(HANDLED - 500);
    await atSockets(CONNECTIONS - 20);
    const after = await memoryNow();
    assert.deepEqual(failures, []);
    for (const where of Object.values(seen))
      for (const status of [200, 400, 404]) assert.ok(where.get(status), `${status}`);
    const more = (after.heap - before.heap) / 1e6;
    assert.ok(more < 10, `${more.toFixed(1)} MB more on the heap`);
    const { status } = await fetch(`${listening.url}/v1/models/classifier/classify`, { method: 'POST', body: image });
    assert.equal(status, 200);
  });
});
