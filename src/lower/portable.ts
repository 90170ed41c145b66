/** ONNX's standard operators only: CPUs of every kind, WebGPU, CUDA and WASM. */
import { hardSigmoid, identity, mul } from '../graph/index.js';
import type { Lowerings } from './lowering.js';
import { batchNormTraining, batchNormTrainingGrad } from './portable/batch-norm.js';
import { convolution } from './portable/convolution.js';
import { convFilterGrad } from './portable/filter-grad.js';
import { maxPoolGrad } from './portable/max-pool-grad.js';
import { convTranspose } from './portable/transposed.js';

export const portable: Lowerings = {
  AllReduceMean: ([x]) => [identity(x!)], // what reaches an engine is of one process
  BatchNormTraining: batchNormTraining,
  BatchNormTrainingGrad: batchNormTrainingGrad,
  Conv: convolution,
  ConvFilterGrad: convFilterGrad,
  ConvTranspose: convTranspose,
  MaxPoolGrad: maxPoolGrad,
  // a step function in one cheap pass: clip(1e30 y, 0, 1), a third of the time of Greater and Where
  ReluGrad: ([dy, y]) => [mul(dy!, hardSigmoid(y!, 1e30, 0))],
};
