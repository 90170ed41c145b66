/**
 * For CPUs whose engine convolves on channels in blocks. Values enter blocks where a convolution wants them there, stay as long
 * as what follows can work on blocks, and leave where something cannot; all else is lowered as the portable target lowers it.
 */
import type { Op } from '../graph/index.js';
import { batchNormalization, batchNormTraining, batchNormTrainingGrad } from './blocked/batch-norm.js';
import { convFilterGrad, convolution, convTranspose } from './blocked/convolution.js';
import { add, elementwise, relu, reluGrad } from './blocked/elementwise.js';
import {
  averagePool,
  globalAveragePool,
  maxPool,
  maxPoolGrad,
  mul,
  reduceSum,
  resize,
  spread,
} from './blocked/images.js';
import type { Rules } from './blocked/rule.js';

const elementwiseOps = [
  'Abs',
  'Clip',
  'Div',
  'Exp',
  'Identity',
  'LeakyRelu',
  'Log',
  'Max',
  'Min',
  'Neg',
  'Pow',
  'Reciprocal',
  'Sigmoid',
  'Sign',
  'Softplus',
  'Sqrt',
  'Sub',
  'Tanh',
  'Where',
] as const satisfies readonly Op[];

export const blocked: Rules = {
  ...(Object.fromEntries(elementwiseOps.map((op) => [op, elementwise(op)])) as Rules),
  Add: add,
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  BatchNormTraining: batchNormTraining,
  BatchNormTrainingGrad: batchNormTrainingGrad,
  Conv: convolution,
  ConvFilterGrad: convFilterGrad,
  ConvTranspose: convTranspose,
  Expand: spread,
  GlobalAveragePool: globalAveragePool,
  MaxPool: maxPool,
  MaxPoolGrad: maxPoolGrad,
  Mul: mul,
  ReduceSum: reduceSum,
  Relu: relu,
  ReluGrad: reluGrad,
  Resize: resize,
};
