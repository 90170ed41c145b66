/**
 * Running graphs in a page: the same runtime as on Node, with onnxruntime-web in a module worker.
 *
 * ```ts
 * const runtime = openRuntime({ engine: { module: '/engine/ort.wasm.min.js', code: '/engine/ort-wasm-simd-threaded.wasm' } });
 * ```
 *
 * The engine's two files lie wherever the page's server has them; with Vite, `import module from 'onnxruntime-web/wasm?url'` gives an
 * address. Its build `webgpu` has both devices: `webgpu`, and `cpu` by WebAssembly; its build `wasm` has only the latter.
 * `fastestDevice` tries both.
 */
export type { Target } from '../../lower/index.js';
export { type Choice, statement } from '../choice.js';
export type { Precision } from '../half.js';
export type { CompileOptions, ComputeOptions, Device, Program, Runtime, RuntimeOptions, Traffic } from '../runtime.js';
export { float32, type Tensor, type TensorOf, type Tensors } from '../tensor.js';
export { lackOfWebgpu } from './adapter.js';
export { type ChoiceOptions, fastestDevice } from './choice.js';
export { type BrowserDevice, type BrowserOptions, defaultThreads, devices, openRuntime } from './open.js';
export type { EngineFiles } from './opening.js';
