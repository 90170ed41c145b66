/** The page as static files: paths are relative, so any web space and any folder of it will do. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { engine } from './engine.js';
import { offline, SERVICE_WORKER } from './offline.js';
import { workers } from './workers.js';

const here = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig({
  root: here,
  base: './',
  plugins: [workers(), engine(), offline()],
  // the classic transform needs no plugin
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../build/web',
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: `${here}index.html`, [SERVICE_WORKER]: `${here}service-worker/index.ts` },
      output: {
        entryFileNames: ({ name }) => (name === SERVICE_WORKER ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
});
