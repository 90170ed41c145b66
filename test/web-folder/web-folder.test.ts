/** Web folders in a real browser: what their pages say is what the program says. */
import assert from 'node:assert/strict';
import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { writeWebPage } from '../../src/cli/formats/web.js';
import { Generator } from '../../src/inference/generator.js';
import { Predictor } from '../../src/inference/index.js';
import { type Point, randomPoints, randomVector, spherical } from '../../src/inference/points.js';
import type { Model } from '../../src/weights/index.js';
import { drawing, temporaryFolder, userError } from '../data/fixtures.js';
import { closeAll, needsBrowser, pixelsOn, served, visit } from './browser.js';
import { CLASSES, models, size } from './models.js';

const folder = await temporaryFolder();
const image = (name: string) => join(folder, name);
await drawing(70, 90).png().toFile(image('drawing.png'));
await drawing(90, 70).webp({ lossless: true }).toFile(image('upright.webp'));
await drawing(70, 90).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toFile(image('turned.jpg'));
await sharp({ create: { width: 40, height: 40, channels: 4, background: { r: 200, g: 30, b: 60, alpha: 0.5 } } })
  .png()
  .toFile(image('half-clear.png'));

const exported = new Map<Model, Promise<string>>();
/** The web folder of a model. */
function webFolder(model: Model): Promise<string> {
  const known = exported.get(model);
  if (known) return known;
  const out = join(folder, `web-${exported.size}`);
  const made = writeWebPage(out, model, {}).then(() => out);
  exported.set(model, made);
  return made;
}

const opened = (page: Page) => page.locator('#work').waitFor({ state: 'visible', timeout: 60_000 });

/** The page's answer for an image: class -> probability. */
async function classesOnPage(page: Page, file: string): Promise<ReadonlyMap<string, number>> {
  const time = page.locator('#time');
  await time.evaluate('(element) => { element.textContent = ""; }');
  await page.setInputFiles('#file', file);
  // of this image: an answer to the one before may still be on its way
  await time.filter({ hasText: new RegExp(`^${basename(file)}: .* ms in the network`) }).waitFor({ timeout: 120_000 });
  const rows = await page.locator('#classes li').all();
  return new Map(
    await Promise.all(
      rows.map(async (row): Promise<[string, number]> => {
        const [label, share] = [row.locator('span').first(), row.locator('span').last()];
        return [(await label.textContent())!, Number(await share.getAttribute('data-probability'))];
      }),
    ),
  );
}

async function predicted(model: Model, file: string): Promise<ReadonlyMap<string, number>> {
  const predictor = Predictor.open(model, { threads: 1 });
  try {
    for await (const { value } of predictor.classify([file]))
      return new Map(value.map(({ label, probability }) => [label, probability]));
    throw new Error(`${file} was not read`);
  } finally {
    await predictor.close();
  }
}

/** The same classes in the same order, each as probable to this much. */
function near(page: ReadonlyMap<string, number>, program: ReadonlyMap<string, number>, most: number): void {
  assert.deepEqual([...page.keys()], [...program.keys()]);
  for (const [label, probability] of program) assert.ok(Math.abs(page.get(label)! - probability) < most, label);
}

const farthest = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  assert.equal(a.length, b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
};

describe('a web folder', () => {
  it('holds what the page needs and nothing else, and is not written over another', async () => {
    const out = await webFolder(models.classifier);
    const names = (await readdir(out)).sort();
    assert.deepEqual(names, ['engine', 'index.html', 'model.json', 'model.onnx', 'script', 'style.css']);
    const text = await readFile(join(out, 'index.html'), 'utf8');
    assert.ok(text.includes('default-src &#39;none&#39;') && !/https?:\/\/(?!localhost:8000)/.test(text));
    const { size: bytes } = await stat(join(out, 'engine/ort-wasm-simd-threaded.wasm'));
    assert.ok(bytes < 16e6, `${bytes}`);
    await assert.rejects(writeWebPage(out, models.gray, {}), userError('something is there already'));
  });
});

