/** The protocol over gRPC: the same answers as over REST, gRPC's errors and deadlines, and clients that others wrote. */
import assert from 'node:assert/strict';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type CallOptions, Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { listenGrpc, type Serving } from '../../src/serve/index.js';
import type { Entry } from '../../src/serve/log.js';
import { Health, HealthCheckResponse_ServingStatus as Status } from '../../src/serve/protocol/grpc/health_pb.js';
import { GRPCInferenceService } from '../../src/serve/protocol/grpc/inference_pb.js';
import { temporaryFolder } from '../data/fixtures.js';
import { CLASSES, call, jsonOf, post, serving, size } from './models.js';
import { publishedProto } from './published.js';
import { printed, pythonWith } from './python.js';

const folder = await temporaryFolder();
const closers: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
});

async function started(server: Serving) {
  const { url, close } = await listenGrpc(server, { port: 0 });
  closers.push(() => server.close(), close);
  const transport = createGrpcTransport({
    baseUrl: url.replace('grpc:', 'http:'),
    nodeOptions: { maxSessionMemory: 64 },
  });
  return { url, close, stub: createClient(GRPCInferenceService, transport), health: createClient(Health, transport) };
}
const server = await serving(folder, ['classifier', 'maker']);
const { stub, health, url } = await started(server);

const pixels = Uint8Array.from({ length: 2 * size[0] * size[1] * 3 }, (_, i) => (i * 7) % 256);
const shape = [2, ...size, 3];
const tensor = { name: 'images', datatype: 'UINT8', shape: shape.map(BigInt) };
const raw = { modelName: 'classifier', inputs: [tensor], rawInputContents: [pixels] };
const inputs = [{ name: 'images', datatype: 'UINT8', shape, data: Array.from(pixels) }];
const { outputs } = await jsonOf(post(server, '/v2/models/classifier/infer', { inputs }));
const [{ data: expected }] = outputs as unknown as [{ data: number[] }];

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'OK',
    (error) => Code[ConnectError.from(error).code]!,
  );
const near = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  assert.equal(a.length, b.length);
  for (let i = 0; i < a.length; i++) assert.ok(Math.abs(a[i]! - b[i]!) < 1e-5, `${a[i]} and ${b[i]}`);
};

