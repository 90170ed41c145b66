/** The page's part Explore, in a real browser: what it says is what the library and the command line say. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { after, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import * as graph from '../../src/graph/index.js';
import type { Summary } from '../../src/models/index.js';
import * as nn from '../../src/nn/index.js';
import { closeAll, needsBrowser, served, visit } from '../web-folder/browser.js';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** A view of Explore, without complaints. */
async function explore(query: string, { language = 'en', width = 1280 } = {}) {
  const address = `${await base()}#/explore?${query}`;
  const visited = await visit(address, { before: `localStorage.setItem('resmirror.language', '${language}')` });
  await visited.page.setViewportSize({ width, height: 900 });
  await visited.page.waitForSelector('.explore');
  assert.deepEqual(visited.complaints, []);
  return visited.page;
}

let address: Promise<string> | undefined;
const base = () => {
  address ??= served(file('../../web'));
  return address;
};

const summaryOf = (...given: readonly string[]): Summary =>
  JSON.parse(
    execFileSync(process.execPath, [file('../../../bin/resmirror.js'), 'summary', ...given, '--json'], {
      encoding: 'utf8',
    }),
  );

const texts = (page: Page, selector: string) => page.locator(selector).allTextContents();

/** As the check values of the two networks have them, with 1,000 classes at 224 x 224. */
const published = {
  resnet18: ['11,689,512', '1.82 G'],
  resnet34: ['21,797,672', '3.67 G'],
  resnet50: ['25,557,032', '4.11 G'],
  resnet101: ['44,549,160', '7.83 G'],
  resnet152: ['60,192,808', '11.56 G'],
} as const;

