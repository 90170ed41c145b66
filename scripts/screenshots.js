/**
 * Pictures of the page for docs/images: each part on a desktop and on a phone, side by side. With an installed Chromium (or the one that
 * CHROMIUM names), after `npm run build`, from a run of the demonstration, which `npm start` makes:
 *
 *   node scripts/screenshots.js runs/demo-1 [explore …]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { writeDrawnFolder } from 'resmirror';
import sharp from 'sharp';
import { root } from './prepare.js';

const DEVICES = { desktop: { width: 1180, height: 860 }, phone: { width: 390, height: 860 } };
/** Between the two, of their corners, and of the lines around them. */
const [GAP, RADIUS, RULE] = [28, 14, '#c9d0da'];

/** Part -> what is opened, and what a person does there until it is seen. */
const shots = {
  explore: {
    at: 'explore?net=resnet50&open=2&at=forward.2.0',
    until: (page) => page.waitForSelector('.details pre'),
  },
  inside: {
    at: 'inside',
    async until(page, { model, images }) {
      await page.setInputFiles('input[name=model]', model);
      await page.locator('.device').waitFor();
      await page.setInputFiles('input[name=image]', images.at(-1));
      await page.getByRole('button', { name: '2', exact: true }).click();
      await page.locator('.maps article').first().waitFor();
      await page.getByRole('heading', { name: 'What it is' }).evaluate((heading) => heading.scrollIntoView());
    },
  },
  train: {
    at: 'train',
    async until(page) {
      await page.getByText('Settings', { exact: true }).click();
      await page.getByRole('combobox', { name: 'Epochs' }).selectOption('20');
      await page.getByRole('button', { name: 'Try drawn shapes' }).click();
      await page.getByRole('status').filter({ hasText: 'Epoch 17 of' }).waitFor();
    },
  },
  runs: {
    at: 'runs?show=classifier',
    until: (page) => page.locator('canvas').first().waitFor(),
  },
};

const [demo, ...wanted] = process.argv.slice(2);
const unknown = wanted.find((name) => !Object.hasOwn(shots, name));
if (!demo || unknown) {
  console.error(
    `expected the folder of a demonstration, and some of ${Object.keys(shots).join(', ')}; got ${unknown ?? 'nothing'}`,
  );
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'resmirror-shots-'));
const given = {
  model: resolve(demo, 'classifier', 'best.safetensors'),
  images: (await writeDrawnFolder(folder)).slice(0, 24),
};
const server = spawn(process.execPath, ['bin/resmirror.js', 'serve', '--port', '0', '--runs', resolve(demo)], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'ignore'],
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  const url = await addressOf(server);
  for (const [name, shot] of Object.entries(shots))
    if (wanted.length === 0 || wanted.includes(name)) await take(url, name, shot);
} finally {
  await browser.close();
  server.kill();
  rmSync(folder, { recursive: true });
}

async function addressOf({ stdout }) {
  let text = '';
  for await (const chunk of stdout) {
    text += chunk;
    const [url] = /http:\/\/[\d.:]+\//.exec(text) ?? [];
    if (url) return url;
  }
  throw new Error(`resmirror serve did not begin: ${text}`);
}

async function take(url, name, { at, until }) {
  const pictures = [];
  for (const viewport of Object.values(DEVICES)) {
    const context = await browser.newContext({ viewport, locale: 'en', colorScheme: 'light' });
    const page = await context.newPage();
    page.setDefaultTimeout(600_000); // training takes what the machine takes
    await page.goto(`${url}#/${at}`);
    await until(page, given);
    await page.waitForTimeout(500); // what follows from it is drawn
    pictures.push(await page.screenshot());
    await context.close();
  }
  const file = join(root, 'docs', 'images', `page-${name}.webp`);
  const { size } = await sharp(await sideBySide(pictures))
    .webp({ quality: 82, smartSubsample: true })
    .toFile(file);
  console.log(`${file}  ${Math.round(size / 1000)} kB`);
}

/** As screens with round corners, on nothing: the page below may be light or dark. */
async function sideBySide(pictures) {
  const sizes = Object.values(DEVICES);
  let left = 0;
  const layers = [];
  for (const [i, picture] of pictures.entries()) {
    const { width, height } = sizes[i];
    const box = (more) =>
      Buffer.from(
        `<svg width="${width}" height="${height}"><rect x="1" y="1" width="${width - 2}" height="${height - 2}" rx="${RADIUS}" ${more}/></svg>`,
      );
    const input = await sharp(picture)
      .composite([
        { input: box(`fill="none" stroke="${RULE}" stroke-width="2"`) },
        { input: box('fill="#000"'), blend: 'dest-in' },
      ])
      .png()
      .toBuffer();
    layers.push({ input, left, top: 0 });
    left += width + GAP;
  }
  const [width, height] = [left - GAP, Math.max(...sizes.map((one) => one.height))];
  const empty = { width, height, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } };
  return sharp({ create: empty }).composite(layers).png().toBuffer();
}
