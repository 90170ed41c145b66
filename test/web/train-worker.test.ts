/** The worker of the part Train by itself: it trains as `train` does. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { build } from 'vite';
import { drawImage, drawnDataset } from '../../src/data/drawn/index.js';
import { random } from '../../src/random/index.js';
import { train } from '../../src/train/train.js';
import { engineFile, enginePaths } from '../../src/web-folder/engine-files.js';
import { decodeSafetensors, modelOf, readModel } from '../../src/weights/index.js';
import { decodeOnnxModel } from '../../src/weights/onnx-model.js';
import { temporaryFolder } from '../data/fixtures.js';
import { closeAll, needsBrowser, served, visit } from '../web-folder/browser.js';

const root = fileURLToPath(new URL('../../../web/', import.meta.url));

/** The worker as the page has it, beside an empty page. */
async function workerFolder(): Promise<string> {
  const folder = await temporaryFolder();
  await build({
    configFile: false,
    root,
    base: './',
    logLevel: 'error',
    worker: { format: 'es' },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2023',
      modulePreload: false,
      rollupOptions: { input: join(root, 'src/train/worker.ts'), output: { entryFileNames: 'worker.js' } },
    },
  });
  for (const path of enginePaths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), await engineFile(path));
  }
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>worker</title><link rel="icon" href="data:,">');
  return folder;
}

const images = { train: 64, validation: 24, seed: 3 };
const options = {
  task: 'classify',
  net: '{"bottleneck":false,"repeats":[1,1],"width":8}',
  variant: 'cifar',
  batch: 16,
  epochs: 2,
  seed: 5,
} as const;

interface Told {
  readonly kind: string;
  readonly epochs?: number;
  readonly loss?: number;
  readonly record?: { readonly validationLoss: number; readonly accuracy: number };
  readonly bytes?: readonly number[];
  readonly reason?: string;
}

/** Runs in the page: every message of a training, and the model of it. */
const script = (order: object) => `new Promise((resolve) => {
  const { pictures = [], format = 'safetensors', ...order } = ${JSON.stringify(order)};
  const worker = new Worker('worker.js', { type: 'module' });
  const told = [];
  worker.onerror = ({ message }) => resolve([{ kind: 'failed', reason: message }]);
  worker.onmessage = ({ data }) => {
    told.push(data.kind === 'model' ? { ...data, bytes: [...data.bytes] } : data);
    if (data.kind === 'ended') worker.postMessage({ kind: 'model', id: 1, format });
    if (data.kind === 'model' || data.kind === 'failed') { worker.terminate(); resolve(told); }
  };
  const filesOf = (name) => pictures.filter((one) => one.name === name).map(({ path, bytes }) =>
    ({ path, file: new Blob([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], { type: 'image/png' }) }));
  const names = [...new Set(pictures.map(({ name }) => name))];
  const source = order.source ?? { classes: names.map((name) => ({ name, files: filesOf(name) })) };
  worker.postMessage({ kind: 'begin', page: document.baseURI, device: 'cpu', seconds: 60, ...order, source });
})`;

