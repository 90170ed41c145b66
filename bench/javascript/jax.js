/** jax-js on its WebAssembly device, compiled by `jit`; batch norms are taken into convolutions for inference. */
import { init, jit, lax, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { serve } from '../../build/bench/serve.js';
import { filled, options, resnet18 } from './resnet18.js';

const { size, batch, training } = options();
await init('wasm');

/** Shapes and first values of everything learned, gathered by a first walk. */
const first = {};
let current = {};
const parameter = (name, shape, values) => {
  if (!(name in first)) first[name] = np.array(values()).reshape(shape);
  return (current[name] ?? first[name]).ref;
};
const vector = (name, length, value) => parameter(name, [length], () => new Float32Array(length).fill(value));
const perChannel = (x) => np.reshape(x, [1, -1, 1, 1]);

function unit(x, { name, from, to, side, stride }) {
  const filter = parameter(`${name}.filter`, [to, from, side, side], () =>
    filled(side * side * from * to, side * side * from),
  );
  const both = [side >> 1, side >> 1];
  const y = lax.convWithGeneralPadding(x, filter, [stride, stride], [both, both]);
  const bias = perChannel(vector(`${name}.bias`, to, 0));
  if (!training) return y.add(bias);
  const mean = np.mean(y.ref, [0, 2, 3], { keepdims: true });
  const centred = y.sub(mean);
  const variance = np.mean(np.square(centred.ref), [0, 2, 3], { keepdims: true });
  const scale = perChannel(vector(`${name}.scale`, to, 1));
  return centred.mul(scale.div(np.sqrt(variance.add(1e-5)))).add(bias);
}

const layers = {
  unit,
  relu: nn.relu,
  // what precedes is never negative, so zeros do as padding
  pool: (x) =>
    lax.reduceWindow(
      np.pad(x, [
        [0, 0],
        [0, 0],
        [1, 1],
        [1, 1],
      ]),
      (window) => np.max(window),
      [1, 1, 3, 3],
      [1, 1, 2, 2],
    ),
  mean: (x) => np.mean(x, [2, 3]),
  dense: (x, { name, from, to }) =>
    np
      .matmul(
        x,
        parameter(`${name}.weight`, [from, to], () => filled(from * to, from)),
      )
      .add(vector(`${name}.bias`, to, 0)),
  add: (a, b) => a.add(b),
  keep: (x) => x.ref,
};

const x = np.array(filled(batch * 3 * size * size, 4)).reshape([batch, 3, size, size]);
const forward = (weights, images) => {
  current = weights;
  const y = resnet18(images, layers);
  tree.dispose(weights);
  return y;
};
(await forward({}, x.ref).data()).length;

if (training) {
  const target = nn.oneHot(np.array(Int32Array.from({ length: batch }, (_, i) => i % 10)), 1000);
  const loss = (weights, images, targets) =>
    nn
      .logSoftmax(forward(weights, images))
      .mul(targets)
      .sum()
      .mul(-1 / batch);
  const step = jit((weights, speeds, images, targets) => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(weights), images, targets);
    const next = tree.map((speed, gradient) => speed.mul(0.9).add(gradient), speeds, gradients);
    return [value, tree.map((weight, speed) => weight.sub(speed.mul(0.01)), weights, tree.ref(next)), next];
  });
  let weights = first;
  let speeds = tree.map((weight) => np.zerosLike(weight), tree.ref(weights));
  await serve(async () => {
    const [value, ...next] = step(weights, speeds, x.ref, target.ref);
    [weights, speeds] = next;
    await value.data();
  });
} else {
  const run = jit(forward);
  await serve(async () => run(tree.ref(first), x.ref).data());
}
process.exit();
