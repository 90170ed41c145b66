/** What is refused before a body is read. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { after, describe, it } from 'node:test';
import { listen, listenGrpc } from '../../src/serve/index.js';
import { temporaryFolder } from '../data/fixtures.js';
import { photo, serving } from './models.js';
import { connection, said, statuses } from './sockets.js';

const folder = await temporaryFolder();
const PATH = '/v1/models/classifier/classify';
const image = Buffer.from(await photo());
const closers: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
});

async function started(...given: Parameters<typeof serving> extends [string, ...infer R] ? R : never) {
  const server = await serving(folder, ...given);
  closers.push(() => server.close());
  return server;
}

/** A request whose body is never there, and how often somebody wanted it. */
function unread(path: string, headers: Readonly<Record<string, string>> = {}) {
  const wanted = { times: 0 };
  const body = new ReadableStream({ pull: () => void wanted.times++ }, { highWaterMark: 0 });
  const init = { method: 'POST', headers, body, duplex: 'half' };
  return { wanted, request: new Request(`http://here${path}`, init as RequestInit) };
}

const EXPECTING = 'Expect: 100-continue\r\n';
const head = (path: string, more = '') =>
  `POST ${path} HTTP/1.1\r\nHost: here\r\nContent-Length: ${image.length}\r\n${more}\r\n`;

describe('without its body a request is refused', { timeout: 60_000 }, () => {
  it('that has no key, names no model, or cannot be answered so', async () => {
    const server = await started(['classifier', 'maker'], { keys: ['secret'] });
    const key = { 'X-API-Key': 'secret' };
    for (const [path, headers, status] of [
      [PATH, {}, 401],
      ['/v2/models/classifier/infer', { 'X-API-Key': 'other' }, 401],
      ['/v2/models/none/infer', key, 404],
      ['/v2/models/classifier/versions/7/infer', key, 404],
      ['/v1/models/none/classify', key, 404],
      ['/v1/models/maker/classify', key, 400],
      [`${PATH}?tip=1`, key, 400],
      [PATH, { ...key, Accept: 'text/html' }, 406],
      ['/v1/models/none/generate', key, 404],
      ['/v1/models/classifier/generate', key, 400],
    ] as const) {
      const { wanted, request } = unread(path, headers);
      assert.equal((await server.fetch(request)).status, status, path);
      assert.equal(wanted.times, 0, path);
    }
  });

  it('that there is no room for', async () => {
    const server = await started(['classifier'], { batch: { max: 1, delay: 60_000, queue: 1 } });
    const slow = await started(['classifier'], { batch: { max: 8, delay: 60_000, queue: 1 } });
    const gone = new AbortController();
    const first = slow.fetch(new Request(`http://here${PATH}`, { method: 'POST', body: image, signal: gone.signal }));
    const waiting = async () =>
      /queue_rows\{[^}]*\} 1/.test(await (await slow.fetch(new Request('http://here/metrics'))).text());
    for (let i = 0; i < 200 && !(await waiting()); i++) await new Promise((done) => setTimeout(done, 20));
    for (const path of [PATH, '/v2/models/classifier/infer']) {
      const { wanted, request } = unread(path);
      const answer = await slow.fetch(request);
      assert.deepEqual([answer.status, answer.headers.get('Retry-After')], [503, '1']);
      assert.equal(wanted.times, 0);
    }
    gone.abort();
    await first;
    await server.drain();
    const { wanted, request } = unread(PATH);
    assert.equal((await server.fetch(request)).status, 503);
    assert.equal(wanted.times, 0);
  });

  it('and a client that asks whether to send it is told to only where it is wanted', async () => {
    const server = await started(['classifier']);
    const { url, close } = await listen(server, { port: 0 });
    closers.push(() => close(1000));
    const refused = await said(url, [head('/v1/models/none/classify', EXPECTING)]);
    assert.deepEqual(statuses(refused), [404]);
    assert.match(refused, /Connection: close/i);
    const socket = await connection(url);
    socket.write(head(PATH, EXPECTING));
    assert.deepEqual(statuses(`${(await once(socket, 'data'))[0]}`), [100]);
    for (let i = 0; i < 2; i++) {
      socket.write(image);
      const answer = `${(await once(socket, 'data'))[0]}`;
      assert.deepEqual(statuses(answer), [200]);
      assert.doesNotMatch(answer, /Connection: close/i);
      if (i === 0) socket.write(head(PATH)); // the connection goes on
    }
    socket.destroy();
  });

  it('over gRPC too, with the message still on its way', async () => {
    const server = await started(['classifier'], { keys: ['secret'] });
    const { url, close } = await listenGrpc(server, { port: 0 });
    closers.push(() => close(1000));
    const session = connect(url.replace('grpc:', 'http:'));
    const ask = async (more: object) => {
      const stream = session.request({
        ':path': '/inference.GRPCInferenceService/ModelInfer',
        ':method': 'POST',
        'content-type': 'application/grpc',
        te: 'trailers',
        ...more,
      });
      stream.on('error', () => {}).write(Buffer.from([0, 0, 0x10, 0, 0, 1])); // of a megabyte one byte
      const [headers] = (await once(stream, 'response')) as [Record<string, string>];
      stream.close();
      return headers;
    };
    const {
      'grpc-status': status,
      'grpc-message': message,
      'x-request-id': id,
    } = await ask({ 'x-request-id': 'mine' });
    assert.deepEqual(
      [status, decodeURIComponent(message!), id],
      ['16', 'expected a key as Authorization: Bearer KEY', 'mine'],
    );
    const draining = server.drain();
    assert.equal((await ask({ authorization: 'Bearer secret' }))['grpc-status'], '14');
    await draining;
    session.close();
  });
});
