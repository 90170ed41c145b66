/** The part Train as a person uses it: from folders that are dropped to a model that the command line reads. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { random } from '../../src/random/index.js';
import { temporaryFolder } from '../data/fixtures.js';
import { closeAll, needsBrowser, served, visit } from '../web-folder/browser.js';

const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const SIDE = 24;

/** Stripes along or across, of any colour, phase and width: what they are cannot be told from a colour. */
function stripes(along: boolean, number: number): Promise<Buffer> {
  const { uniform, integer } = random(7, `${along}`, number);
  const [ink, ground] = [0, 1].map((i) => [0, 1, 2].map(() => 20 + 130 * i + Math.round(85 * uniform()))) as [
    number[],
    number[],
  ];
  const [period, phase] = [4 + integer(4), integer(8)];
  const data = Buffer.alloc(SIDE * SIDE * 3);
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const colour = ((along ? y : x) + phase) % period < period / 2 ? ink : ground;
      data.set(
        colour.map((value) => value + integer(20)),
        (y * SIDE + x) * 3,
      );
    }
  return sharp(data, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .png()
    .toBuffer();
}

/** Folders `across` and `along` with so many images each. */
async function striped(count: number): Promise<string> {
  const folder = await temporaryFolder();
  for (const name of ['across', 'along']) {
    await mkdir(join(folder, name));
    for (let i = 0; i < count; i++) await writeFile(join(folder, name, `${i}.png`), await stripes(name === 'along', i));
  }
  return folder;
}

const opened = async (hash = '#/train') => {
  const visited = await visit(`${await served(path('build/web'))}${hash}`, {
    before: "localStorage.setItem('resmirror.language', 'en')",
  });
  await visited.page.getByRole('heading', { level: 1 }).waitFor();
  return visited;
};

/** As a file manager drops them. */
async function drop(page: Page, files: readonly string[]): Promise<void> {
  const box = (await page.locator('.drop-zone').first().boundingBox())!;
  const session = await page.context().newCDPSession(page);
  const place = { x: box.x + box.width / 2, y: box.y + 20 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', {
      type,
      ...place,
      data: { items: [], files: [...files], dragOperationsMask: 1 },
    });
}

/** Serious findings of axe, in either scheme. */
async function findings(page: Page): Promise<readonly string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.addScriptTag({ path: axe });
    const serious = await page.evaluate<string[]>(`axe.run().then(({ violations }) => violations
      .filter(({ impact }) => ['serious', 'critical'].includes(impact))
      .map(({ id, nodes }) => id + ' ' + nodes.map(({ target }) => target).join(' ')))`);
    found.push(...serious.map((one) => `${colorScheme}: ${one}`));
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return found;
}

const photograph = async (page: Page, name: string) => {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  for (const [width, height] of [
    [1280, 900],
    [390, 844],
  ] as const) {
    await page.setViewportSize({ width, height });
    await page.waitForTimeout(200);
    await page.screenshot({ path: join(folder, `${name}-${width}.png`), fullPage: true });
  }
  await page.setViewportSize({ width: 1280, height: 900 });
};

const fits = (page: Page) =>
  page.evaluate<boolean>('document.documentElement.scrollWidth <= document.documentElement.clientWidth');

const ended = (page: Page) => page.getByRole('status').filter({ hasText: 'Trained for' }).waitFor({ timeout: 240_000 });