describe('the page of a classifier', needsBrowser, () => {
  after(closeAll);

  it('says what predict says, and asks nobody but its folder', async () => {
    const address = await served(await webFolder(models.classifier));
    const { page, requests, complaints } = await visit(address);
    await opened(page);
    const facts = await page.locator('header .note').textContent();
    assert.equal(facts, 'Knows 7 classes · right on 93.4 % of images set aside in training');
    for (const name of ['drawing.png', 'upright.webp', 'half-clear.png'])
      near(await classesOnPage(page, image(name)), await predicted(models.classifier, image(name)), 1e-3);
    // decoders of JPEG may differ by a step or two
    near(await classesOnPage(page, image('turned.jpg')), await predicted(models.classifier, image('turned.jpg')), 0.02);
    assert.ok((await page.locator('#verdict').textContent())!.includes(' %'));
    const elsewhere = requests.filter((url) => !url.startsWith(address) && !/^(data|blob):/.test(url));
    assert.deepEqual([elsewhere, complaints], [[], []]);
  });

  it('shows what the network sees', async () => {
    const { page } = await visit(await served(await webFolder(models.classifier)));
    await opened(page);
    await classesOnPage(page, image('drawing.png'));
    const predictor = Predictor.open(models.classifier, { threads: 1 });
    for await (const { seen } of predictor.classify([image('drawing.png')]))
      assert.deepEqual(await pixelsOn(page, '#seen'), [...seen]);
    await predictor.close();
  });

  it('takes gray networks, and threads where the server isolates it', async () => {
    const { page, complaints } = await visit(await served(await webFolder(models.gray), { isolated: true }));
    assert.equal(await page.evaluate('crossOriginIsolated'), true);
    await opened(page);
    near(await classesOnPage(page, image('drawing.png')), await predicted(models.gray, image('drawing.png')), 1e-3);
    const threads = Math.min(8, await page.evaluate<number>('navigator.hardwareConcurrency'));
    const time = (await page.locator('#time').textContent())!;
    assert.equal(time.includes(`on ${threads} threads`), threads > 1, time);
    assert.deepEqual(complaints, []);
  });

  it('takes photographs of 50 million pixels', async () => {
    const file = image('large.jpg');
    await sharp(await drawing(540, 810).png().toBuffer())
      .resize(8660, 5774, { kernel: 'linear' })
      .jpeg()
      .toFile(file);
    const { page } = await visit(await served(await webFolder(models.classifier)));
    await opened(page);
    near(await classesOnPage(page, file), await predicted(models.classifier, file), 0.02);
  });

  it('says so where a file is no image, and goes on', async () => {
    await writeFile(image('no-image.png'), 'this is text');
    const { page } = await visit(await served(await webFolder(models.classifier)));
    await opened(page);
    await page.setInputFiles('#file', image('no-image.png'));
    await page.locator('#trouble', { hasText: 'cannot read that file' }).waitFor();
    const found = await classesOnPage(page, image('drawing.png'));
    assert.equal(found.size, 5);
    assert.ok([...found.keys()].every((label) => CLASSES.includes(label)));
    assert.ok(await page.locator('#trouble').isHidden());
  });

  it('is used with the keyboard, and by dropping and pasting', async () => {
    const { page } = await visit(await served(await webFolder(models.classifier)));
    await opened(page);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.id'), 'file');
    const bytes = (await readFile(image('drawing.png'))).toString('base64');
    for (const make of [
      `new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })`,
      `new ClipboardEvent('paste', { clipboardData: data, bubbles: true })`,
    ]) {
      await page.evaluate(`(() => {
        document.getElementById('time').textContent = '';
        const data = new DataTransfer();
        const bytes = Uint8Array.from(atob('${bytes}'), (letter) => letter.charCodeAt(0));
        data.items.add(new File([bytes], 'given.png', { type: 'image/png' }));
        document.body.dispatchEvent(${make});
      })()`);
      await page.locator('#time', { hasText: 'given.png' }).waitFor();
    }
  });
});

describe('the page of an autoencoder', needsBrowser, () => {
  after(closeAll);

  it('shows the image and what comes back', async () => {
    const { page, complaints } = await visit(await served(await webFolder(models.coder)));
    await opened(page);
    await page.setInputFiles('#file', image('drawing.png'));
    const verdict = page.locator('#verdict', { hasText: 'dB' });
    await verdict.waitFor();
    const predictor = Predictor.open(models.coder, { threads: 1 });
    for await (const { seen, value } of predictor.reconstruct([image('drawing.png')])) {
      assert.deepEqual(await pixelsOn(page, '#seen'), [...seen]);
      assert.ok(farthest(await pixelsOn(page, '#made'), value) <= 1);
      const error = seen.reduce((sum, pixel, i) => sum + ((pixel - value[i]!) / 255) ** 2, 0) / seen.length;
      assert.ok(Math.abs(Number.parseFloat((await verdict.textContent())!) + 10 * Math.log10(error)) < 0.1);
    }
    await predictor.close();
    assert.deepEqual(complaints, []);
  });
});

