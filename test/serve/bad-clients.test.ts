/** Clients that are slow, lie, or go half way, at a socket: a server goes on for all others, and nothing of it is its own fault. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { type Entry, listen } from '../../src/serve/index.js';
import { temporaryFolder } from '../data/fixtures.js';
import { photo, serving } from './models.js';
import { connection, said, statuses } from './sockets.js';

const folder = await temporaryFolder();
const log: Entry[] = [];
const server = await serving(folder, ['classifier'], { log: (entry) => void log.push(entry) });
const HEAD_TIMEOUT = 2000;
const listening = await listen(server, { port: 0, headTimeout: HEAD_TIMEOUT, requestTimeout: 4000 });
after(async () => {
  await listening.close(1000);
  await server.close();
});
const { url } = listening;
const PATH = '/v1/models/classifier/classify';
const image = Buffer.from(await photo());

const head = (more: string, path = PATH) => `POST ${path} HTTP/1.1\r\nHost: here\r\n${more}\r\n\r\n`;
const good = async () => (await fetch(`${url}${PATH}`, { method: 'POST', body: image })).status;
const failures = () => log.filter(({ event }) => event === 'failure');

/** As many as are wanted, as far as the limit of open files allows: each takes one at either end. */
const allowed = Number(spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).stdout);
const SLOW = Math.min(1000, Math.floor((allowed - 200) / 2));

describe('a server with clients that', { timeout: 60_000 }, () => {
  it(`hold ${SLOW} connections with heads that never end: others are answered, and the slow ones cut off`, async () => {
    const start = performance.now();
    const slow = await Promise.all(Array.from({ length: SLOW }, () => connection(url)));
    const closed = Promise.all(slow.map((socket) => once(socket.resume(), 'close')));
    for (const socket of slow) socket.write('POST / HTTP/1.1\r\nHost: here\r\nX-Slow: ');
    const dripping = setInterval(() => {
      for (const socket of slow) if (socket.writable) socket.write('a');
    }, 200);
    for (let i = 0; i < 5; i++) assert.equal(await good(), 200);
    await closed;
    clearInterval(dripping);
    const took = performance.now() - start;
    assert.ok(took < HEAD_TIMEOUT + 10_000, `slow clients were there for ${took} ms`);
    assert.equal(await good(), 200);
  });

  it('hold bodies that never end: they are told so, and cut off', async () => {
    const socket = await connection(url);
    const told = once(socket, 'data') as Promise<[Buffer]>;
    socket.write(head('Content-Length: 9999'));
    socket.write(image.subarray(0, 100));
    const [answer] = await told;
    assert.deepEqual(statuses(`${answer}`), [408]);
    socket.destroy();
    assert.equal(await good(), 200);
  });

  it('close their half of the connection: they count as gone, and their work is dropped', async () => {
    for (const length of [image.length, 200]) {
      const socket = await connection(url);
      const closed = once(socket.resume(), 'close');
      socket.write(head(`Content-Length: ${image.length}`));
      socket.end(image.subarray(0, length));
      await closed;
    }
    const atWork = async () => !/^resmirror_requests_under_way 0$/m.test(await (await fetch(`${url}/metrics`)).text());
    for (let tries = 0; (await atWork()) && tries < 100; tries++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(await atWork(), false);
    assert.equal(await good(), 200);
  });

  it('lie about the length of bodies', async () => {
    const cases: readonly (readonly [
      what: string,
      pieces: readonly (string | Uint8Array)[],
      first: number | undefined,
    ])[] = [
      ['longer than it is', [head(`Content-Length: ${image.length + 50}`), image], undefined],
      ['shorter: an image cut off', [head('Content-Length: 200'), image], 400],
      ['no number', [head('Content-Length: many'), image], 400],
      ['negative', [head('Content-Length: -1'), image], 400],
      ['twice', [head('Content-Length: 5\r\nContent-Length: 6'), image], 400],
      ['too much', [head('Content-Length: 99999999999'), image], 413],
      ['chunks and a length', [head('Transfer-Encoding: chunked\r\nContent-Length: 5'), '0\r\n\r\n'], 400],
      ['chunks that are none', [head('Transfer-Encoding: chunked'), 'no chunk\r\n', image], undefined],
      ['a chunk without end', [head('Transfer-Encoding: chunked'), 'ffff\r\n', image], undefined],
      ['unknown encoding', [head('Transfer-Encoding: gzip'), image], 400],
    ];
    for (const [what, pieces, first] of cases) {
      const found = statuses(await said(url, pieces));
      if (first !== undefined) assert.equal(found[0], first, what);
      for (const status of found) assert.ok(status >= 400 && status < 500, `${what}: ${status}`);
      assert.equal(await good(), 200, what);
    }
    const chunk = (bytes: Uint8Array) => [`${bytes.length.toString(16)}\r\n`, bytes, '\r\n'];
    const chunked = [
      head('Transfer-Encoding: chunked'),
      ...chunk(image.subarray(0, 50)),
      ...chunk(image.subarray(50)),
      '0\r\n\r\n',
    ];
    assert.deepEqual(statuses(await said(url, chunked)), [200]);
  });

  it('name files as models, raw as no browser sends it', async () => {
    for (const name of [
      '../../etc/passwd',
      '..%2f..%2fetc%2fpasswd',
      '%2e%2e/%2e%2e/etc/passwd',
      '....//....//etc/passwd',
      '\\..\\etc',
    ])
      for (const path of [`/v2/models/${name}`, `/v1/models/${name}/classify`]) {
        const answer = await said(url, [`GET ${path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n`]);
        const [status] = statuses(answer);
        assert.ok(status === 404 || status === 405 || status === 400, `${path}: ${answer}`);
        assert.doesNotMatch(answer, /root:|\/tmp\//);
      }
  });

  it('sent all this, and nothing was its own failure', () => assert.deepEqual(failures(), []));
});
