/**
 * resmirror in a page: `openRuntime` runs graphs by WebAssembly or WebGPU, `load` puts a trained model to use.
 *
 * ```ts
 * const engine = { module: '/engine/ort.wasm.min.js', code: '/engine/ort-wasm-simd-threaded.wasm' };
 * const model = await load('/photos.safetensors', { runtime: openRuntime({ engine }) });
 * console.log(await model.classify(file)); // of an <input type="file">
 * ```
 *
 * A bundle takes only what its page uses: nothing here does anything when it is imported.
 *
 * @module resmirror/browser
 */
export type { Pixels } from '../data/pixels.js';
export type { Preprocessing } from '../data/transforms.js';
export { UserError } from '../errors.js';
/** Values and operators, for graphs of one's own. */
export * as graph from '../graph/index.js';
export { type Point, randomPoints, randomVector, type Space, spherical } from '../inference/points.js';
export { type Question, questionGraph } from '../inference/questions.js';
export { type OnnxModel, type ReadOptions, readOnnx } from '../onnx/read.js';
export {
  type BrowserOptions,
  type CompileOptions,
  type Device,
  defaultThreads,
  devices,
  type EngineFiles,
  float32,
  openRuntime,
  type Program,
  type Runtime,
  type RuntimeOptions,
  type Target,
  type Tensor,
  type TensorOf,
  type Tensors,
} from '../runtime/browser/index.js';
export { ImageProblem, prepare as prepareImage } from '../web-folder/page/prepare.js';
export { type Model, type ModelCard, modelOf, type Weights } from '../weights/model.js';
export { decodeSafetensors, type Safetensors } from '../weights/safetensors.js';
export { fetchModel, type ModelSource } from './model-source.js';
export { loadGenerator, PageGenerator } from './page-generator.js';
export { type ClassScore, load, PageModel } from './page-model.js';