describe("the page's training", needsBrowser, () => {
  after(closeAll);

  for (const isolated of [false, true])
    it(`has the losses, figures and weights of the program, ${isolated ? 'with' : 'without'} shared memory`, async () => {
      const { page, complaints } = await visit(await served(await workerFolder(), { isolated }));
      const told = await page.evaluate<readonly Told[]>(script({ source: { drawn: images }, options }));
      assert.deepEqual(complaints, []);
      assert.equal(told.at(-1)?.kind, 'model', told.at(-1)?.reason);

      const out = join(await temporaryFolder(), 'run');
      await train({ ...options, data: drawnDataset(images), out, threads: 1 });
      const lines = (await readFile(join(out, 'metrics.jsonl'), 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      const near = (got: readonly (number | undefined)[], expected: readonly number[], most: number) => {
        assert.equal(got.length, expected.length);
        for (const [i, value] of expected.entries())
          assert.ok(Math.abs(got[i]! - value) < most, `${got[i]} instead of ${value}`);
      };
      const steps = lines.filter((line) => line.loss !== undefined);
      assert.equal(steps.length, 8);
      near(
        told.filter(({ kind }) => kind === 'step').map(({ loss }) => loss),
        steps.map(({ loss }) => loss),
        1e-3,
      );
      const epochs = lines.filter((line) => line.validationLoss !== undefined);
      const records = told.flatMap(({ record }) => record ?? []);
      near(
        records.map((r) => r.validationLoss),
        epochs.map((r) => r.validationLoss),
        2e-3,
      );

      const model = modelOf(decodeSafetensors(Uint8Array.from(told.at(-1)!.bytes!)));
      const expected = await readModel(join(out, 'best.safetensors'));
      const { metrics: _, ...card } = expected.card;
      const { metrics: figures, ...own } = model.card;
      assert.deepEqual(own, card);
      assert.ok(figures.accuracy !== undefined);
      for (const [name, { data }] of Object.entries(expected.weights))
        near([...model.weights[name]!.data], [...data], 5e-3);
    });

  it('has as many epochs as fit into a time, and learns as if nothing had been tried before', async () => {
    const { page } = await visit(await served(await workerFolder()));
    const { epochs: _, ...open } = options;
    const told = await page.evaluate<readonly Told[]>(
      script({ source: { drawn: images }, options: open, seconds: 1, format: 'onnx' }),
    );
    assert.equal(told.at(-1)?.kind, 'model', told.at(-1)?.reason);
    const { epochs } = told.find(({ kind }) => kind === 'begun')!;
    assert.ok(epochs! >= 5 && epochs! <= 100, `${epochs}`);
    const out = join(await temporaryFolder(), 'run');
    const { history } = await train({ ...options, epochs: epochs!, data: drawnDataset(images), out, threads: 1 });
    const records = told.flatMap(({ record }) => record ?? []);
    assert.equal(records.length, epochs);
    for (const i of [0, 1]) // what is rounded otherwise grows with the steps
      assert.ok(Math.abs(records[i]!.validationLoss - history[i]!.validationLoss) < 2e-3);
    const model = decodeOnnxModel(Uint8Array.from(told.at(-1)!.bytes!));
    assert.deepEqual(model.card.classes, drawnDataset(images).train.classes);
  });

  it('holds out the images that the program holds out of the same folders, and learns from the others alike', async () => {
    const folder = await temporaryFolder();
    const pictures: { name: string; path: string; bytes: string }[] = [];
    for (const [label, name] of ['B', 'a', 'ä'].entries()) {
      await mkdir(join(folder, name));
      for (let i = 11; i >= 0; i--) {
        const pixels = Buffer.from(drawImage(label, random(2, 'picture', label, i), 20));
        const png = await sharp(pixels, { raw: { width: 20, height: 20, channels: 3 } })
          .png()
          .toBuffer();
        await writeFile(join(folder, name, `${i}.png`), png);
        pictures.unshift({ name, path: `${i}.png`, bytes: png.toString('base64') });
      }
    }
    const { page } = await visit(await served(await workerFolder()));
    const small = { ...options, size: 16, batch: 8 };
    const told = await page.evaluate<readonly Told[]>(script({ pictures, options: small }));
    assert.equal(told.at(-1)?.kind, 'model', told.at(-1)?.reason);
    const out = join(await temporaryFolder(), 'run');
    const { history } = await train({ ...small, data: folder, out, threads: 1 });
    const records = told.flatMap(({ record }) => record ?? []);
    assert.equal(records.length, history.length);
    for (const [i, { validationLoss }] of history.entries())
      assert.ok(
        Math.abs(records[i]!.validationLoss - validationLoss) < 1e-3,
        `${records[i]!.validationLoss}, ${validationLoss}`,
      );
  });
});