describe('the part Train', needsBrowser, () => {
  after(closeAll);

  it('trains on dropped folders, and its file answers on the command line as the page does', async () => {
    const folder = await striped(60);
    await writeFile(join(folder, 'along', 'broken.png'), 'no image');
    await writeFile(join(folder, 'along', 'notes.txt'), 'no image either');
    const { page, complaints } = await opened();
    await photograph(page, 'empty');
    await drop(page, [join(folder, 'across'), join(folder, 'along')]);
    await page.getByText('Images: 61').waitFor();
    assert.deepEqual(await findings(page), []);
    await photograph(page, 'gathered');
    await page.getByRole('combobox', { name: 'Epochs' }).selectOption('10');
    await page.getByRole('button', { name: 'Train', exact: true }).click();

    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('status').filter({ hasText: 'Stopped in' }).waitFor();
    await page.getByRole('button', { name: 'Go on' }).click();
    await ended(page);
    assert.match(await page.locator('.status .note').innerText(), /96 images to learn from, 24 held out/);
    assert.ok(Number.parseFloat(await page.locator('.figure strong').innerText()) > 80);
    await page.getByText('could not be read: 1').click();
    assert.match(await page.locator('.skipped li').innerText(), /along\/broken\.png/);

    const image = join(folder, 'unseen.png');
    await writeFile(image, await stripes(true, 1000));
    await page.locator('.result input[type=file]').setInputFiles(image);
    await page.locator('.bars li').first().waitFor();
    assert.deepEqual(await findings(page), []);
    await photograph(page, 'ended');
    await page.getByRole('combobox', { name: 'Language' }).selectOption('zh-CN');
    await photograph(page, 'ended-zh');
    await page.setViewportSize({ width: 390, height: 844 });
    assert.ok(await fits(page));
    await page.getByRole('combobox', { name: '语言' }).selectOption('en');

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download the model' }).click(),
    ]);
    const file = join(folder, download.suggestedFilename());
    await download.saveAs(file);
    assert.ok((await readFile(file)).length > 1000);
    const run = async (...args: string[]) =>
      JSON.parse((await promisify(execFile)(process.execPath, [path('bin/resmirror.js'), ...args, '--json'])).stdout);
    assert.ok((await run('eval', file, folder)).metrics.accuracy > 0.8);
    const { predictions } = await run('predict', file, image);
    const program = new Map<string, number>(
      predictions[0].classes.map((one: { label: string; probability: number }) => [one.label, one.probability]),
    );
    for (const row of await page.locator('.bars li').all()) {
      const name = await row.locator('span').first().innerText();
      const probability = Number(await row.getAttribute('data-probability'));
      assert.ok(Math.abs(program.get(name)! - probability) < 1e-3, `${name}: ${probability}, ${program.get(name)}`);
    }
    assert.deepEqual(complaints, []);
  });

  it('takes 2,000 images of a chosen folder and tells what it leaves out', async () => {
    const folder = await temporaryFolder();
    const image = await stripes(true, 0);
    for (const name of ['one', 'two']) {
      await mkdir(join(folder, name));
      for (let i = 0; i < 1010; i++) await writeFile(join(folder, name, `${i}.png`), image);
    }
    const { page, complaints } = await opened();
    await page.locator('.drop-zone input').setInputFiles(folder);
    await page.getByRole('alert').filter({ hasText: '2,000 images at most; 20 were left out' }).waitFor();
    await page.getByRole('button', { name: 'Train', exact: true }).click();
    await page.getByText('1,600 images to learn from, 400 held out').waitFor();
    await page.getByRole('button', { name: 'Start anew' }).click();
    await page.getByRole('button', { name: 'Train', exact: true }).waitFor();
    assert.deepEqual(complaints, []);
  });

  it('says what is missing instead of beginning', async () => {
    const folder = await striped(2);
    const { page } = await opened();
    const train = () => page.getByRole('button', { name: 'Train', exact: true }).click();
    const told = (text: string) => page.getByRole('alert').filter({ hasText: text }).waitFor();
    await train();
    await told('give two at least');
    await drop(page, [join(folder, 'across')]);
    await page.getByText('Images: 2').waitFor();
    await train();
    await told('give two at least');

    await page.getByRole('button', { name: 'Add a class' }).click();
    await page.getByRole('textbox').nth(1).fill('across');
    await train();
    await told('Two classes are called across');
    await page.getByRole('textbox').nth(1).fill('damaged');
    const broken = ['a.png', 'b.png'].map((name) => ({ name, mimeType: 'image/png', buffer: Buffer.from('none') }));
    await page.getByLabel('Add images to damaged').setInputFiles(broken);
    await train();
    await told('no image of the class damaged could be read');
    await page.getByText('could not be read: 2').waitFor();

    await writeFile(join(folder, 'notes.txt'), 'words');
    await drop(page, [join(folder, 'notes.txt')]);
    await told('There is no image among what came');
  });
});
