/** What computes in the part Train: WebGPU where it is chosen and works, else WebAssembly, and the page says why. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { closeAll, needsBrowser } from '../web-folder/browser.js';
import { choose, drop, opened, striped, train } from './train-page.js';

/** The page with two classes of stripes, few enough to be quick. */
async function gathered({ isolated = false } = {}) {
  const folder = await striped(5);
  const visited = await opened({ isolated });
  await drop(visited.page, [join(folder, 'across'), join(folder, 'along')]);
  await visited.page.getByText('Images: 5').first().waitFor();
  return { folder, ...visited };
}

const computes = (page: Page) => page.locator('.status .device').innerText();

describe('what computes a training in the page', needsBrowser, () => {
  after(closeAll);

  it('is WebAssembly where WebGPU does not work, or there is none', async () => {
    const { page } = await gathered({ isolated: true });
    await page.route('**/engine/ort.webgpu*', (route) => route.fulfill({ status: 404 }));
    await choose(page, { Epochs: '10', Size: '32', 'Computed with': 'WebGPU' });
    await train(page);
    await page.locator('.status .device').waitFor();
    assert.match(await computes(page), /^WebAssembly on .*\. WebGPU did not work here \(.+\)\.$/);
    await page.getByRole('button', { name: 'Start anew' }).click();
    await choose(page, { 'Computed with': 'WebAssembly' });
    await train(page);
    await page.locator('.status .device').waitFor();
    assert.match(await computes(page), /^WebAssembly on [^.]*\.$/);
  });

  it('is WebGPU where it is chosen by name, to the end of the training', async () => {
    const { page } = await gathered();
    await choose(page, { Epochs: '10', Size: '32', 'Computed with': 'WebGPU' });
    await train(page);
    await page.locator('.status .device').waitFor({ timeout: 300_000 });
    assert.match(await computes(page), /^The graphics processor, by WebGPU\./);
    await page.getByRole('status').filter({ hasText: 'Trained for 10 epochs' }).waitFor({ timeout: 500_000 });
    const losses = await page.locator('details', { hasText: 'In numbers' }).first().innerText();
    assert.ok(!losses.includes('NaN'), losses);
  });
});
