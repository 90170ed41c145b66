/** Pictures of a camera: classes of the part Train, and the image of Look inside. The browser's own test camera draws them. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { encodeModel } from '../../src/weights/index.js';
import { temporaryFolder } from '../data/fixtures.js';
import { closeAll, needsBrowser } from '../web-folder/browser.js';
import { models } from '../web-folder/models.js';
import { choose, ended, findings, fits, opened, photograph, train } from './train-page.js';

const card = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const pictures = (page: Page, name: string) => card(page, name).locator('.thumbnail');
/** Until a class has so many pictures. */
const atLeast = (page: Page, name: string, count: number) =>
  pictures(page, name)
    .nth(count - 1)
    .waitFor();

const cameraShows = (page: Page) => page.waitForFunction("document.querySelector('.viewfinder video')?.videoWidth > 0");

/** Adds a class with its camera on. */
async function addClass(page: Page, number: number): Promise<string> {
  await page.getByRole('button', { name: 'Add a class' }).click();
  const name = `class ${number}`;
  await card(page, name).getByRole('button', { name: 'Use the camera' }).click();
  await cameraShows(page);
  return name;
}

describe('the camera', needsBrowser, () => {
  after(closeAll);

  it('takes pictures as long as a button is held, by pointer or key, to train on', async () => {
    const { page, complaints } = await opened();
    const hold = (name: string) => card(page, name).getByRole('button', { name: 'Hold to take pictures' });
    const first = await addClass(page, 1);
    await hold(first).hover();
    await page.mouse.down();
    await atLeast(page, first, 6);
    await page.mouse.up();
    const taken = await pictures(page, first).count();
    await page.waitForTimeout(600);
    assert.ok((await pictures(page, first).count()) <= taken + 1, 'pictures go on being taken');
    assert.deepEqual(await findings(page), []);
    await photograph(page, 'camera');

    const second = await addClass(page, 2);
    assert.equal(await page.locator('.viewfinder').count(), 1, 'one camera at a time');
    await hold(second).focus();
    await page.keyboard.down('Space');
    await atLeast(page, second, 6);
    await page.keyboard.up('Space');
    await hold(second).dispatchEvent('click'); // as screen readers click
    await page.getByRole('button', { name: 'Stop the camera' }).click();

    const before = await pictures(page, second).count();
    await pictures(page, second).first().focus();
    await page.keyboard.press('Enter');
    const left = `document.querySelectorAll('.classes li:nth-child(2) .thumbnail').length === ${before - 1}`;
    await page.waitForFunction(left);
    assert.equal(await page.evaluate('document.activeElement.className'), 'thumbnail');
    await page.setViewportSize({ width: 390, height: 844 });
    assert.ok(await fits(page));

    await choose(page, { Epochs: '10', Size: '32' });
    await train(page);
    await ended(page);
    await page.locator('.confusion').waitFor();
    assert.deepEqual(complaints, []);
  });

  it('shows Look inside what it sees', async () => {
    const file = join(await temporaryFolder(), 'classifier.safetensors');
    await writeFile(file, encodeModel(models.classifier));
    const { page, complaints } = await opened();
    await page.getByRole('link', { name: 'Look inside' }).click();
    await page.setInputFiles('input[name=model]', file);
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await cameraShows(page);
    assert.deepEqual(await findings(page), []);
    await page.getByRole('button', { name: 'Take the picture' }).click();
    await page.locator('.named', { hasText: 'the camera’s picture' }).waitFor();
    await page.locator('.classes[aria-busy=false] li').first().waitFor();
    assert.equal(await page.locator('.viewfinder').count(), 0);
    assert.deepEqual(complaints, []);
  });

  it('says why it cannot be used', async () => {
    const { page } = await opened();
    const denied = "new DOMException('Permission denied', 'NotAllowedError')";
    await page.evaluate(`navigator.mediaDevices.getUserMedia = () => Promise.reject(${denied})`);
    await page.getByRole('button', { name: 'Add a class' }).click();
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await page.getByRole('alert').filter({ hasText: 'The camera cannot be used: Permission denied' }).waitFor();
  });
});
