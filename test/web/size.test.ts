/** The page as it is fetched: its code is small, and the engine comes when it is needed. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { pageFiles } from '../../src/serve/page.js';
import { engineFile, enginePaths } from '../../src/web-folder/engine-files.js';

const site = fileURLToPath(new URL('../../web', import.meta.url));
const CODE = new Set(['.html', '.css', '.js']);

describe("the page's code", () => {
  it('takes less than 250 kB, gzipped, in all of its parts', async () => {
    const entries = await readdir(site, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((one) => one.isFile() && CODE.has(extname(one.name)))
      .map((one) => join(one.parentPath, one.name))
      .filter((path) => !path.includes('engine/'));
    assert.ok(files.length > 10, `${files}`);
    const sizes = await Promise.all(files.map(async (path) => gzipSync(await readFile(path)).length));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(total < 250_000, `${total} bytes of ${files.length} files`);
  });

  it('needs nothing of other servers', async () => {
    const document = await readFile(join(site, 'index.html'), 'utf8');
    for (const [, address] of document.matchAll(/(?:src|href)="([^"]*)"/g)) assert.match(address!, /^(\.\/|data:)/);
  });
});

describe("the engine's files", () => {
  it('are those beside the static page, and served from their own package', async () => {
    const served = await pageFiles();
    for (const path of enginePaths) {
      const beside = await readFile(join(site, path));
      assert.ok(beside.equals(await engineFile(path)), path);
      assert.ok(beside.equals(await served.get(`/${path}`)!.read()), path);
    }
    assert.equal(served.get('/engine/ort-wasm-simd-threaded.wasm')!.type, 'application/wasm');
  });

  it('are not in what npm packs', async () => {
    const { files } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'));
    assert.ok(files.includes('!build/web/engine'), `${files}`);
  });
});
