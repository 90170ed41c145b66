/** The part Train as a person uses it: from folders that are dropped to a model that the command line reads. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { temporaryFolder } from '../data/fixtures.js';
import { closeAll, needsBrowser } from '../web-folder/browser.js';
import {
  choose,
  downloaded,
  drop,
  ended,
  findings,
  fits,
  opened,
  photograph,
  run,
  saysAsPredict,
  striped,
  stripes,
  train,
} from './train-page.js';

describe('the part Train', needsBrowser, () => {
  after(closeAll);

  it('trains on dropped folders, and its file answers on the command line as the page does', async () => {
    const folder = await striped(60);
    await writeFile(join(folder, 'along', 'broken.png'), 'no image');
    await writeFile(join(folder, 'along', 'notes.txt'), 'no image either');
    const { page, complaints } = await opened();
    await photograph(page, 'empty');
    assert.deepEqual(await findings(page), []);
    await drop(page, [join(folder, 'across'), join(folder, 'along')]);
    await page.getByText('Images: 61').waitFor();
    assert.deepEqual(await findings(page), []);
    await photograph(page, 'gathered');
    await choose(page, { Epochs: '10', Size: '32' });
    await train(page);

    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('status').filter({ hasText: 'Stopped in' }).waitFor();
    await page.getByRole('button', { name: 'Go on' }).click();
    await ended(page);
    assert.match(await page.locator('.status .note').first().innerText(), /96 images to learn from, 24 held out/);
    const computes = await page.locator('.status .device').innerText();
    assert.match(computes, /^WebAssembly on one thread: .*WebGPU: here it is software, which is slower\./);
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

    const file = await downloaded(page, 'Download the model', folder);
    assert.ok((await run('eval', file, folder)).metrics.accuracy > 0.8);
    await saysAsPredict(page, file, image, 1e-3);
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
    await choose(page, { Epochs: '10' });
    await train(page);
    await page.getByText('1,600 images to learn from, 400 held out').waitFor();
    await page.getByRole('button', { name: 'Start anew' }).click();
    await page.getByRole('button', { name: 'Train', exact: true }).waitFor();
    assert.deepEqual(complaints, []);
  });

  it('says what is missing instead of beginning', async () => {
    const folder = await striped(2);
    const { page } = await opened();
    const told = (text: string) => page.getByRole('alert').filter({ hasText: text }).waitFor();
    await train(page);
    await told('give two at least');
    await drop(page, [join(folder, 'across')]);
    await page.getByText('Images: 2').waitFor();
    await train(page);
    await told('give two at least');

    await page.getByRole('button', { name: 'Add a class' }).click();
    await page.getByRole('textbox').nth(1).fill('across');
    await train(page);
    await told('Two classes are called across');
    await page.getByRole('textbox').nth(1).fill('damaged');
    const broken = ['a.png', 'b.png'].map((name) => ({ name, mimeType: 'image/png', buffer: Buffer.from('none') }));
    await page.getByLabel('Add images to damaged').setInputFiles(broken);
    await train(page);
    await told('no image of the class damaged could be read');
    await page.getByText('could not be read: 2').waitFor();

    await writeFile(join(folder, 'notes.txt'), 'words');
    await drop(page, [join(folder, 'notes.txt')]);
    await told('There is no image among what came');
  });
});
