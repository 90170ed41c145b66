/** Photographs of two flowers: a classifier that is trained in the page, judged on photographs that it never saw. */
import assert from 'node:assert/strict';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { sharedData, temporaryFolder } from '../data/fixtures.js';
import { closeAll, needsBrowser } from '../web-folder/browser.js';
import { choose, downloaded, drop, ended, opened, photograph, run, saysAsPredict, train } from './train-page.js';

const { path: flowers, options: needsFlowers } = sharedData('flowers');
const CLASSES = ['daisy', 'sunflower'];

/** So many photographs of each class, in folders by class. */
async function some(part: 'train' | 'val', count: number): Promise<string> {
  const folder = await temporaryFolder();
  for (const name of CLASSES) {
    const from = join(flowers, part, name);
    await mkdir(join(folder, name));
    for (const file of (await readdir(from)).sort().slice(0, count))
      await cp(join(from, file), join(folder, name, file));
  }
  return folder;
}

describe('two flowers in the part Train', { ...needsBrowser, ...needsFlowers }, () => {
  after(closeAll);

  it('are told apart on photographs that were not learned from', async () => {
    const [folder, unseen] = [await some('train', 200), await some('val', 100)];
    const { page, complaints } = await opened({ isolated: true });
    await drop(
      page,
      CLASSES.map((name) => join(folder, name)),
    );
    await page.getByText('Images: 200').nth(1).waitFor();
    await choose(page, { Size: '32', Epochs: '20' });
    await train(page);
    await page.getByText('320 images to learn from, 80 held out').waitFor();
    await ended(page);
    await photograph(page, 'flowers');
    assert.ok(Number.parseFloat(await page.locator('.figure strong').innerText()) > 80);
    const file = await downloaded(page, 'Download the model', unseen);
    const { metrics } = await run('eval', file, unseen);
    assert.ok(metrics.accuracy > 0.8, `${metrics.accuracy}`);
    const [photo] = await readdir(join(unseen, 'sunflower'));
    await saysAsPredict(page, file, join(unseen, 'sunflower', photo!), 0.02); // decoders of JPEG differ by a step or two
    assert.deepEqual(complaints, []);
  });
});
