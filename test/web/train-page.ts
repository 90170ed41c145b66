/** The part Train in a browser, as tests use it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { random } from '../../src/random/index.js';
import { temporaryFolder } from '../data/fixtures.js';
import { served, visit } from '../web-folder/browser.js';

const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const SIDE = 24;

/** Stripes along or across, of any colour, phase and width: what they are cannot be told from a colour. */
export function stripes(along: boolean, number: number): Promise<Buffer> {
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
export async function striped(count: number): Promise<string> {
  const folder = await temporaryFolder();
  for (const name of ['across', 'along']) {
    await mkdir(join(folder, name));
    for (let i = 0; i < count; i++) await writeFile(join(folder, name, `${i}.png`), await stripes(name === 'along', i));
  }
  return folder;
}

interface Opening {
  readonly isolated?: boolean;
}

/** The page at that part, in English. */
export const opened = async ({ isolated = false }: Opening = {}) => {
  const visited = await visit(`${await served(path('build/web'), { isolated })}#/train`, {
    before: "localStorage.setItem('resmirror.language', 'en')",
  });
  await visited.page.getByRole('heading', { level: 1 }).waitFor();
  return visited;
};

/** As a file manager drops them. */
export async function drop(page: Page, files: readonly string[]): Promise<void> {
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
export async function findings(page: Page): Promise<readonly string[]> {
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

/** Screenshots for whoever wants to look, in the folder that SCREENSHOTS names. */
export const photograph = async (page: Page, name: string) => {
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

/** Whether nothing reaches over the edge of the window. */
export const fits = (page: Page) =>
  page.evaluate<boolean>('document.documentElement.scrollWidth <= document.documentElement.clientWidth');

export const ended = (page: Page) =>
  page.getByRole('status').filter({ hasText: 'Trained for' }).waitFor({ timeout: 240_000 });

/** Chooses settings by their names. */
export async function choose(page: Page, settings: Readonly<Record<string, string>>): Promise<void> {
  await page.getByText('Settings', { exact: true }).click();
  for (const [name, value] of Object.entries(settings))
    await page.getByRole('combobox', { name }).selectOption({ label: value });
}

export const train = (page: Page) => page.getByRole('button', { name: 'Train', exact: true }).click();

/** Downloads by a button; the file's path. */
export async function downloaded(page: Page, button: string, folder: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  const file = join(folder, download.suggestedFilename());
  await download.saveAs(file);
  return file;
}

/** What the command line says. */
export const run = async (...args: readonly string[]) =>
  JSON.parse((await promisify(execFile)(process.execPath, [path('bin/resmirror.js'), ...args, '--json'])).stdout);

/** What the page says of an image is what `predict` says, to this much. */
export async function saysAsPredict(page: Page, model: string, image: string, most: number): Promise<void> {
  await page.locator('.result input[type=file]').setInputFiles(image);
  await page.locator('.bars li').first().waitFor();
  const { predictions } = await run('predict', model, image);
  const program = new Map<string, number>(
    predictions[0].classes.map((one: { label: string; probability: number }) => [one.label, one.probability]),
  );
  for (const row of await page.locator('.bars li').all()) {
    const name = await row.locator('span').first().innerText();
    const probability = Number(await row.getAttribute('data-probability'));
    assert.ok(Math.abs(program.get(name)! - probability) < most, `${name}: ${probability}, ${program.get(name)}`);
  }
}