describe('the page of a generator', needsBrowser, () => {
  after(closeAll);

  const made = async (model: Model, points: readonly Point[]) => {
    const generator = Generator.open(model, { threads: 1 });
    const images = await generator.decode(points);
    await generator.close();
    return images;
  };
  const says = (page: Page, text: string) => page.locator('#verdict', { hasText: text }).waitFor();
  const sampleOn = (page: Page, i: number) => pixelsOn(page, `#samples button:nth-child(${i + 1}) canvas`);

  it('makes the images of generate --seed', async () => {
    const { page, complaints } = await visit(await served(await webFolder(models.maker)));
    await opened(page);
    await says(page, '16 images of seed 0');
    const images = await made(models.maker, randomPoints({ latent: 6, classes: [] }, { count: 16, seed: 0 }));
    for (const [i, pixels] of images.entries()) assert.ok(farthest(await sampleOn(page, i), pixels) <= 1, `${i}`);
    assert.ok(farthest(images[0]!, images[1]!) > 1); // or all of them would be alike

    await page.fill('#seed', '7');
    await page.keyboard.press('Enter');
    await says(page, 'of seed 7');
    const [other] = await made(models.maker, [{ vector: randomVector(6, 7, 0) }]);
    assert.ok(farthest(await sampleOn(page, 0), other!) <= 1);
    await page.click('#again');
    await page.locator('#verdict:not(:has-text("of seed 7"))').waitFor();
    assert.deepEqual(complaints, []);
  });

  it('makes images of a class', async () => {
    const space = { latent: 6, classes: CLASSES.slice(0, 3) };
    const { page } = await visit(await served(await webFolder(models.variational)));
    await opened(page);
    await says(page, '16 images');
    const all = await made(models.variational, randomPoints(space, { count: 16, seed: 0 }));
    assert.ok(farthest(await sampleOn(page, 5), all[5]!) <= 1);
    assert.equal(await page.locator('#samples button').nth(5).getAttribute('aria-label'), 'Sample 6, cat');
    await page.selectOption('#class', { label: 'bee' });
    await page.locator('#samples button[aria-label="Sample 16, bee"]').waitFor();
    const bees = await made(models.variational, randomPoints(space, { count: 16, seed: 0, class: 1 }));
    assert.ok(farthest(await sampleOn(page, 5), bees[5]!) <= 1);
  });

  it('walks from one sample to another, and gives pictures to keep', async () => {
    const { page } = await visit(await served(await webFolder(models.maker)));
    await opened(page);
    await says(page, '16 images');
    await page.locator('#samples button').nth(3).click(); // beside the second, which was an end already
    await page.locator('#samples button').nth(3).and(page.locator('[aria-pressed=true]')).waitFor();
    await page.locator('#share').fill('0.24');
    const [a, b] = [randomVector(6, 0, 1), randomVector(6, 0, 3)];
    const [between] = await made(models.maker, [{ vector: spherical(a, b, 0.24) }]);
    const deadline = Date.now() + 20_000;
    while (farthest(await pixelsOn(page, '#between'), between!) > 1) assert.ok(Date.now() < deadline, 'not drawn');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
    assert.match(download.suggestedFilename(), /-seed-0\.png$/);
    const { width, height } = await sharp(await download.path()).metadata();
    assert.deepEqual([width, height], [4 * (4 * size[1] + 10) + 10, 4 * (4 * size[0] + 10) + 10]);
  });
});

describe('a page that cannot work says why', needsBrowser, () => {
  after(closeAll);

  const spoilt = async (name: string, spoil: (out: string) => Promise<void>) => {
    const out = join(folder, name);
    await cp(await webFolder(models.classifier), out, { recursive: true });
    await spoil(out);
    const { page } = await visit(await served(out));
    await page.locator('#trouble').waitFor({ state: 'visible' });
    assert.ok(await page.locator('#work').isHidden());
    return (await page.locator('#trouble').textContent())!;
  };

  it('a model that is damaged', async () => {
    const flipped = await spoilt('flipped', async (out) => {
      const bytes = await readFile(join(out, 'model.onnx'));
      bytes[bytes.length >> 1]! ^= 1;
      await writeFile(join(out, 'model.onnx'), bytes);
    });
    assert.match(flipped, /model\.onnx is damaged: it is not what was exported/);
  });

  it('a model that is cut off, or is no network', async () => {
    assert.match(
      await spoilt('short', (out) => truncate(join(out, 'model.onnx'), 100)),
      /model\.onnx is damaged: 100 bytes came instead of/,
    );
    const other = await spoilt('other', async (out) => {
      const description = JSON.parse(await readFile(join(out, 'model.json'), 'utf8'));
      const { model } = description;
      const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'; // of nothing
      await writeFile(join(out, 'model.onnx'), '');
      await writeFile(
        join(out, 'model.json'),
        JSON.stringify({ ...description, model: { ...model, bytes: 0, sha256 } }),
      );
    });
    assert.match(other, /Could not open the network: /);
  });

  it('files that are missing', async () => {
    assert.match(await spoilt('gone', (out) => rm(join(out, 'model.onnx'))), /model\.onnx is missing .* 404/);
    assert.match(await spoilt('unsaid', (out) => rm(join(out, 'model.json'))), /model\.json is missing/);
    const engine = await spoilt('still', (out) => rm(join(out, 'engine/ort.wasm.min.js')));
    assert.match(engine, /Could not open the network: .*ort\.wasm\.min\.js/);
  });

  it('a browser without WebAssembly', async () => {
    const address = await served(await webFolder(models.classifier));
    const { page } = await visit(address, { before: 'delete globalThis.WebAssembly' });
    await page.locator('#trouble', { hasText: 'no WebAssembly' }).waitFor();
  });

  it('a page that was opened as a file', async () => {
    const out = await webFolder(models.classifier);
    const { page } = await visit(pathToFileURL(join(out, 'index.html')).href);
    await page.locator('#unserved', { hasText: 'python3 -m http.server' }).waitFor({ state: 'visible' });
  });
});