describe('gRPC', () => {
  it('tells of the server and of models', async () => {
    assert.equal((await stub.serverLive({})).live, true);
    assert.equal((await stub.serverReady({})).ready, true);
    assert.equal((await stub.modelReady({ name: 'maker', version: '1' })).ready, true);
    assert.equal((await stub.serverMetadata({})).name, 'resmirror');
    const { name, versions, inputs: given, outputs: made } = await stub.modelMetadata({ name: 'classifier' });
    assert.deepEqual([name, versions], ['classifier', ['1']]);
    assert.deepEqual(given[0]!.shape, [-1n, ...size.map(BigInt), 3n]);
    assert.deepEqual([made[0]!.name, made[0]!.datatype], ['probabilities', 'FP32']);
    assert.equal((await health.check({})).status, Status.SERVING);
    assert.equal((await health.check({ service: 'inference.GRPCInferenceService' })).status, Status.SERVING);
    assert.equal(await codeOf(health.check({ service: 'other' })), 'NotFound');
  });

  it('answers as REST does, raw where the request is raw and typed where it is typed', async () => {
    const answer = await stub.modelInfer({ ...raw, id: 'a-7' });
    assert.deepEqual([answer.modelName, answer.modelVersion, answer.id], ['classifier', '1', 'a-7']);
    assert.deepEqual(answer.outputs[0]!.shape, [2n, BigInt(CLASSES.length)]);
    near(new Float32Array(new Uint8Array(answer.rawOutputContents[0]!).buffer), expected);
    const contents = { uintContents: Array.from(pixels) };
    const typed = await stub.modelInfer({ modelName: 'classifier', inputs: [{ ...tensor, contents }] });
    assert.equal(typed.rawOutputContents.length, 0);
    near(typed.outputs[0]!.contents!.fp32Contents, expected);
    const vectors = { name: 'vectors', datatype: 'FP32', shape: [1n, 6n] };
    const fp32Contents = [0.5, -1, 2, 0, 0.25, -0.75];
    const made = await stub.modelInfer({ modelName: 'maker', inputs: [{ ...vectors, contents: { fp32Contents } }] });
    const bytes = new Uint8Array(Float32Array.from(fp32Contents).buffer);
    const same = await stub.modelInfer({ modelName: 'maker', inputs: [vectors], rawInputContents: [bytes] });
    assert.deepEqual(
      Uint8Array.from(made.outputs[0]!.contents!.uintContents),
      new Uint8Array(same.rawOutputContents[0]!),
    );
  });

  it("has gRPC's codes, and says what was expected", async () => {
    const cases: readonly (readonly [request: object, code: string, says: RegExp])[] = [
      [{ ...raw, modelName: 'none' }, 'NotFound', /no model is called 'none'/],
      [{ ...raw, modelVersion: '9' }, 'NotFound', /no version '9'/],
      [{ ...raw, inputs: [] }, 'InvalidArgument', /expected inputs/],
      [{ ...raw, rawInputContents: [] }, 'InvalidArgument', /contents or as raw/],
      [{ ...raw, rawInputContents: [pixels, pixels] }, 'InvalidArgument', /each of 1 inputs, got 2/],
      [
        { ...raw, rawInputContents: [pixels.subarray(1)] },
        'InvalidArgument',
        /expected 2304 bytes for images, got 2303/,
      ],
      [{ ...raw, inputs: [{ ...tensor, datatype: 'FP16' }] }, 'InvalidArgument', /UINT8 \[n, 16, 24, 3\], got FP16/],
      [{ ...raw, inputs: [{ ...tensor, contents: {} }] }, 'InvalidArgument', /once/],
      [{ ...raw, inputs: [{ ...tensor, shape: [10n ** 17n, 16n, 24n, 3n] }] }, 'InvalidArgument', /bytes for images/],
      [
        { modelName: 'classifier', inputs: [{ ...tensor, contents: { intContents: [1] } }] },
        'InvalidArgument',
        /expected 2304 numbers for images in uint_contents, got 0/,
      ],
      [{ ...raw, outputs: [{ name: 'logits' }] }, 'InvalidArgument', /no output is called 'logits'/],
      [{ ...raw, inputs: new Array(20_000).fill({}) }, 'ResourceExhausted', /at most 10000 parts/],
      [{ ...raw, rawInputContents: [new Uint8Array(16_000_001)] }, 'ResourceExhausted', /./],
    ];
    for (const [request, code, says] of cases) {
      const error = ConnectError.from(await stub.modelInfer(request).catch((reason) => reason));
      assert.equal(Code[error.code], code, error.message);
      assert.match(error.rawMessage, says);
      assert.doesNotMatch(error.message, new RegExp(folder));
    }
  });

  it('asks for keys, but not of probes; echoes request ids, counts and logs', async () => {
    const lines: Entry[] = [];
    const keyed = await serving(folder, ['classifier'], { keys: ['secret'], log: (line) => void lines.push(line) });
    const { stub, health } = await started(keyed);
    assert.equal(await codeOf(stub.modelInfer(raw)), 'Unauthenticated');
    assert.equal(await codeOf(stub.modelMetadata({ name: 'classifier' })), 'Unauthenticated');
    assert.equal((await health.check({})).status, Status.SERVING);
    assert.equal((await stub.serverReady({})).ready, true);
    const ids: (string | null)[] = [];
    const headers = { authorization: 'Bearer secret', 'x-request-id': 'mine-1' };
    const options: CallOptions = { headers, onHeader: (got) => void ids.push(got.get('x-request-id')) };
    near(
      new Float32Array(new Uint8Array((await stub.modelInfer(raw, options)).rawOutputContents[0]!).buffer),
      expected,
    );
    assert.deepEqual(ids, ['mine-1']);
    assert.ok(lines.some(({ path, request }) => request === 'mine-1' && `${path}`.endsWith('/ModelInfer')));
    const figures = await (await call(keyed, '/metrics', { headers: { 'X-API-Key': 'secret' } })).text();
    assert.match(
      figures,
      /requests_total\{route="\/inference.GRPCInferenceService\/ModelInfer",method="gRPC",code="16"\} 1/,
    );
  });

  it('drops what is late or not wanted any more, refuses what is too much, and drains', async () => {
    const slow = await serving(folder, ['classifier'], {
      batch: { delay: 60_000, queue: 4, max: 8 },
      limits: { concurrency: 2 },
    });
    const { stub, close } = await started(slow);
    const waiting = async () =>
      Number(/queue_rows\{[^}]*\} (\d+)/.exec(await (await call(slow, '/metrics')).text())![1]);
    const until = async (rows: number) => {
      for (let i = 0; i < 200 && (await waiting()) !== rows; i++) await new Promise((done) => setTimeout(done, 20));
      assert.equal(await waiting(), rows);
    };
    assert.equal(await codeOf(stub.modelInfer(raw, { timeoutMs: 100 })), 'DeadlineExceeded');
    await until(0);
    const timeout = { parameterChoice: { case: 'int64Param', value: 50_000n } } as const;
    assert.equal(await codeOf(stub.modelInfer({ ...raw, parameters: { timeout } })), 'DeadlineExceeded');
    const gone = new AbortController();
    const first = codeOf(stub.modelInfer(raw, { signal: gone.signal }));
    const other = codeOf(stub.modelInfer(raw, { signal: gone.signal }));
    await until(4);
    assert.equal(await codeOf(stub.modelInfer(raw)), 'Unavailable');
    gone.abort();
    assert.deepEqual([await first, await other], ['Canceled', 'Canceled']);
    await until(0);
    const last = codeOf(stub.modelInfer(raw, { timeoutMs: 1000 }));
    await until(2);
    const closing = close();
    assert.equal((await stub.serverReady({})).ready, false);
    assert.equal(await codeOf(stub.modelInfer(raw)), 'Unavailable');
    assert.equal(await last, 'DeadlineExceeded');
    await closing;
    assert.equal(await codeOf(stub.serverLive({})), 'Unavailable');
  });

  it('reads no more messages than may soon be at work', async () => {
    const narrow = await serving(folder, ['classifier'], { batch: { delay: 60_000 }, limits: { concurrency: 1 } });
    const { stub, url } = await started(narrow);
    const session = connect(url.replace('grpc:', 'http:'));
    const headers = { ':path': '/inference.GRPCInferenceService/ModelInfer', ':method': 'POST', te: 'trailers' };
    const halves = [1, 2].map(() => session.request({ ...headers, 'content-type': 'application/grpc' }));
    for (const half of halves) half.on('error', () => {}).write(new Uint8Array(3));
    const refused = async () => (await codeOf(stub.serverLive({}))) === 'Unavailable';
    for (let i = 0; i < 200 && !(await refused()); i++) await new Promise((done) => setTimeout(done, 20));
    assert.equal(await refused(), true);
    for (const half of halves) half.close();
    for (let i = 0; i < 200 && (await refused()); i++) await new Promise((done) => setTimeout(done, 20));
    assert.equal(await refused(), false);
    session.close();
  });

  it('does not mind other talk on its socket', async () => {
    const session = connect(url.replace('grpc:', 'http:'));
    const status = await new Promise((resolve) => {
      const stream = session.request({ ':path': '/etc/passwd', ':method': 'GET' });
      stream.on('response', (headers) => resolve(headers[':status'])).resume();
    });
    session.close();
    assert.equal(status, 404);
    const bytes = { headers: { 'content-type': 'application/grpc' }, method: 'POST', body: 'x' };
    await assert.rejects(fetch(url.replace('grpc:', 'http:'), bytes)); // HTTP/1.1
    assert.equal((await stub.serverLive({})).live, true);
  });

  const python = pythonWith('grpc', 'grpc_tools');
  it("answers Python's grpcio", { skip: python ? false : 'Python has no grpcio here' }, async () => {
    const image = join(folder, 'pixels');
    await writeFile(image, pixels.subarray(0, pixels.length / 2));
    const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
    const protos = join(folder, 'published');
    await mkdir(protos);
    await writeFile(join(protos, 'inference.proto'), publishedProto()); // the client knows nothing of ours
    await copyFile(at('src/serve/protocol/grpc/health.proto'), join(protos, 'health.proto'));
    const args = [at('test/serve/client.py'), folder, protos, url.replace('grpc://', ''), image, ''];
    const { raw, typed, ...told } = (await printed(python!, args)) as Record<'raw' | 'typed', number[]>;
    assert.deepEqual(told, {
      live: true,
      ready: true,
      modelReady: true,
      server: 'resmirror',
      health: Status.SERVING,
      inputs: [['images', 'UINT8', [-1, ...size, 3]]],
      id: 'a-7',
      codes: ['NOT_FOUND', 'INVALID_ARGUMENT', 'NOT_FOUND', 'RESOURCE_EXHAUSTED', 'UNIMPLEMENTED', 'OK'],
    });
    for (const found of [raw, typed]) near(found, expected.slice(0, CLASSES.length));
  });
});
