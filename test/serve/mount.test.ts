/** `resmirror/serve`, the server within an application of others. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { Hono } from 'hono';
import { temporaryFolder } from '../data/fixtures.js';
import { call, jsonOf, photo, written } from './models.js';

const NAME = 'resmirror/serve'; // by its public name, as the package's own exports have it
const { openServing, nodeListener } = (await import(NAME)) as typeof import('../../src/serve/index.js');
const path = await written(await temporaryFolder(), 'classifier');
const serving = await openServing({ models: [{ name: 'photos', path }], threads: 1, reload: 0 });
after(() => serving.close());
const PATH = '/v1/models/photos/classify?top=1';
const expected = await jsonOf(call(serving, PATH, { body: await photo() }));

describe('a server within an application', () => {
  it('stands behind a path of Hono', async () => {
    const app = new Hono().get('/', (c) => c.text('mine')).mount('/models', serving.fetch);
    assert.equal(await (await app.request('/')).text(), 'mine');
    const answer = await app.request(`/models${PATH}`, { method: 'POST', body: (await photo()) as never });
    assert.deepEqual(await jsonOf(answer), expected);
  });

  it("stands behind a path of Node's server, which Express strips in the same way", async () => {
    const listener = nodeListener(serving);
    const server = createServer((request, response) => {
      if (!request.url!.startsWith('/models/')) return response.end('mine');
      request.url = request.url!.slice('/models'.length);
      return listener(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      assert.equal(await (await fetch(url)).text(), 'mine');
      const answer = await fetch(`${url}/models${PATH}`, { method: 'POST', body: (await photo()) as never });
      assert.deepEqual(await jsonOf(answer), expected);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it('is not loaded by the library itself, nor gRPC by the server', async () => {
    const loads = async (name: string, module: string) => {
      const script = `import('${name}').then(() => process.exit(0))`;
      const { stderr } = await promisify(execFile)(process.execPath, ['-e', script], {
        env: { ...process.env, NODE_DEBUG: 'esm' },
        maxBuffer: 2 ** 28,
      });
      return stderr.includes(`/node_modules/${module}/`);
    };
    assert.equal(await loads('resmirror', 'hono'), false);
    assert.equal(await loads('resmirror/serve', 'hono'), true);
    assert.equal(await loads('resmirror/serve', '@connectrpc/connect'), false);
  });
});
