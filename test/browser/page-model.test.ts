/** Models in a page, by resmirror/browser: what they answer is what the library answers on Node. */
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { Generator } from '../../src/inference/generator.js';
import { Predictor } from '../../src/inference/index.js';
import { randomPoints } from '../../src/inference/points.js';
import { encodeModel } from '../../src/weights/index.js';
import { drawing } from '../data/fixtures.js';
import { site } from '../devices/site.js';
import { closeAll, needsBrowser, served, visit } from '../web-folder/browser.js';
import { models, size } from '../web-folder/models.js';

const IMAGE = 'image.png';

/** The devices' page, with this library in place of its questions. */
async function folderOf(): Promise<string> {
  const folder = await site();
  const html = await readFile(join(folder, 'index.html'), 'utf8');
  const script = `import * as library from './build/src/browser/index.js';
    window.library = library;
    window.runtime = library.openRuntime({ engine: { module: 'engine/wasm.js', code: 'engine/wasm.wasm' } });
    window.image = await (await fetch('${IMAGE}')).blob();`;
  await writeFile(
    join(folder, 'index.html'),
    html.replace(/<script type="module">[\s\S]*<\/script>/, () => `<script type="module">${script}</script>`),
  );
  for (const [name, model] of Object.entries(models))
    await writeFile(join(folder, `${name}.safetensors`), encodeModel(model));
  await writeFile(join(folder, IMAGE), await drawing(size[0], size[1], 40).png().toBuffer());
  return folder;
}

async function first<T>(answers: AsyncIterable<{ readonly value: T }>): Promise<T> {
  for await (const { value } of answers) return value;
  return assert.fail('no answer');
}

const near = (found: readonly number[], wanted: Iterable<number>, apart: number) => {
  const all = [...wanted];
  assert.equal(found.length, all.length);
  found.forEach((value, i) => {
    assert.ok(Math.abs(value - all[i]!) <= apart, `number ${i}: ${value} in the page, ${all[i]} here`);
  });
};

describe('models in a page', needsBrowser, () => {
  let folder: string;
  let page: Page;
  after(async () => {
    await closeAll();
    await rm(folder, { recursive: true, force: true });
  });

  /** What an expression in the page comes to. */
  const ask = async <T>(expression: string): Promise<T> => {
    if (!page) {
      folder = await folderOf();
      const visited = await visit(await served(folder));
      page = visited.page;
      await page.waitForFunction('window.image').catch(() => assert.fail(`${visited.complaints}`));
    }
    return page.evaluate<T>(
      `(async () => { const { load, loadGenerator, randomPoints } = library; return ${expression}; })()`,
    );
  };
  const opened = (name: keyof typeof models) => `await load('${name}.safetensors', { runtime })`;

  test('classify and embed', needsBrowser, async () => {
    const scores = await ask<{ label: string; probability: number }[]>(
      `(${opened('classifier')}).classify(image, { top: 3 })`,
    );
    const vector = await ask<number[]>(`Array.from(await (${opened('classifier')}).embed(image))`);
    const here = Predictor.open(models.classifier);
    const wanted = await first(here.classify([join(folder, IMAGE)], { top: 3 }));
    assert.deepEqual(
      scores.map(({ label }) => label),
      wanted.map(({ label }) => label),
    );
    near(
      scores.map(({ probability }) => probability),
      wanted.map(({ probability }) => probability),
      1e-4,
    );
    near(vector, await first(here.embed([join(folder, IMAGE)])), 1e-3);
    await here.close();
  });

  test('reconstruct', needsBrowser, async () => {
    const found = await ask<{ data: number[]; height: number; width: number }>(
      `(({ data, ...rest }) => ({ ...rest, data: Array.from(data) }))(await (${opened('coder')}).reconstruct(image))`,
    );
    const here = Predictor.open(models.coder);
    near(found.data, await first(here.reconstruct([join(folder, IMAGE)])), 1);
    await here.close();
    assert.deepEqual([found.height, found.width], [...size]);
  });

  test('generate, of a class too', needsBrowser, async () => {
    for (const name of ['maker', 'variational'] as const) {
      const found = await ask<number[]>(`(async (maker) => {
        const [, point] = randomPoints(maker, { count: 2, seed: 5 });
        return Array.from((await maker.decode(point)).data);
      })(await loadGenerator('${name}.safetensors', { runtime }))`);
      const here = Generator.open(models[name]);
      const [, wanted] = await here.decode(randomPoints(here, { count: 2, seed: 5 }));
      near(found, wanted!, 1);
      await here.close();
    }
  });

  test('what cannot be asked, and what is no model, is said', needsBrowser, async () => {
    const told = (expression: string) => ask<string>(`(async () => ${expression})().catch(({ message }) => message)`);
    assert.match(await told(`(${opened('coder')}).classify(image)`), /trained to reconstruct, so it cannot classify/);
    assert.match(await told(`loadGenerator('classifier.safetensors', { runtime })`), /makes no images of vectors/);
    assert.match(await told(`load('nowhere.safetensors', { runtime })`), /nowhere\.safetensors.*404/);
    assert.match(await told('load(image, { runtime })'), /header|safetensors|bytes/);
  });
});
