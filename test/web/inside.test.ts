/** The page's part "Look inside" in a real browser: what it says is what the program says of the same files. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { Explainer } from '../../src/inference/explainer.js';
import { Generator } from '../../src/inference/generator.js';
import { Predictor } from '../../src/inference/index.js';
import { principalPictures } from '../../src/inference/map-pictures.js';
import { drawClassMap, type Raster, zoomed } from '../../src/inference/overlay.js';
import { randomPoints, spherical } from '../../src/inference/points.js';
import { type Component, principalComponents } from '../../src/inference/principal.js';
import { encodeModel } from '../../src/weights/index.js';
import { drawing, temporaryFolder } from '../data/fixtures.js';
import { closeAll, needsBrowser, pixelsOn, served, visit } from '../web-folder/browser.js';
import { models, size } from '../web-folder/models.js';

const folder = await temporaryFolder();
const file = (name: string) => join(folder, name);
for (const [name, model] of Object.entries(models)) await writeFile(file(`${name}.safetensors`), encodeModel(model));
await drawing(70, 90).png().toFile(file('drawing.png'));
await drawing(90, 70).webp({ lossless: true }).toFile(file('upright.webp'));
await drawing(70, 90).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toFile(file('turned.jpg'));

const root = fileURLToPath(new URL('../../../', import.meta.url));
const site = join(root, 'build/web');

interface Opening {
  readonly isolated?: boolean;
  readonly language?: string;
}

async function open({ isolated = false, language = 'en' }: Opening = {}) {
  const address = await served(site, { isolated });
  const before = `localStorage.setItem('resmirror.language', '${language}')`;
  const visited = await visit(`${address}#/inside`, { before });
  await visited.page.locator('input[name=model]').waitFor({ state: 'attached' });
  return { address, ...visited };
}

/** Gives the page a model and an image. */
async function give(page: Page, model: string, image?: string): Promise<void> {
  await page.setInputFiles('input[name=model]', file(`${model}.safetensors`));
  await page.locator('.device').waitFor();
  if (image) await page.setInputFiles('input[name=image]', file(image));
}

