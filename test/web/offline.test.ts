/** The page without its server, after it was opened once; on hosts that isolate it, and on those that do not. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { Predictor } from '../../src/inference/index.js';
import { encodeModel } from '../../src/weights/index.js';
import { drawing, temporaryFolder } from '../data/fixtures.js';
import { closeAll, needsBrowser, served, stopServing, visit } from '../web-folder/browser.js';
import { models } from '../web-folder/models.js';

const bin = fileURLToPath(new URL('../../../bin/resmirror.js', import.meta.url));
const site = fileURLToPath(new URL('../../web', import.meta.url));
const folder = await temporaryFolder();
const [model, image] = [join(folder, 'classifier.safetensors'), join(folder, 'drawing.png')];
await writeFile(model, encodeModel(models.classifier));
await drawing(70, 90).png().toFile(image);

const KEPT = 'This page is kept here';
const ALL = 'Explore, Look inside and Train work without a connection.';

const opened = (address: string) =>
  visit(address, { serviceWorkers: 'allow', before: "localStorage.setItem('resmirror.language', 'en')" });

/** Shows the classifier the drawing. @returns class -> probability */
async function classesOn(page: Page): Promise<ReadonlyMap<string, number>> {
  await page.setInputFiles('input[name=model]', model);
  await page.locator('.device').waitFor();
  await page.setInputFiles('input[name=image]', image);
  await page.locator('.classes[aria-busy=false] li').first().waitFor();
  const rows = await page.locator('.classes li button').all();
  return new Map(
    await Promise.all(
      rows.map(
        async (row): Promise<[string, number]> => [
          (await row.locator('span').first().textContent())!,
          Number(await row.getAttribute('data-probability')),
        ],
      ),
    ),
  );
}

/** The program's own answer is the page's. */
async function expectClasses(page: Page): Promise<void> {
  const shown = await classesOn(page);
  const predictor = Predictor.open(models.classifier, { threads: 1 });
  try {
    for await (const { value } of predictor.classify([image]))
      for (const { label, probability } of value.slice(0, shown.size))
        assert.ok(Math.abs(shown.get(label)! - probability) < 1e-3, `${label}: ${shown.get(label)}, ${probability}`);
  } finally {
    await predictor.close();
  }
}

/** Begins to learn shapes that the page draws. @returns how many threads it says to use */
async function threadsOfTraining(page: Page): Promise<number> {
  await page.getByRole('link', { name: 'Train' }).click();
  await page.getByRole('button', { name: 'Try drawn shapes' }).click();
  await page.getByRole('status').filter({ hasText: 'images per second' }).waitFor();
  const computes = await page.locator('.status .device').innerText();
  await page.getByRole('button', { name: 'Start anew' }).click();
  const [, threads] = /^WebAssembly on (\d+|one) thread/.exec(computes)!;
  return threads === 'one' ? 1 : Number(threads);
}

const cores = (page: Page) => page.evaluate<number>('Math.min(8, navigator.hardwareConcurrency)');
const cachesOf = (page: Page) => page.evaluate<readonly string[]>('caches.keys()');