suite('explore', needsBrowser, () => {
  after(closeAll);

  test('totals are the published ones, and the mirror’s those of the command line', async () => {
    const page = await explore('net=resnet18');
    for (const [net, figures] of Object.entries(published)) {
      await page.selectOption('select[name="net"]', net);
      assert.deepEqual(await texts(page, '.total.forward dd'), figures);
      const { parameters } = summaryOf(`transpose-${net}`);
      assert.equal((await texts(page, '.total.mirror dd'))[0], parameters.toLocaleString('en'));
    }
    await page.selectOption('select[name="variant"]', 'article');
    const { parameters } = summaryOf('resnet152', '--variant', 'article');
    assert.equal((await texts(page, '.total.forward dd'))[0], parameters.toLocaleString('en'));
    await page.fill('input[name="classes"]', '10');
    await page.keyboard.press('Enter');
    assert.match(page.url(), /net=resnet152&variant=article&classes=10/);
  });

  test('a stage unfolds to its blocks, these to layers with the shapes of the summary', async () => {
    const page = await explore('net=resnet50');
    await page.click('.stage[aria-label="Stage 2"] .unfold');
    assert.deepEqual(
      await texts(page, 'button.forward code'),
      [0, 1, 2, 3].map((i) => `layer2.${i}`),
    );
    for (const i of [0, 1, 2, 3]) await page.click(`.row.block >> nth=${i} >> .unfold`);
    const shown = await page
      .locator('.list.forward li[data-layer]')
      .evaluateAll((items) =>
        items.map((item) => [
          (item as unknown as { dataset: { layer: string } }).dataset.layer,
          (item as unknown as { querySelector(s: string): { textContent: string } }).querySelector('.shape')
            .textContent,
        ]),
      );
    const { layers } = summaryOf('resnet50');
    const expected = layers
      .filter(({ layer }) => /^layer2\.\d\.(conv|downsample\.0)/.test(layer))
      .map(({ layer, output }) => [layer, output.join(' × ')]);
    assert.equal(expected.length, 4 * 3 + 1);
    assert.deepEqual(shown, expected);
    await page.click('[data-at="forward.2.1"]');
    assert.equal(await page.textContent('.formula'), 'y = relu(left(x) + x)');
    await page.click('[data-at="mirror.2.0"]');
    assert.equal(await page.textContent('.formula'), 'y = relu(left(x) + right(x))');
    const own = summaryOf('transpose-resnet50').layers.filter(({ layer }) => layer.startsWith('layer2.0'));
    const sums = (['parameters', 'multiplyAdds'] as const).map((kind) => own.reduce((sum, row) => sum + row[kind], 0));
    assert.deepEqual(
      (await texts(page, '.details tfoot td')).slice(1),
      sums.map((sum) => sum.toLocaleString('en')),
    );
  });

  test('the code of a block makes the block: its shapes and the names of its weights', async () => {
    const views = [
      ...['at=forward.2.0', 'at=forward.4.2', 'at=mirror.2.0', 'at=forward.stem', 'at=mirror.head'].map(
        (at) => `net=resnet50&${at}`,
      ),
      ...['forward.2.0', 'mirror.2.0', 'forward.stem', 'forward.head', 'mirror.head', 'mirror.stem'].map(
        (at) => `net=resnet18&variant=article&at=${at}`,
      ),
      ...['forward.4.1', 'mirror.4.1', 'mirror.head'].map((at) => `net=resnet50&variant=article&size=32&at=${at}`),
      ...['resnetv2-50', 'seresnet50', 'resnet50d', 'resnext50-32x4d', 'cifar-resnet20'].flatMap((net) =>
        ['forward', 'mirror'].flatMap((side) => ['2.0', '2.1', 'stem'].map((id) => `net=${net}&at=${side}.${id}`)),
      ),
    ];
    const page = await explore(views[0]!);
    for (const view of views) {
      await page.evaluate(`new Promise((done) => {
        location.hash = '#/explore?${view}';
        requestAnimationFrame(() => requestAnimationFrame(done));
      })`);
      const [code, weights, shapes] = await Promise.all(
        ['.details pre', '.weights li', '.shapes'].map((selector) => texts(page, selector)),
      );
      const { net, at } = Object.fromEntries(new URLSearchParams(view)) as { net: string; at: string };
      assert.equal(await page.inputValue('select[name="net"]'), net);
      assert.equal(await page.locator(`.details.${at.split('.')[0]}`).count(), 1, view);
      const { output, parameters } = applied(code![0]!, shapes![0]!);
      assert.equal(`y ${output.join(' × ')}`, shapes![0]!.split(' → ')[1], view);
      assert.deepEqual(
        weights!.toSorted(),
        parameters.map(({ source, shape }) => `${source.name} [${shape.join(', ')}]`).toSorted(),
        view,
      );
    }
  });

  test('the address restores what is shown, and the link is copied', async () => {
    const page = await explore('net=seresnet50&size=96');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.click('.stage[aria-label="Stage 3"] .unfold');
    await page.click('.row.block >> nth=1 >> .unfold');
    await page.click('[data-at="mirror.3.1"]');
    const before = await page.innerHTML('.explore');
    await page.click('.copy');
    await page.waitForSelector('.copy >> text=Link copied');
    const link = await page.evaluate<string>('navigator.clipboard.readText()');
    const { page: other } = await visit(link);
    await other.waitForSelector('.details pre');
    assert.equal(await other.innerHTML('.explore'), before);
    await page.goBack();
    assert.equal(await page.locator('.details pre').count(), 0);
  });

  test('the keyboard alone is enough', async () => {
    const page = await explore('net=resnet18');
    const focused = () =>
      page.evaluate<string>('document.activeElement.dataset.at ?? document.activeElement.innerText.split("\\n")[0]');
    for (let i = 0; i < 30 && (await focused()) !== 'Stem'; i++) await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(), 'Stage 1');
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('.list.mirror li[data-layer]').count(), 2);
    await page.keyboard.press('ArrowRight');
    assert.equal(await focused(), 'mirror.1.0');
    assert.equal(await page.getByRole('button', { name: /^Mirror: layer1\.0 / }).count(), 1);
    await page.keyboard.press('Space');
    assert.equal(await page.textContent('.details h2'), 'layer1.0');
    assert.equal(await focused(), 'mirror.1.0');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    assert.equal(await focused(), 'forward.1.0');
  });

  for (const scheme of ['light', 'dark'] as const)
    test(`axe finds nothing serious, ${scheme}`, async () => {
      for (const width of [390, 1280]) {
        const page = await explore('net=resnet50&open=stem,2,2.0&at=mirror.2.0', { width });
        await page.emulateMedia({ colorScheme: scheme });
        await page.addScriptTag({ path: createRequire(import.meta.url).resolve('axe-core/axe.min.js') });
        const found = await page.evaluate<
          readonly { id: string; impact: string; nodes: readonly { html: string }[] }[]
        >('axe.run().then(({ violations }) => violations)');
        const serious = found.filter(({ impact }) => impact === 'serious' || impact === 'critical');
        assert.deepEqual(
          serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('; ')}`),
          [],
        );
      }
    });

  test('phones need not scroll sideways, in either language', async () => {
    for (const language of ['en', 'zh-CN'])
      for (const query of [
        '',
        'net=resnet152&variant=article&open=stem,3,3.0,head&at=mirror.3.0',
        'size=100',
        'net=foo',
      ]) {
        const page = await explore(query, { language, width: 390 });
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, `${language} ${query}`);
        await page.context().close();
      }
  });

  test('speaks Chinese, without a word of English but names', async () => {
    const page = await explore('net=resnet50&open=stem,2,2.0&at=forward.2.0', { language: 'zh-CN' });
    assert.equal(await page.textContent('h1'), '网络与它的镜像');
    await page.evaluate(`document.querySelector('.details pre').remove()`);
    const words = (await page.locator('main').innerText()).match(
      /\b(stage|block|layers?|parameters|weights|stride|conv|norm|copy|size)\b/gi,
    );
    assert.deepEqual(words, null);
  });

  test('nonsense gets a message and something to go on with', async () => {
    const page = await explore('net=foo&size=-3&variant=x&classes=1e99&open=99,x&at=mirror.77.1');
    assert.match((await page.textContent('[role="alert"]'))!, /net=foo, size=-3, classes=1e99, variant=x/);
    assert.deepEqual(await texts(page, '.total.forward dd'), published.resnet50);
    const uneven = await explore('net=resnet50&size=100');
    assert.match((await uneven.textContent('[role="alert"]'))!, /multiples of 32/);
    await uneven.click('text=Use 96');
    assert.equal((await texts(uneven, '.total.forward dd'))[0], '25,557,032');
    const garbled = await visit(`${await base()}#/%E0%A4%A?net=%E0`);
    assert.match((await garbled.page.textContent('[role="alert"]'))!, /net=/);
    const refused = await explore('net=resnext50-32x4d&variant=article');
    assert.match((await refused.textContent('[role="alert"]'))!, /variant=article/);
  });
});

/** What the shown code makes of a batch of one, of the shape that is shown beside it. */
function applied(code: string, shapes: string) {
  const body = code.replace(/^import .*$/m, '');
  const block = new Function('graph', 'nn', `${body}\nreturn block;`)(graph, nn) as nn.Layer;
  const input = shapes
    .match(/^x (.*) →/)![1]!
    .split(' × ')
    .map(Number);
  const build = new nn.Build();
  const y = block(graph.input('x', [1, ...input]), build);
  const leaves = graph.nodesOf([y]).flatMap(({ inputs }) => inputs);
  const parameters = [...new Set(leaves)].filter(
    (value): value is graph.ParameterValue => value.source.kind === 'parameter',
  );
  return { output: y.shape.slice(1), parameters };
}