/** Class -> probability, as the page says. */
async function classesOn(page: Page): Promise<Readonly<Record<string, number>>> {
  await page.locator('.classes[aria-busy=false] li').first().waitFor();
  const rows = await page.locator('.classes li button').all();
  const entries = rows.map(
    async (row): Promise<[string, number]> => [
      (await row.locator('span').first().textContent())!,
      Number(await row.getAttribute('data-probability')),
    ],
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** As the command line says. */
async function predicted(model: string, image: string): Promise<Readonly<Record<string, number>>> {
  const args = [join(root, 'bin/resmirror.js'), 'predict', file(`${model}.safetensors`), file(image), '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { predictions } = JSON.parse(stdout) as {
    predictions: { classes: { label: string; probability: number }[] }[];
  };
  return Object.fromEntries(predictions[0]!.classes.map(({ label, probability }) => [label, probability]));
}

/** The same classes in the same order, each as probable to this much. */
function near(page: Readonly<Record<string, number>>, program: Readonly<Record<string, number>>, most: number): void {
  assert.deepEqual(Object.keys(page), Object.keys(program));
  for (const [label, probability] of Object.entries(program))
    assert.ok(Math.abs(page[label]! - probability) < most, `${label}: ${page[label]} beside ${probability}`);
}

const farthest = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  assert.equal(a.length, b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
};

const said = (page: Page, text: string | RegExp) => page.locator('[role=alert]', { hasText: text }).waitFor();

describe('a classifier that is opened in the page', needsBrowser, () => {
  after(closeAll);

  it('says what predict says, and asks nobody but its folder', async () => {
    const { page, address, requests, complaints } = await open();
    await give(page, 'classifier');
    for (const [name, most] of [
      ['drawing.png', 1e-3],
      ['upright.webp', 1e-3],
      ['turned.jpg', 0.02], // decoders of JPEG may differ by a step or two
    ] as const) {
      await page.setInputFiles('input[name=image]', file(name));
      await page.locator('.card .named', { hasText: name }).waitFor();
      near(await classesOn(page), await predicted('classifier', name), most);
    }
    await page.getByText('WebAssembly on one thread: for more').waitFor();
    const elsewhere = requests.filter((url) => !url.startsWith(address) && !/^(data|blob):/.test(url));
    assert.deepEqual([elsewhere, complaints], [[], []]);
  });

  it('draws Grad-CAM as explain does, of the class and stage that are chosen', async () => {
    const { page } = await open();
    await give(page, 'classifier', 'drawing.png');
    await classesOn(page);
    const explainer = Explainer.open(models.classifier, { threads: 1 });
    try {
      for (const stage of [2, 1]) {
        await page
          .locator('.stages button')
          .nth(stage - 1)
          .click();
        await page.locator('.classes li button').nth(stage).click();
        const label = (await page.locator('.classes button[aria-pressed=true] span').first().textContent())!;
        const name = `.place .picture[data-shown="${stage} ${label.replaceAll('"', '\\"')}"]`;
        await page.locator(name).waitFor();
        for await (const { seen, value } of explainer.gradCam([file('drawing.png')], { class: label, stage })) {
          const image = { data: seen, height: size[0], width: size[1], channels: 3 as const };
          const { data } = drawClassMap(zoomed(image, Math.round(224 / size[1])), value);
          assert.ok(farthest(await pixelsOn(page, name), data) <= 2);
        }
      }
    } finally {
      await explainer.close();
    }
  });

  it('takes gray networks, and threads where the server isolates it', async () => {
    const { page, complaints } = await open({ isolated: true });
    assert.equal(await page.evaluate('crossOriginIsolated'), true);
    await give(page, 'gray', 'drawing.png');
    near(await classesOn(page), await predicted('gray', 'drawing.png'), 1e-3);
    const threads = Math.min(8, await page.evaluate<number>('navigator.hardwareConcurrency'));
    const expected = threads > 1 ? `WebAssembly on ${threads} threads.` : 'WebAssembly on one thread.';
    await page.getByText(expected).waitFor();
    assert.deepEqual(complaints, []);
  });

  it('shows the network the same pixels of photographs of any size', async () => {
    const { page } = await open();
    await give(page, 'classifier');
    const predictor = Predictor.open(models.classifier, { threads: 1 });
    try {
      // sides that no square of the decoder divides
      for (const [height, width] of [
        [333, 501],
        [611, 845],
      ] as const) {
        const name = `odd-${height}.jpg`;
        await drawing(height, width).jpeg({ quality: 95 }).toFile(file(name));
        await page.setInputFiles('input[name=image]', file(name));
        await page.locator('.card .named', { hasText: name }).waitFor();
        for await (const { seen } of predictor.classify([file(name)]))
          assert.ok(farthest(await pixelsOn(page, '.card .picture'), seen) <= 3, name);
      }
    } finally {
      await predictor.close();
    }
  });

  it('takes photographs of 50 million pixels', async () => {
    const large = sharp(await drawing(540, 810).png().toBuffer()).resize(8660, 5774, { kernel: 'linear' });
    await large.jpeg().toFile(file('large.jpg'));
    const { page } = await open();
    await give(page, 'classifier', 'large.jpg');
    near(await classesOn(page), await predicted('classifier', 'large.jpg'), 0.02);
  });

  it('is fetched from the address that names it, from this server only', async () => {
    const bytes = await readFile(file('classifier.safetensors'));
    const { page, address } = await open();
    await page.route('**/given/net.safetensors', (route) => route.fulfill({ body: bytes }));
    await page.goto(`${address}#/inside?model=given/net.safetensors`);
    await page.locator('.named', { hasText: 'net.safetensors' }).waitFor();
    await page.goto(`${address}#/inside?model=https://example.org/net.safetensors`);
    await said(page, 'own server only');
    await page.goto(`${address}#/inside?model=nothing.safetensors`);
    await said(page, 'could not be fetched (404)');
  });
});

describe('what the page cannot take', needsBrowser, () => {
  after(closeAll);

  it('models that are damaged, of others, or none', async () => {
    const { page } = await open();
    const whole = await readFile(file('classifier.safetensors'));
    const others = Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{}')]);
    for (const [name, bytes, reason] of [
      ['short.safetensors', whole.subarray(0, whole.length - 100), /short\.safetensors.*cut short/],
      ['others.safetensors', others, /others\.safetensors holds tensors but no resmirror model/],
      ['text.safetensors', Buffer.from('this is a text and no model at all'), /text\.safetensors/],
      ['empty.safetensors', Buffer.alloc(0), /empty\.safetensors/],
    ] as const) {
      await writeFile(file(name), bytes);
      await page.setInputFiles('input[name=model]', file(name));
      await said(page, reason);
    }
    await give(page, 'classifier', 'drawing.png'); // and goes on
    await classesOn(page);
    assert.equal(await page.locator('[role=alert]').count(), 0);
  });

  it('files that are no image, and images before a model', async () => {
    await writeFile(file('no-image.png'), 'this is text');
    const { page } = await open();
    await page.setInputFiles('input[name=image]', file('drawing.png'));
    await said(page, 'Open a model first');
    await give(page, 'classifier', 'no-image.png');
    await said(page, 'no-image.png cannot be read');
    await page.setInputFiles('input[name=image]', file('drawing.png'));
    await classesOn(page);
  });

  it('an engine that is not there', async () => {
    const { page } = await open();
    await page.route('**/engine/*', (route) => route.fulfill({ status: 404 }));
    await page.setInputFiles('input[name=model]', file('classifier.safetensors'));
    await said(page, 'could not be started: the engine did not open');
  });
});

describe('inside of a classifier', needsBrowser, () => {
  after(closeAll);

  it('shows the maps of every stage as explain does', async () => {
    const { page } = await open();
    await give(page, 'classifier', 'drawing.png');
    await page.locator('.maps .picture[data-shown=stage2]').waitFor();
    const predictor = Predictor.open(models.classifier, { threads: 1 });
    try {
      const at = ['stage1', 'stage2'] as const;
      for await (const { seen, value } of predictor.features([file('drawing.png')], { at })) {
        const image = { data: seen, height: size[0], width: size[1], channels: 3 as const };
        for (const name of at) {
          const [{ data }] = principalPictures([value[name]], [image]) as [Raster];
          const shown = await pixelsOn(page, `.maps .picture[data-shown=${name}]`);
          // single positions may lie where a component is nearly zero
          const far = shown.filter((pixel, i) => Math.abs(pixel - data[i]!) > 3);
          assert.ok(far.length < 0.02 * data.length, `${far.length} of ${data.length}`);
        }
      }
    } finally {
      await predictor.close();
    }
    assert.equal(await page.locator('.maps article').first().locator('.single .picture').count(), 8);
  });
});

describe('an autoencoder', needsBrowser, () => {
  after(closeAll);

  it('reconstructs as the program does, and walks around and between vectors', async () => {
    const { page, complaints } = await open();
    await give(page, 'coder', 'drawing.png');
    const on = async (shown: string) => {
      await page.locator(`.picture[data-shown=${shown}]`).waitFor();
      return pixelsOn(page, `.picture[data-shown=${shown}]`);
    };
    const predictor = Predictor.open(models.coder, { threads: 1 });
    const generator = Generator.open(models.coder, { threads: 1 });
    const paths = [file('drawing.png'), file('upright.webp')];
    try {
      const vectors: Float32Array[] = [];
      for await (const { value } of predictor.embed(paths)) vectors.push(value.slice());
      for await (const { value } of predictor.reconstruct(paths.slice(0, 1))) {
        assert.ok(farthest(await on('reconstruction'), value) <= 1);
        assert.ok(farthest(await on('moved'), value) <= 1); // nobody has moved yet
      }
      await page.setInputFiles('input[name=second]', paths[1]!);
      await page.locator('.between input[type=range]').fill('0.25');
      const [between] = await generator.decode([{ vector: spherical(vectors[0]!, vectors[1]!, 0.25) }]);
      await comes(async () => farthest(await on('between'), between!) <= 1);
      const before = await on('moved');
      await page.locator('.moving input').first().fill('1');
      await comes(async () => farthest(await on('moved'), before) > 1);
      await page.locator('.pad').click({ position: { x: 2, y: 2 } });
      const places = (await page.locator('.moving output').allTextContents()).map(Number);
      assert.ok(places[0]! < -0.9 && places[1]! > 0.9, `${places}`);
    } finally {
      await predictor.close();
      await generator.close();
    }
    await page.getByText('Decoder, stage 1').waitFor();
    assert.deepEqual(await findingsOn(page), []);
    assert.deepEqual(complaints, []);
  });
});

describe('the directions around a vector', needsBrowser, () => {
  after(closeAll);

  it('are those in which the images at hand differ most, when there are enough', async () => {
    const { page, complaints } = await open();
    const names = Array.from({ length: 9 }, (_, i) => `hand-${i}.png`);
    for (const [i, name] of names.entries())
      await drawing(60 + i, 80)
        .modulate({ hue: 40 * i, brightness: 0.6 + i / 10 })
        .png()
        .toFile(file(name));
    await give(page, 'coder', names[0]);
    await page.getByText('8 images or more at hand (1 so far)').waitFor();
    await page.setInputFiles(
      'input[name=others]',
      names.slice(1).map((name) => file(name)),
    );
    const note = page.getByText('Principal components 1 and 2 of the vectors of the 9 images');
    await note.waitFor();

    const predictor = Predictor.open(models.coder, { threads: 1 });
    const generator = Generator.open(models.coder, { threads: 1 });
    try {
      const vectors: Float32Array[] = [];
      for await (const { value } of predictor.embed(names.map(file))) vectors.push(value.slice());
      const [{ direction, deviation, share }] = principalComponents(vectors, 2) as [Component, Component];
      assert.match(await note.innerText(), new RegExp(`with ${Math.round(100 * share)} % and`));
      const vector = vectors[0]!.map((value, i) => value + 2 * deviation * direction[i]!);
      const [moved] = await generator.decode([{ vector }]);
      await page.locator('.moving input').first().fill('1');
      const shown = '.picture[data-shown=moved]';
      await comes(async () => farthest(await pixelsOn(page, shown), moved!) <= 2);
    } finally {
      await predictor.close();
      await generator.close();
    }
    for (let i = 0; i < 3; i++) await page.getByRole('button', { name: 'Other directions' }).click();
    await page.getByText('drawn at random').waitFor();
    assert.deepEqual(complaints, []);
  });
});

describe('a model that makes images', needsBrowser, () => {
  after(closeAll);

  it('makes those of generate, of the class that is chosen', async () => {
    const { page, complaints } = await open();
    for (const [name, model, classes] of [
      ['maker', models.maker, []],
      ['variational', models.variational, models.variational.card.classes],
    ] as const) {
      await give(page, name);
      if (classes.length > 0) await page.locator('.latent select').selectOption({ label: classes[1]! });
      const generator = Generator.open(model, { threads: 1 });
      const [made] = await generator.decode(randomPoints({ latent: 6, classes }, { count: 1, seed: 0, class: 1 }));
      await generator.close();
      const shown = '.picture[data-shown=moved]';
      await page.locator(shown).waitFor();
      await comes(async () => farthest(await pixelsOn(page, shown), made!) <= 1);
      await page.locator('.maps article').first().waitFor();
    }
    assert.equal(await page.locator('input[name=image]').count(), 0);
    assert.deepEqual(complaints, []);
  });
});

/** Waits until it is so. */
async function comes(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await isSo())) {
    assert.ok(Date.now() < deadline, 'it does not come');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serious and critical findings. */
async function findingsOn(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate<string[]>(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ' ' + target)))`);
}

describe('another device', needsBrowser, () => {
  after(closeAll);

  it('says what the processor says', async () => {
    const { page } = await open();
    await give(page, 'classifier', 'drawing.png');
    await classesOn(page);
    await page.locator('.device select').selectOption('webgpu');
    await page.getByText('The graphics processor, by WebGPU.').waitFor();
    near(await classesOn(page), await predicted('classifier', 'drawing.png'), 1e-3);
  });

  it('is tried against the processor where one asks for it, and the page says what came of it', async () => {
    const { page } = await open();
    await give(page, 'classifier', 'drawing.png');
    await classesOn(page);
    await page.getByRole('button', { name: 'Try which is faster' }).click();
    await page
      .getByText(/WebAssembly: [\d,]+ GFLOP\/s\. WebGPU does not work here \(the browser offers software/)
      .waitFor();
    assert.equal(await page.locator('.device select').inputValue(), 'cpu');
    near(await classesOn(page), await predicted('classifier', 'drawing.png'), 1e-3);
  });

  it('is given up for the processor where it does not work, and the page says so', async () => {
    const { page } = await open();
    await page.route('**/engine/ort.webgpu*', (route) => route.fulfill({ status: 404 }));
    await give(page, 'classifier', 'drawing.png');
    await classesOn(page);
    await page.locator('.device select').selectOption('webgpu');
    await said(page, 'WebGPU did not work here');
    near(await classesOn(page), await predicted('classifier', 'drawing.png'), 1e-3);
    await page.getByText('WebAssembly on one thread: for more').waitFor();
  });
});

describe('everybody can use it', needsBrowser, () => {
  after(closeAll);

  for (const language of ['en', 'zh-CN'])
    it(`in ${language}, on a phone, in light and dark`, async () => {
      const { page } = await open({ language });
      await page.setViewportSize({ width: 390, height: 844 });
      await give(page, 'classifier', 'drawing.png');
      await classesOn(page);
      await page.locator('.place .picture').waitFor();
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        assert.deepEqual(await findingsOn(page), []);
      }
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
      const words = await page.locator('main').innerText();
      if (language !== 'en')
        assert.ok(words.includes('识别结果') && !/\b(Choose|Stage|image|classes)\b/.test(words), words);
    });

  it('by dropping files anywhere, both at once', async () => {
    const { page } = await open();
    const given = ['drawing.png', 'classifier.safetensors'];
    const contents = await Promise.all(given.map(async (name) => (await readFile(file(name))).toString('base64')));
    await page.evaluate(`(() => {
      const data = new DataTransfer();
      for (const [i, text] of ${JSON.stringify(contents)}.entries()) {
        const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
        data.items.add(new File([bytes], ${JSON.stringify(given)}[i], { type: i === 0 ? 'image/png' : '' }));
      }
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    })()`);
    await classesOn(page);
  });
});