/** `resmirror serve`, until it is stopped. */
async function program(): Promise<{ readonly address: string; readonly stop: () => Promise<void> }> {
  const child: ChildProcess = spawn(process.execPath, [bin, 'serve', '--port', '0'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const over = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await over;
  };
  let text = '';
  for await (const chunk of child.stdout!) {
    text += chunk;
    const [address] = /http:\/\/[\d.:]+\//.exec(text) ?? [];
    if (address) return { address, stop };
  }
  throw new Error(`no server: ${text}`);
}

describe('the page without a connection', needsBrowser, () => {
  after(closeAll);

  it('from resmirror serve: comes, classifies and trains on all threads', async () => {
    const { address, stop } = await program();
    const { page, complaints } = await opened(`${address}#/inside`);
    try {
      await page.getByText(KEPT).waitFor();
      await expectClasses(page); // which fetches the engine
      await page.getByText(ALL).waitFor();
    } finally {
      await stop();
    }
    await page.reload();
    await page.getByText(ALL).waitFor();
    assert.equal(await page.evaluate('crossOriginIsolated'), true);
    await expectClasses(page);
    assert.equal(await threadsOfTraining(page), await cores(page));
    await page.getByRole('link', { name: 'Runs' }).click();
    await page.getByText('The connection to the server is lost').waitFor();
    assert.deepEqual(
      complaints.filter((text) => !text.includes('ERR_CONNECTION_REFUSED')),
      [],
    );
  });

  it('from plain files in any folder: on one thread at first, and isolated by itself from then on', async () => {
    const address = await served(site);
    const { page, complaints } = await opened(`${address}#/inside`);
    await page.getByText(KEPT).waitFor();
    assert.equal(await page.evaluate('crossOriginIsolated'), false);
    await expectClasses(page);
    await page.getByText('WebAssembly on one thread: reload the page for more.').waitFor();
    assert.equal(await threadsOfTraining(page), 1);
    stopServing(address);
    await page.goto(`${address}#/inside`);
    await page.reload();
    await page.getByText(ALL).waitFor();
    assert.equal(await page.evaluate('crossOriginIsolated'), true);
    await expectClasses(page);
    await page.getByText(/^WebAssembly on (\d+ threads|one thread)\.$/).waitFor();
    assert.equal(await threadsOfTraining(page), await cores(page));
    assert.deepEqual(complaints, []);
  });

  it('has the engine when that is wished for before it is used', async () => {
    const address = await served(site);
    const { page } = await opened(address);
    await page.getByRole('button', { name: 'Keep that too' }).click();
    await page.getByText(ALL).waitFor();
    stopServing(address);
    await page.goto(`${address}index.html#/inside`);
    await page.reload();
    await expectClasses(page);
  });

  it('says why the engine cannot be kept', async () => {
    const place = join(await temporaryFolder(), 'site');
    await cp(site, place, { recursive: true, filter: (path) => !path.endsWith('.wasm') });
    const { page } = await opened(await served(place));
    await page.getByRole('button', { name: 'Keep that too' }).click();
    await page.getByRole('alert').filter({ hasText: 'It could not be kept' }).waitFor();
    await page.getByRole('button', { name: 'Keep that too' }).waitFor();
  });
});

describe('what is kept of the page', needsBrowser, () => {
  after(closeAll);

  it('is replaced by a new build, in place of the old one, while the engine stays', async () => {
    const place = join(await temporaryFolder(), 'site');
    await cp(site, place, { recursive: true });
    const address = await served(place);
    const { page } = await opened(address);
    await page.getByRole('button', { name: 'Keep that too' }).click();
    await page.getByText(ALL).waitFor();
    const before = await cachesOf(page);
    assert.equal(before.length, 2);

    const edit = async (name: string, from: string | RegExp, to: string) => {
      const text = await readFile(join(place, name), 'utf8');
      assert.ok(text.search(from) >= 0, `${from} in ${name}`);
      await writeFile(join(place, name), text.replace(from, to));
    };
    await edit('index.html', '</body>', '<p>of the second build</p></body>');
    await edit('service-worker.js', /"version":"[^"]+"/, '"version":"second"');
    await page.reload(); // the document is the server's, the worker is looked for again
    await page.getByText('of the second build').waitFor();
    const now = () => cachesOf(page).then((names) => names.filter((name) => !before.includes(name)));
    for (let tries = 0; (await now()).length === 0 || (await cachesOf(page)).length > 2; tries++) {
      assert.ok(tries < 300, `${await cachesOf(page)}`);
      await page.waitForTimeout(100);
    }
    const [added] = await now();
    assert.match(added!, /^resmirror \/deep\/down\/ page second$/);
    stopServing(address);
    await page.reload();
    await page.getByText('of the second build').waitFor();
    await page.getByText(ALL).waitFor();
  });

  it('goes when something else lies at its address', async () => {
    const place = join(await temporaryFolder(), 'site');
    await mkdir(place);
    await cp(site, place, { recursive: true, filter: (path) => !path.endsWith('.wasm') });
    const { page } = await opened(await served(place));
    await page.getByText(KEPT).waitFor();
    await rm(join(place, 'service-worker.js'));
    await writeFile(join(place, 'index.html'), '<!doctype html><link rel="icon" href="data:,"><h1>Another</h1>');
    await page.reload();
    await page.getByRole('heading', { name: 'Another' }).waitFor();
    assert.equal(await page.evaluate('crossOriginIsolated'), false);
    await page.reload();
    assert.deepEqual(await cachesOf(page), []);
    assert.equal(await page.evaluate('navigator.serviceWorker.getRegistrations().then((all) => all.length)'), 0);
  });

  it('is nothing of what others answer below the same address', async () => {
    const server = createServer(async (request, response) => {
      const name = new URL(request.url!, 'http://localhost').pathname.slice(1) || 'index.html';
      const file = await readFile(join(site, name)).catch(() => undefined);
      const type = { html: 'text/html', js: 'text/javascript', css: 'text/css' }[name.split('.').at(-1)!];
      response.writeHead(file ? 200 : 404, { 'Content-Type': type ?? 'text/plain' }).end(file ?? `no ${name}`);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { page } = await opened(`http://127.0.0.1:${port}/`);
    try {
      await page.getByText(KEPT).waitFor();
      await page.goto(`http://127.0.0.1:${port}/metrics`);
      assert.equal(await page.locator('body').innerText(), 'no metrics');
    } finally {
      server.close();
      server.closeAllConnections();
    }
    const answer = await page.goto(`http://127.0.0.1:${port}/metrics`).catch((error: Error) => error.message);
    assert.match(`${answer}`, /ERR_CONNECTION_REFUSED/);
  });
});

describe('a browser without WebGPU', needsBrowser, () => {
  after(closeAll);

  it('computes by WebAssembly, and says so', async () => {
    const { page, complaints } = await visit(`${await served(site)}#/inside`, {
      before: "delete Navigator.prototype.gpu; localStorage.setItem('resmirror.language', 'en')",
    });
    assert.equal(await page.evaluate("'gpu' in navigator"), false);
    await expectClasses(page);
    await page.getByText('WebAssembly on one thread').waitFor();
    assert.deepEqual(complaints, []);
  });
});
