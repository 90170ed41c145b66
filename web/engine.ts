/** ONNX Runtime's files beside the page, which fetches them when a network is to be computed. */
import type { Plugin } from 'vite';
import { engineFile, enginePaths } from '../src/web-folder/engine-files.js';

const TYPES: Readonly<Record<string, string>> = { js: 'text/javascript', wasm: 'application/wasm', txt: 'text/plain' };

export const engine = (): Plugin => ({
  name: 'resmirror engine',
  async generateBundle() {
    for (const fileName of enginePaths) this.emitFile({ type: 'asset', fileName, source: await engineFile(fileName) });
  },
  configureServer({ middlewares }) {
    middlewares.use(async (request, response, next) => {
      const path = (request.url ?? '').slice(1).split('?')[0]!;
      if (!enginePaths.includes(path)) return next();
      response.setHeader('Content-Type', TYPES[path.split('.').at(-1)!]!);
      response.end(await engineFile(path));
    });
  },
});
