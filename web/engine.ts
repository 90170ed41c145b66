/** ONNX Runtime's files beside the page, which fetches them when a network is to be computed. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';
import { LICENSE } from '../src/web-folder/engine-files.js';
import { ENGINE, GPU_ENGINE } from '../src/web-folder/engine-names.js';

// the package's main file lies in its folder dist, where all builds are
const dist = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));

/** Path beside the page -> file of the package. */
const FILES: Readonly<Record<string, string>> = {
  [ENGINE.module]: 'ort.wasm.bundle.min.mjs',
  [ENGINE.code]: 'ort-wasm-simd-threaded.wasm',
  [GPU_ENGINE.module]: 'ort.webgpu.bundle.min.mjs',
  [GPU_ENGINE.code]: 'ort-wasm-simd-threaded.asyncify.wasm',
};

const TYPES = { js: 'text/javascript', wasm: 'application/wasm' } as const;

/** Without the name of its source map, which stays away. */
async function contentsOf(path: string): Promise<Uint8Array | string> {
  const file = join(dist, FILES[path]!);
  if (path.endsWith('.wasm')) return readFile(file);
  return (await readFile(file, 'utf8')).replace(/^\/\/# sourceMappingURL=.*$/m, '');
}

export const engine = (): Plugin => ({
  name: 'resmirror engine',
  async generateBundle() {
    for (const fileName of Object.keys(FILES))
      this.emitFile({ type: 'asset', fileName, source: await contentsOf(fileName) });
    this.emitFile({ type: 'asset', fileName: 'engine/LICENSE.txt', source: LICENSE });
  },
  configureServer({ middlewares }) {
    middlewares.use((request, response, next) => {
      const path = (request.url ?? '').slice(1).split('?')[0]!;
      if (!Object.hasOwn(FILES, path)) return next();
      response.setHeader('Content-Type', path.endsWith('.js') ? TYPES.js : TYPES.wasm);
      createReadStream(join(dist, FILES[path]!)).pipe(response);
    });
  },
});
