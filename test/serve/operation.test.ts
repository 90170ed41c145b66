/** Running a server: keys, figures, changed files, sockets and the end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { listen, namedPath, openServing } from '../../src/serve/index.js';
import { temporaryFolder, userError } from '../data/fixtures.js';
import { call, jsonOf, photo, serving, written } from './models.js';

const folder = await temporaryFolder();
const PATH = '/v1/models/classifier/classify';

describe('a server', () => {
  it('asks for keys, echoes request ids, counts, and lets no other origins in', async () => {
    const lines: object[] = [];
    const server = await serving(folder, ['classifier'], {
      keys: ['secret', 'other'],
      log: (line) => void lines.push(line),
    });
    assert.equal((await call(server, '/v2')).status, 401);
    assert.equal((await call(server, '/v2', { headers: { Authorization: 'Bearer secrets' } })).status, 401);
    assert.equal((await call(server, '/v2/health/ready')).status, 200);
    const headers = { Authorization: 'Bearer secret', 'X-Request-Id': 'mine-1', Origin: 'https://example.org' };
    const answer = await call(server, PATH, { body: await photo(), headers });
    assert.deepEqual([answer.status, answer.headers.get('X-Request-Id')], [200, 'mine-1']);
    assert.equal(answer.headers.get('Access-Control-Allow-Origin'), null);
    const figures = await (await call(server, '/metrics', { headers: { 'X-API-Key': 'other' } })).text();
    assert.match(
      figures,
      /resmirror_requests_total\{route="\/v1\/models\/\{name\}\/classify",method="POST",code="200"\} 1/,
    );
    assert.match(figures, /resmirror_batch_rows_sum\{model="classifier",question="classify"\} 1/);
    assert.match(figures, /process_resident_memory_bytes \d/);
    assert.ok(lines.some((line) => 'request' in line && line.request === 'mine-1'));
    await server.close();
    const open = await serving(folder, ['classifier'], { origins: ['https://example.org'] });
    const shared = async (Origin: string) =>
      (await call(open, '/v2', { headers: { Origin } })).headers.get('Access-Control-Allow-Origin');
    assert.equal(await shared('https://example.org'), 'https://example.org');
    assert.equal(await shared('https://example.com'), null);
    await open.close();
  });

  it('answers 503 at once when there is too much to do, and while it comes to its end', async () => {
    const server = await serving(folder, ['classifier'], { limits: { concurrency: 1 }, batch: { delay: 200 } });
    const first = call(server, PATH, { body: await photo() });
    const second = await call(server, PATH, { body: await photo() });
    assert.deepEqual([second.status, second.headers.get('Retry-After')], [503, '1']);
    const drained = server.drain();
    assert.equal((await call(server, '/v2/health/ready')).status, 503);
    assert.equal((await call(server, '/v2/health/live')).status, 200);
    assert.equal((await call(server, PATH, { body: await photo() })).status, 503);
    assert.equal((await first).status, 200);
    await drained;
    await server.close();
  });

  it('loads a changed file without dropping a request, and keeps the old one where the new one is damaged', async () => {
    const path = await written(folder, 'classifier', 'changing');
    const server = await openServing({ models: [namedPath(path)], threads: 1, reload: 0, batch: { delay: 300 } });
    const under = call(server, '/v1/models/changing/classify', { body: await photo() });
    await writeFile(path, 'damaged');
    for (let i = 0; i < 3; i++) await server.look();
    const task = async () =>
      ((await jsonOf(call(server, '/v1/models'))).models as unknown as { task: string }[])[0]!.task;
    assert.equal(await task(), 'classify');
    await written(folder, 'coder', 'changing');
    for (let i = 0; i < 2; i++) await server.look();
    assert.equal(await task(), 'reconstruct');
    assert.equal((await under).status, 200);
    assert.equal((await call(server, '/v1/models/changing/reconstruct', { body: await photo() })).status, 200);
    await server.close();
  });

  it('drops the work of a client that has gone, and slow heads, at a socket', async () => {
    const server = await serving(folder, ['classifier'], { batch: { delay: 60_000 } });
    const listening = await listen(server, { port: 0, headTimeout: 300 });
    const gone = new AbortController();
    const asked = fetch(`${listening.url}${PATH}`, { method: 'POST', body: await photo(), signal: gone.signal });
    setTimeout(() => gone.abort(), 300);
    await assert.rejects(asked);
    const slow = connect(Number(new URL(listening.url).port), '127.0.0.1');
    slow.on('error', () => {});
    slow.write('GET / HTTP/1.1\r\nHost: here\r\n');
    slow.resume();
    await once(slow, 'close');
    await listening.close(); // waits for work: that of the lost client would take a minute
    await server.close();
  });

  it('has names that fit addresses', () => {
    assert.deepEqual(namedPath('runs/photos'), { name: 'photos', path: 'runs/photos' });
    assert.deepEqual(namedPath('a=b=c.onnx'), { name: 'a', path: 'b=c.onnx' });
    assert.throws(() => namedPath('a b.onnx'), userError("got 'a b'", 'NAME=a b.onnx'));
  });

  it('is a command that ends with 0 after SIGTERM', { timeout: 60_000 }, async () => {
    const bin = fileURLToPath(new URL('../../../bin/resmirror.js', import.meta.url));
    const path = await written(folder, 'classifier');
    const words = ['serve', `twice=${path}`, `twice=${path}`, '--port', '0', '--threads', '1', '--json'];
    const child = spawn(process.execPath, [bin, ...words], { stdio: ['ignore', 'pipe', 'pipe'], cwd: join(folder) });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      printed += text;
    });
    let url = '';
    for await (const line of createInterface(child.stderr)) {
      if (!line.startsWith('{')) continue;
      const entry = JSON.parse(line) as { event: string; url: string };
      if (entry.event === 'listening') {
        url = entry.url;
        assert.equal((await fetch(`${url}/v2/models/twice/versions/2/ready`)).status, 200);
        child.kill('SIGTERM');
      }
    }
    const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
    assert.equal(code, 0);
    assert.equal((JSON.parse(printed) as { url: string }).url, url);
  });
});
