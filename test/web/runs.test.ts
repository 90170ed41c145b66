/** The part Runs in a real browser, while the real program trains and serves. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { run, tiny, workplace } from '../cli/program.js';
import { closeAll, needsBrowser, served, visit } from '../web-folder/browser.js';

const bin = fileURLToPath(new URL('../../../bin/resmirror.js', import.meta.url));
const pageFolder = fileURLToPath(new URL('../../web', import.meta.url));
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const folder = await workplace();
const children = new Set<ChildProcess>();

function start(...words: string[]): ChildProcess {
  const child = spawn(process.execPath, [bin, ...words], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  children.add(child);
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null) return;
  const over = once(child, 'exit');
  child.kill(signal);
  await over;
}

/** Starts a server; resolves when it listens. */
async function serve(port: string, ...more: string[]): Promise<{ child: ChildProcess; url: string }> {
  const child = start('serve', '--port', port, ...more);
  let text = '';
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', (chunk) => {
      text += chunk;
      const [url] = /http:\/\/[\d.:]+\//.exec(text) ?? [];
      if (url) resolve({ child, url });
    });
    child.on('exit', () => reject(new Error(`no server: ${text}`)));
  });
}

const words = ['train', 'classify', 'drawn:200', ...tiny, '--threads', '1'];

/** Until a condition holds in the page, whose policy lets it wait for none by itself. */
async function until(page: Page, condition: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await page.evaluate<boolean>(condition)) return;
    await setTimeout(200);
  }
  throw new Error(`not within a minute: ${condition}`);
}

/** How many epochs the page says are done. */
const DONE = `Number(document.querySelector('.tiles dd')?.textContent.split('/')[0].replaceAll(',', ''))`;
const done = (page: Page): Promise<number> => page.evaluate<number>(DONE);

/** Names of what assistive technology would trip over. */
async function findings(page: Page): Promise<readonly string[]> {
  await page.evaluate(await readFile(axe, 'utf8'));
  return page.evaluate<string[]>(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`);
}

describe('the part Runs', needsBrowser, () => {
  after(async () => {
    for (const child of children) await end(child);
    await closeAll();
  });

  it('follows a training, and comes back when the server does', async () => {
    const { child, url } = await serve('0');
    const { page, complaints } = await visit(`${url}#/runs`);
    await page.getByText('No runs yet').waitFor();
    const training = start(...words, '--epochs', '5000', '--out', 'runs/live, at 100%');
    await page.getByRole('link', { name: 'live, at 100%' }).click();
    await until(page, `${DONE} >= 1`);
    const before = await done(page);
    await until(page, `${DONE} > ${before}`);
    await page.getByText('running').waitFor();
    await page.getByText('Time left').waitFor();
    const said = () => page.getByRole('img', { name: /^Loss, last values: each step \d.*validation \d/ });
    await said().waitFor();
    assert.deepEqual(complaints, []);

    await end(child);
    await page.getByText('The connection to the server is lost').waitFor();
    const lost = await done(page);
    const again = await serve(new URL(url).port);
    await until(page, `${DONE} > ${lost}`);
    await page.getByText('The connection to the server is lost').waitFor({ state: 'detached' });
    await said().waitFor();
    // a server that ends in peace does not wait for those who follow
    const asked = performance.now();
    await end(again.child, 'SIGTERM');
    assert.ok(performance.now() - asked < 10_000);
    await end(training);
  });

  it('lays runs over each other and names what differs, for everybody', async () => {
    for (const [name, rate] of [
      ['slow', '0.001'],
      ['fast', '0.1'],
    ] as const)
      assert.equal((await run(folder, ...words, '--epochs', '2', '--lr', rate, '--out', `runs/${name}`)).code, 0);
    const { url } = await serve('0');
    const { page, complaints } = await visit(`${url}#/runs`);
    await page.getByLabel('Compare slow').check();
    await page.getByLabel('Compare fast').check();
    assert.deepEqual(await findings(page), []);
    await page.getByRole('link', { name: 'Compare 2 runs' }).click();
    await page.getByRole('heading', { name: 'slow · fast' }).waitFor();
    const row = page.getByRole('row', { name: 'learningRate' });
    await row.waitFor(); // both runs have come
    assert.deepEqual(await row.getByRole('cell').allTextContents(), ['0.001', '0.1']);
    assert.equal(await page.getByRole('row', { name: /^seed/ }).count(), 0);
    const chart = page.getByRole('figure').filter({ hasText: 'Loss · validation' });
    await chart.locator('[role=img][aria-label*=slow][aria-label*=fast]').waitFor();
    assert.match((await chart.getByRole('img').getAttribute('aria-label'))!, /slow \d.*fast \d/);
    await chart.getByText('In numbers').click();
    const records = (await readFile(join(folder, 'runs', 'fast', 'metrics.jsonl'), 'utf8')).trim().split('\n');
    const { validationLoss } = JSON.parse(records.at(-1)!) as { validationLoss: number };
    const shown = (await chart.getByRole('row').last().getByRole('cell').last().textContent())!;
    assert.ok(Math.abs(Number(shown.replace(',', '')) / validationLoss - 1) < 1e-3, `${shown} for ${validationLoss}`);
    await page.goto(`${url}#/runs?show=fast,slow`);
    await page.getByRole('heading', { name: 'fast · slow' }).waitFor();

    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const view of ['#/runs', '#/runs?show=fast', '#/runs?show=fast,slow']) {
        await page.goto(`${url}${view}`);
        await page.getByText('Live', { exact: true }).waitFor();
        assert.deepEqual(await findings(page), [], `${view}, ${colorScheme}`);
      }
    }
    await page.setViewportSize({ width: 390, height: 800 });
    await page.getByLabel('Language').selectOption('zh-CN');
    for (const view of ['#/runs', '#/runs?show=fast', '#/runs?show=fast,slow', '#/runs?show=nowhere']) {
      await page.goto(`${url}${view}`);
      await page.getByText('实时').waitFor();
      await page.getByRole('heading', { level: 1 }).waitFor();
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, view);
      assert.deepEqual(await findings(page), [], view);
    }
    assert.deepEqual(
      complaints.filter((text) => !text.includes('404')),
      [],
    );
  });

  it('asks for a key where the server does', async () => {
    await writeFile(join(folder, 'keys.txt'), 'open-sesame\n');
    const { url } = await serve('0', '--api-key-file', 'keys.txt');
    const { page } = await visit(`${url}#/runs`);
    await page.getByLabel('Key').fill('wrong');
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.getByText('The server asks for a key').waitFor();
    await page.getByLabel('Key').fill('open-sesame');
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.getByText('Live', { exact: true }).waitFor();
  });

  it('says so where no server of runs answers', async () => {
    const { page } = await visit(`${await served(pageFolder)}#/runs`);
    await page.getByText('No server answers here').waitFor();
    assert.deepEqual(await findings(page), []);
  });
});
