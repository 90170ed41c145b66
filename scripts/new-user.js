/**
 * Plays somebody who opens the page for the first time, drops folders of images, a folder per class, on its part Train, and clicks
 * Train; says what that takes. After `npm run build`, with an installed Chromium (or the one that CHROMIUM names):
 *
 *   node scripts/new-user.js FOLDER FOLDER [...]
 *
 * The browser has no graphics processor and knows nothing of the page. Of a folder up to 200 images are dropped, or IMAGES many.
 */
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { root } from './prepare.js';

const folders = process.argv.slice(2);
if (folders.length < 2) {
  console.error('expected two folders of images at least, one for each class');
  process.exit(1);
}
const most = Number(process.env.IMAGES ?? 200);

/** The folders as they are dropped: so many images of each. */
async function gathered(place) {
  for (const folder of folders) {
    const images = (await readdir(folder)).filter((name) => /\.(jpe?g|png|webp)$/i.test(name)).sort();
    await mkdir(join(place, basename(folder)));
    for (const name of images.slice(0, most)) await cp(join(folder, name), join(place, basename(folder), name));
  }
  return folders.map((folder) => join(place, basename(folder)));
}

/** Starts the program, which says where the page is. */
async function serve(place) {
  const program = spawn(process.execPath, [resolve(root, 'bin/resmirror.js'), 'serve', '--port', '0'], { cwd: place });
  for (const output of [program.stdout, program.stderr]) output.setEncoding('utf8');
  return new Promise((found, failed) => {
    let said = '';
    const hear = (text) => {
      said += text;
      const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(said) ?? [];
      if (address) found({ program, address });
    };
    program.stdout.on('data', hear);
    program.stderr.on('data', hear);
    program.on('exit', (code) => failed(new Error(`the server ended (${code}): ${said}`)));
  });
}

/** As a file manager drops them. */
async function drop(page, files) {
  const session = await page.context().newCDPSession(page);
  const { x, y, width } = await page.locator('.drop-zone').boundingBox();
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'])
    await session.send('Input.dispatchDragEvent', { type, x: x + width / 2, y: y + 20, data });
}

const place = await mkdtemp(join(tmpdir(), 'resmirror-user-'));
const files = await gathered(place);
const { program, address } = await serve(place);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  const page = await browser.newPage({ locale: 'en' });
  page.setDefaultTimeout(600_000);
  await page.goto(address);
  await page.getByRole('link', { name: 'Train', exact: true }).click();
  await page.locator('.drop-zone').waitFor();
  const begun = performance.now();
  const seconds = () => `${((performance.now() - begun) / 1000).toFixed(0)} s`;
  await drop(page, files);
  await page
    .locator('.class-card')
    .nth(files.length - 1)
    .waitFor();
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await page.locator('.status .device').waitFor();
  const [about, device] = await page.locator('.status .note').allInnerTexts();
  console.log(`first step after ${seconds()}: ${about}. ${device}`);
  const end = page.getByRole('status').filter({ hasText: 'Trained for' });
  const failure = page.getByRole('alert');
  await end.or(failure).first().waitFor();
  const said = (await end.count()) > 0 ? await end.innerText() : await failure.first().innerText();
  console.log(`${said}; trained after ${seconds()}: ${await page.locator('.figure').innerText()}`);
} finally {
  await browser.close();
  program.kill();
  await rm(place, { recursive: true });
}
