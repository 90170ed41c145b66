/** ONNX Runtime for browsers: the files that pages fetch, from the package that holds them. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ENGINE, GPU_ENGINE } from './engine-names.js';

export { ENGINE } from './engine-names.js';

const LICENSE_PATH = 'engine/LICENSE.txt';

/** Path beside a page -> the package's name of it. Modules have their loader inside, so nothing else is fetched but the code. */
const SOURCES: Readonly<Record<string, string>> = {
  [ENGINE.module]: 'onnxruntime-web/wasm',
  [ENGINE.code]: 'onnxruntime-web/ort-wasm-simd-threaded.wasm',
  [GPU_ENGINE.module]: 'onnxruntime-web/webgpu',
  [GPU_ENGINE.code]: 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm',
};

/** Paths beside a page of all that there is, its licence too. */
export const enginePaths: readonly string[] = [...Object.keys(SOURCES), LICENSE_PATH];

/** Contents of one of `enginePaths`: a module comes without the name of its source map, which stays away. */
export async function engineFile(path: string): Promise<Uint8Array> {
  if (path === LICENSE_PATH) return Buffer.from(LICENSE);
  const bytes = await readFile(fileURLToPath(import.meta.resolve(SOURCES[path]!)));
  if (path.endsWith('.wasm')) return bytes;
  return Buffer.from(bytes.toString().replace(/^\/\/# sourceMappingURL=.*$/m, ''));
}

/** Path -> contents of what a page needs to compute on the CPU. */
export async function engineFiles(): Promise<Readonly<Record<string, Uint8Array>>> {
  const paths = [ENGINE.module, ENGINE.code, LICENSE_PATH];
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await engineFile(path)] as const)));
}

/** Of the engine, to lie beside it. */
const LICENSE = `The files of this folder are ONNX Runtime's, https://github.com/microsoft/onnxruntime

MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
`;
