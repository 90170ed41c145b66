/**
 * Pictures of the page for docs/images, with an installed Chromium (or the one that CHROMIUM names), after `npm run build`:
 *
 *   node scripts/screenshots.js [explore]
 */
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { preview } from 'vite';
import { root } from './prepare.js';

const shots = {
  explore: { at: 'explore?net=resnet50&open=2&at=forward.2.0', width: 1280, height: 1180, ready: '.details pre' },
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !Object.hasOwn(shots, name));
if (unknown) {
  console.error(`expected some of ${Object.keys(shots).join(', ')}, got ${unknown}`);
  process.exit(1);
}

const server = await preview({ root: join(root, 'web'), preview: { host: '127.0.0.1', port: 0 }, logLevel: 'warn' });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  for (const [name, shot] of Object.entries(shots))
    if (wanted.length === 0 || wanted.includes(name)) await take(name, shot);
} finally {
  await browser.close();
  await server.close();
}

async function take(name, { at, ready, ...viewport }) {
  const page = await browser.newPage({ viewport, locale: 'en', colorScheme: 'light' });
  await page.goto(`${server.resolvedUrls.local[0]}#/${at}`);
  await page.waitForSelector(ready);
  const file = join(root, 'docs', 'images', `page-${name}.webp`);
  const { size } = await sharp(await page.screenshot())
    .webp({ quality: 82 })
    .toFile(file);
  console.log(`${file}  ${Math.round(size / 1000)} kB`);
  await page.close();
}
