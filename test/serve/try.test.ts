/** The page that tries models, in a real browser. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { listen } from '../../src/serve/index.js';
import { temporaryFolder, writePhotos } from '../data/fixtures.js';
import { closeAll, needsBrowser, visit } from '../web-folder/browser.js';
import { CLASSES, call, serving } from './models.js';

const folder = await temporaryFolder();
const [photo] = await writePhotos(folder, 1);

describe('the page that tries models', needsBrowser, () => {
  const closers: (() => Promise<unknown>)[] = [closeAll];
  after(async () => {
    for (const close of closers) await close();
  });
  const opened = async (...given: Parameters<typeof serving> extends [string, ...infer R] ? R : never) => {
    const server = await serving(folder, ...given);
    const { url, close } = await listen(server, { port: 0 });
    closers.push(close, () => server.close());
    return `${url}/try`;
  };

  it('asks each model what it can be asked, and tells the curl line that does the same', async () => {
    const address = await opened(['classifier', 'coder', 'maker']);
    const { page, complaints, requests } = await visit(address);
    await page.setInputFiles('#file', photo!);
    await page.waitForSelector('.bars li');
    assert.equal(await page.locator('.bars li').count(), Math.min(5, CLASSES.length));
    const curl = () => page.textContent('#curl');
    assert.match((await curl())!, /^curl --data-binary '@.*\.jpg' 'http:.*\/v1\/models\/classifier\/classify\?top=5'$/);
    await page.click('text=explain');
    await page.selectOption('select[name=class]', 'bee');
    await page.waitForSelector('figcaption:has-text("bee")');
    assert.match((await curl())!, /explain\?method=grad-cam&class=bee'$/);
    await page.selectOption('select[name=method]', 'features');
    await page.waitForSelector('figcaption:has-text("features")');
    assert.equal(await page.locator('select[name=class]').count(), 0);
    assert.match((await curl())!, /explain\?method=features'$/);
    await page.selectOption('select[name=method]', 'integrated-gradients');
    await page.waitForSelector('input[name=steps]');
    await page.click('#verbs >> text=embed');
    await page.waitForSelector('.vector rect');
    await page.selectOption('#model', { index: 1 });
    await page.click('#verbs >> text=reconstruct');
    await page.waitForSelector('.results figure:nth-child(2) img');
    await page.selectOption('#model', { index: 2 });
    await page.waitForSelector('.made img');
    await page.fill('input[name=count]', '3');
    await page.fill('input[name=seed]', '7');
    await page.click('#fields button');
    await page.waitForSelector('.made:nth-child(3) img');
    assert.match((await curl())!, /--data '\{"count":3,"seed":7\}' 'http/);
    await page.setViewportSize({ width: 390, height: 800 });
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
    assert.deepEqual(complaints, []);
    const { origin } = new URL(address);
    assert.ok(
      requests.every((one) => new URL(one).origin === origin || /^(data|blob):/.test(one)),
      requests.join('\n'),
    );
  });

  it('asks for a key where one is needed, and says what went wrong', async () => {
    const { page } = await visit(await opened(['classifier'], { keys: ['secret'] }));
    await page.waitForSelector('#keyed:not([hidden])');
    await page.fill('#key', 'wrong');
    await page.click('text=Use it');
    await page.waitForSelector('text=not a key of this server');
    await page.fill('#key', 'secret');
    await page.click('text=Use it');
    await page.waitForSelector('#work:not([hidden])');
    await page.setInputFiles('#file', { name: 'x.png', mimeType: 'image/png', buffer: Buffer.from('no image') });
    await page.waitForSelector('#trouble:has-text("expected JPEG, PNG")');
    assert.match((await page.textContent('#curl'))!, /-H 'Authorization: Bearer KEY'/);
  });
});

describe('its address', () => {
  it('is open, and forbids what the page does not need', async () => {
    const server = await serving(folder, ['classifier'], { keys: ['secret'] });
    const answer = await call(server, '/try');
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('Content-Security-Policy')!, /default-src 'none'; script-src 'self'/);
    await server.close();
  });
});
