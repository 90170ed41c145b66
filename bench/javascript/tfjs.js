/**
 * TensorFlow.js: inference on its WebAssembly backend, batch norms taken into convolutions. That backend has no gradient of a
 * convolution for its filter, so training runs on the one that has every operator, in JavaScript.
 */
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { serve } from '../../build/bench/serve.js';
import { filled, options, resnet18 } from './resnet18.js';

const { size, batch, training } = options();
setThreadsCount(2);
await tf.setBackend(training ? 'cpu' : 'wasm');
await tf.ready();

const parameters = new Map();
const parameter = (name, shape, values) => {
  if (!parameters.has(name)) parameters.set(name, tf.variable(tf.tensor(values(), shape), true, name));
  return parameters.get(name);
};
const filter = ({ name, from, to, side }) =>
  parameter(`${name}.filter`, [side, side, from, to], () => filled(side * side * from * to, side * side * from));
const vector = (name, length, value) => parameter(name, [length], () => new Float32Array(length).fill(value));
/** Padding as PyTorch's, on both sides alike. */
const padding = (side) => {
  const both = [side >> 1, side >> 1];
  return [[0, 0], both, both, [0, 0]];
};

function unit(x, layer) {
  const { name, to, side, stride } = layer;
  const bias = vector(`${name}.bias`, to, 0);
  const pad = padding(side);
  if (!training)
    return tf.fused.conv2d({ x, filter: filter(layer), strides: stride, pad, dimRoundingMode: 'floor', bias });
  const y = tf.conv2d(x, filter(layer), stride, pad, 'NHWC', 1, 'floor');
  const { mean, variance } = tf.moments(y, [0, 1, 2]);
  return tf.batchNorm(y, mean, variance, bias, vector(`${name}.scale`, to, 1), 1e-5);
}

const layers = {
  unit,
  relu: tf.relu,
  // what precedes is never negative, so zeros do as padding
  pool: (x) => tf.maxPool(tf.pad(x, padding(3)), 3, 2, 'valid'),
  mean: (x) => tf.mean(x, [1, 2]),
  dense: (x, { name, from, to }) =>
    tf.add(
      tf.matMul(
        x,
        parameter(`${name}.weight`, [from, to], () => filled(from * to, from)),
      ),
      vector(`${name}.bias`, to, 0),
    ),
  add: tf.add,
  keep: (x) => x,
};

const x = tf.tensor(filled(batch * size * size * 3, 4), [batch, size, size, 3]);
if (training) {
  tf.tidy(() => resnet18(x, layers)).dispose(); // makes the variables
  const target = tf.oneHot(tf.range(0, batch, 1, 'int32').mod(tf.scalar(10, 'int32')), 1000);
  const optimizer = tf.train.momentum(0.01, 0.9, true);
  await serve(async () => {
    const loss = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(target, resnet18(x, layers)), true);
    await loss.data();
    loss.dispose();
  });
} else
  await serve(async () => {
    const y = tf.tidy(() => resnet18(x, layers));
    await y.data();
    y.dispose();
  });
process.exit();
