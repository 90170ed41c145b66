/** A folder as a page without a bundler has it: compiled modules, packages by an import map, and the engine's files. */
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../../../node_modules/', import.meta.url));
const compiled = fileURLToPath(new URL('../../', import.meta.url));

/** Name in the folder -> what it is; servers know modules as .js only. */
const links = {
  build: compiled,
  'vendor/valibot.js': `${packages}valibot/dist/index.mjs`,
  'vendor/protobuf': `${packages}@bufbuild/protobuf/dist/esm`,
  'vendor/ml-matrix.umd.js': `${packages}ml-matrix/matrix.umd.js`,
  'engine/wasm.js': `${packages}onnxruntime-web/dist/ort.wasm.bundle.min.mjs`,
  'engine/wasm.wasm': `${packages}onnxruntime-web/dist/ort-wasm-simd-threaded.wasm`,
  'engine/webgpu.js': `${packages}onnxruntime-web/dist/ort.webgpu.bundle.min.mjs`,
  'engine/webgpu.wasm': `${packages}onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify.wasm`,
};

const imports = {
  valibot: './vendor/valibot.js',
  '@bufbuild/protobuf': './vendor/protobuf/index.js',
  '@bufbuild/protobuf/wire': './vendor/protobuf/wire/index.js',
  '@bufbuild/protobuf/codegenv2': './vendor/protobuf/codegenv2/index.js',
  'ml-matrix': './vendor/ml-matrix.js',
};

const PAGE = `<!doctype html><meta charset="utf-8"><title>devices</title><link rel="icon" href="data:,">
<script src="vendor/ml-matrix.umd.js"></script>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
  import * as runtime from './build/src/runtime/browser/index.js';
  import { askInPage } from './build/test/devices/page.js';
  window.ask = (options, asked) => askInPage(runtime, options, asked);
  window.fastest = (engines) => runtime.fastestDevice({ engine: (device) => engines[device], threads: 1 });
</script>`;

/** Resolves to the folder. */
export async function site(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'resmirror-devices-'));
  for (const [name, target] of Object.entries(links)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await symlink(target, join(folder, name));
  }
  // its modules leave endings out, which only bundlers forgive
  await writeFile(
    join(folder, 'vendor/ml-matrix.js'),
    'export const { EigenvalueDecomposition, Matrix } = mlMatrix;\n',
  );
  await writeFile(join(folder, 'index.html'), PAGE);
  return folder;
}
