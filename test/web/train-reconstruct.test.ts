/** An autoencoder that is trained in the page: what comes back there comes back on the command line, and in Look inside. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { sharedData, temporaryFolder } from '../data/fixtures.js';
import { closeAll, needsBrowser, pixelsOn } from '../web-folder/browser.js';
import { choose, downloaded, ended, findings, fits, opened, photograph, run, train } from './train-page.js';

const { path: tiles, options: needsTiles } = sharedData('tiles');
const SIDE = 32;

/** Some images of each folder, and one that is not among them. */
async function someTiles(count: number): Promise<{ readonly files: readonly string[]; readonly other: string }> {
  const found: string[] = [];
  for (const folder of (await readdir(tiles)).sort()) {
    const inside = (await readdir(join(tiles, folder), { recursive: true })).filter((name) => name.endsWith('.png'));
    found.push(...inside.sort().map((name) => join(tiles, folder, name)));
  }
  const step = Math.floor(found.length / (count + 1));
  const spread = Array.from({ length: count + 1 }, (_, i) => found[i * step]!);
  return { files: spread.slice(0, count), other: spread[count]! };
}

/** What `reconstruct` draws below an image, at its own size. */
async function reconstructed(model: string, image: string, folder: string): Promise<readonly number[]> {
  const out = join(folder, 'pair.png');
  await run('reconstruct', model, image, '--out', out);
  const [zoom, margin, gap] = [3, 10, 2];
  const place = { left: margin, top: margin + SIDE * zoom + gap, width: SIDE * zoom, height: SIDE * zoom };
  const below = await sharp(out).extract(place).png().toBuffer();
  return [...(await sharp(below).resize(SIDE, SIDE, { kernel: 'nearest' }).removeAlpha().raw().toBuffer())];
}

const farthest = (a: readonly number[], b: readonly number[]): number => {
  assert.equal(a.length, b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
};

const pixelsOf = async (page: Page, selector: string) => {
  await page.locator(selector).waitFor();
  return pixelsOn(page, selector);
};

describe('an autoencoder in the part Train', { ...needsBrowser, ...needsTiles }, () => {
  after(closeAll);

  it('learns any images, shows what comes back after each epoch, and is the same on the command line', async () => {
    const folder = await temporaryFolder();
    const { files, other } = await someTiles(80);
    const { page, complaints } = await opened();
    await page.getByRole('radio', { name: 'Rebuild images' }).check();
    await train(page);
    await page.getByRole('alert').filter({ hasText: 'Give two images at least' }).waitFor();
    await page
      .locator('.drop-zone input')
      .nth(1)
      .setInputFiles([...files]);
    await page.getByText('Images: 80').waitFor();
    assert.deepEqual(await findings(page), []);
    await photograph(page, 'autoencoder-gathered');
    await choose(page, { Epochs: '20' });
    await train(page);

    await page.getByText('after epoch 1.').waitFor();
    assert.equal(await page.locator('.reconstructions .picture').count(), 16);
    const first = await pixelsOn(page, '.reconstructions [data-shown="0"]');
    await ended(page);
    await page.getByText('after epoch 20.').waitFor();
    const image = await pixelsOn(page, '.pairs .picture');
    const last = await pixelsOn(page, '.pairs [data-shown="0"]');
    const distance = (pixels: readonly number[]) =>
      pixels.reduce((sum, value, i) => sum + (value - image[i]!) ** 2, 0) / pixels.length;
    assert.ok(distance(last) < distance(first) / 2, `${distance(first)}, then ${distance(last)}`);
    assert.match(await page.locator('.result .figure').innerText(), /^\d\d\.\d dB/);
    assert.equal(await page.getByRole('img', { name: /^PSNR on validation/ }).count(), 1);

    await page.locator('.result input[type=file]').setInputFiles(other);
    const made = await pixelsOf(page, '.answer [data-shown=made]');
    assert.deepEqual(await findings(page), []);
    await photograph(page, 'autoencoder-ended');
    await page.setViewportSize({ width: 390, height: 844 });
    assert.ok(await fits(page));
    await page.setViewportSize({ width: 1280, height: 900 });

    const model = await downloaded(page, 'Download the model', folder);
    assert.ok(farthest(made, await reconstructed(model, other, folder)) <= 1);
    const onnx = await downloaded(page, 'As ONNX', folder);
    assert.ok(farthest(made, await reconstructed(onnx, other, folder)) <= 2); // its norms are folded

    await page.getByRole('button', { name: 'Look inside' }).click();
    await page.locator('.named', { hasText: 'model.safetensors' }).waitFor();
    await page.setInputFiles('input[name=image]', other);
    assert.ok(farthest(made, await pixelsOf(page, '.picture[data-shown=reconstruction]')) <= 1);
    assert.deepEqual(complaints, []);
  });
});
