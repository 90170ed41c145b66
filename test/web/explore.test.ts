/** The part Explore, in a real browser. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { networkNamed, summarise } from '../../src/models/index.js';
import { closeAll, needsBrowser, served, visit } from '../web-folder/browser.js';

const built = fileURLToPath(new URL('../../web', import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const opened = async (view: string, options: { lang?: string; width?: number } = {}) => {
  const { page, complaints } = await visit(`${await served(built)}#/explore${view}`, {
    before: `localStorage.setItem('resmirror.language', '${options.lang ?? 'en'}')`,
  });
  if (options.width) await page.setViewportSize({ width: options.width, height: 844 });
  await page.locator('.explore h1').waitFor();
  return { page, complaints };
};
const figures = (page: Page, side: string) => page.locator(`.${side} .totals strong`).allTextContents();

/** Findings that keep somebody from using the page. */
async function findings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate<string[]>(
    `axe.run().then(({ violations }) => violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => id + ': ' + nodes[0].html))`,
  );
}

describe('the part Explore', needsBrowser, () => {
  after(closeAll);

  it('counts what is published, at 224 px with 1,000 classes', async () => {
    const { page, complaints } = await opened('?net=resnet18');
    const published = {
      resnet18: ['11,689,512', '1.82'],
      resnet34: ['21,797,672', '3.67'],
      resnet50: ['25,557,032', '4.11'],
      resnet101: ['44,549,160', '7.83'],
      resnet152: ['60,192,808', '11.56'],
    };
    for (const [net, expected] of Object.entries(published)) {
      await page.locator('.controls select').first().selectOption(net);
      assert.deepEqual(await figures(page, 'forward'), expected, net);
    }
    assert.deepEqual(complaints, []);
  });

  it('unfolds stages to blocks and blocks to layers, as the library counts them', async () => {
    const { page } = await opened('?net=resnet50&size=64');
    await page.locator('.forward .floor', { hasText: 'stage 2' }).click();
    assert.equal(await page.locator('.forward .block').count(), 4);
    await page.locator('.forward .block').first().click();
    const { layers } = summarise(networkNamed('resnet50', { size: 64 }));
    const expected = layers.filter(({ layer }) => layer.startsWith('layer2.0'));
    assert.deepEqual(
      await page.locator('.detail tbody th').allTextContents(),
      expected.map(({ layer }) => layer),
    );
    const shapes = await page.locator('.detail tbody td:nth-child(3)').allTextContents();
    assert.deepEqual(
      shapes,
      expected.map(({ output }) => output.join(' × ')),
    );
    assert.equal(
      await page.locator('.formula').textContent(),
      'relu(conv1×1→512(relu(conv3×3↓2→128(relu(conv1×1→128(x))))) + conv1×1↓2→512(x))',
    );
    assert.equal(
      await page.locator('.detail pre').textContent(),
      'resmirror summary resnet50 --size 64 --classes 1000',
    );
  });

  it('faces each stage with its mirror image', async () => {
    const { page } = await opened('?net=resnet18&size=64');
    const names = (side: string) => page.locator(`.${side} .floor .name`).allTextContents();
    const expected = ['stem', 'stage 1', 'stage 2', 'stage 3', 'stage 4', 'head'];
    assert.deepEqual([await names('forward'), await names('mirror')], [expected, expected]);
    const { parameters } = summarise(networkNamed('transpose-resnet18', { size: 64 }));
    assert.equal((await figures(page, 'mirror'))[0], parameters.toLocaleString('en'));
  });

  it('is where its address says, and works by keys alone', async () => {
    const { page } = await opened('?net=resnet34&size=128&open=layer3&side=mirror&block=layer3.5');
    assert.equal(await page.locator('.detail h2').textContent(), 'layer3.5');
    await page.locator('.mirror .block[aria-pressed=true]').focus();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('.detail h2').textContent(), 'layer3.4');
    assert.match(page.url(), /block=layer3\.4/);
  });

  it('takes nonsense for what is usual, and says why a network cannot be', async () => {
    const { page, complaints } = await opened('?net=foo&size=-3&classes=many&block=none');
    assert.deepEqual(await figures(page, 'forward'), ['25,557,032', '4.11']);
    await page.locator('.controls input').first().fill('3');
    await page.locator('.controls input').first().press('Enter');
    assert.match((await page.locator('.trouble').textContent())!, /cannot be built: .*3/);
    assert.deepEqual(complaints, []);
  });

  for (const lang of ['en', 'zh-CN'])
    for (const width of [390, 1280])
      it(`fits ${width} px and can be read by everybody: ${lang}`, async () => {
        const { page } = await opened('?net=resnet50&open=layer1&block=layer1.0', { lang, width });
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          assert.deepEqual(await findings(page), []);
        }
        assert.ok(
          await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth'),
          'scrolls sideways',
        );
        assert.equal(await page.evaluate<string>('document.documentElement.lang'), lang);
        const folder = process.env.RESMIRROR_SCREENSHOTS; // to look at
        if (folder) await page.screenshot({ path: `${folder}/explore-${lang}-${width}.png`, fullPage: true });
      });
});
