/** ONNX Runtime for browsers: what a page needs of it to run on the CPU. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ENGINE } from './engine-names.js';

export { ENGINE } from './engine-names.js';

// the module has its loader inside, so nothing else is fetched but the code
const SOURCES = { module: 'onnxruntime-web/wasm', code: 'onnxruntime-web/ort-wasm-simd-threaded.wasm' } as const;

const read = (name: string): Promise<Uint8Array> => readFile(fileURLToPath(import.meta.resolve(name)));

/** The module without its source map, which stays away. */
async function moduleText(): Promise<string> {
  const text = Buffer.from(await read(SOURCES.module)).toString();
  return text.replace(/^\/\/# sourceMappingURL=.*$/m, '');
}

/** Path inside of the folder -> contents. */
export async function engineFiles() {
  const [module, code] = await Promise.all([moduleText(), read(SOURCES.code)]);
  return { [ENGINE.module]: module, [ENGINE.code]: code, 'engine/LICENSE.txt': LICENSE };
}

/** Of the engine, to lie beside it. */
export const LICENSE = `The files of this folder are ONNX Runtime's, https://github.com/microsoft/onnxruntime

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
