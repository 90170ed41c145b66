/** The page of examples/page, bundled in somebody else's project by Vite, webpack and esbuild, and asked in a real browser. */
import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../prepare.js';
import { tool } from '../tools.js';
import { output } from './consumer.js';

const FLAGS = ['--bundle', '--minify', '--format=esm', '--target=es2023', '--outdir=dist/esbuild'];
const BUNDLERS = {
  vite: () => [
    join(root, 'node_modules/vite/bin/vite.js'),
    'build',
    'page',
    '--outDir',
    '../dist/vite',
    '--logLevel',
    'error',
    '--base',
    './',
  ],
  webpack: () => [join(root, 'scripts/package/webpack.js')],
  // it leaves the worker's address as it is, so the worker is bundled beside
  esbuild: () => [tool('esbuild/bin/esbuild'), 'page/main.js', 'worker=resmirror/browser/worker', ...FLAGS],
};

/** @param said by Node: the image, and the scores of its classes */
export async function bundles(folder, { image, scores }) {
  const { closeAll, served, visit } = await import('../../build/test/web-folder/browser.js');
  cpSync(join(root, 'examples/page'), join(folder, 'page'), { recursive: true });
  try {
    for (const [name, words] of Object.entries(BUNDLERS)) {
      output(folder, process.execPath, ...words());
      const site = join(folder, 'dist', name);
      addFiles(folder, site, { html: name !== 'vite' });
      const { page, complaints } = await visit(await served(site));
      await page.waitForSelector('#image:enabled').catch(() => assert.fail(`${name}: ${complaints.join('\n')}`));
      await page.setInputFiles('#image', join(folder, image));
      await page.waitForSelector('#classes li');
      const rows = await page.$$eval('#classes li', (all) => all.map(({ textContent }) => textContent));
      const wanted = scores.map(({ label, probability }) => `${label}: ${(100 * probability).toFixed(1)} %`);
      assert.deepEqual(rows.map(near), wanted.map(near), name);
      assert.deepEqual(complaints, [], name);
    }
  } finally {
    await closeAll();
  }
}

/** Figures of two engines differ in the last digit at most. */
const near = (row) => row.replace(/\.\d+ %$/, '');

function addFiles(folder, site, { html }) {
  const engine = join(folder, 'node_modules/onnxruntime-web/dist');
  mkdirSync(join(site, 'engine'), { recursive: true });
  copyFileSync(join(engine, 'ort.wasm.bundle.min.mjs'), join(site, 'engine/ort.wasm.min.js'));
  copyFileSync(join(engine, 'ort-wasm-simd-threaded.wasm'), join(site, 'engine/ort-wasm-simd-threaded.wasm'));
  copyFileSync(join(folder, 'runs/drawn/best.safetensors'), join(site, 'model.safetensors'));
  if (html) copyFileSync(join(folder, 'page/index.html'), join(site, 'index.html'));
}
