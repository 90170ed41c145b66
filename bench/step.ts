/**
 * Training steps (forward, backward, SGD with Nesterov momentum and weight decay), on demand: bench/torch/step.py is its peer.
 *
 *   echo 10 | node build/bench/step.js resnet18 --size 64 --batch 64
 *   echo 10 | node build/bench/step.js resnet50 --size 224 --batch 16 --recompute
 *
 *   (echo 10; cat) | mpirun -np 2 node build/bench/step.js resnet18 --batch 64 --threads 1    # each process half of every batch
 *
 * Every line read is a number of steps to take; every line written is { "ms": [per step], "peakMemoryGB", … }.
 */
import { parseArgs } from 'node:util';
import { deviceNamed, float32, graph, Learner, networkNamed, nn, openRuntime, optim, type Target } from 'resmirror';
import { openCommunicator } from '../src/communicator/index.js';
import { type Compression, distributedRuntime } from '../src/distributed/index.js';
import { serve } from './serve.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '64' },
    batch: { type: 'string', default: '64' },
    threads: { type: 'string', default: '2' },
    device: { type: 'string', default: 'cpu' },
    optimizer: { type: 'string', default: 'sgd' },
    target: { type: 'string' },
    profile: { type: 'string' },
    compress: { type: 'string' },
    recompute: { type: 'boolean', default: false },
  },
});
const [name = 'resnet18'] = positionals;
const communicator = await openCommunicator();
const [size, whole, threads] = [values.size, values.batch, values.threads].map(Number) as [number, number, number];
const batch = whole / communicator.size;
const distributed = communicator.size > 1;

const network = networkNamed(name, { size });
const build = new nn.Build({ training: true });
const x = graph.input('x', [batch, ...network.input]);
const y = network.forward(x, build);
const shape = graph.fixedShape(y.shape);
const target = graph.input('target', shape);
const loss = shape.length === 2 ? optim.crossEntropy(y, target) : optim.meanSquaredError(y, target);
const optimizers = { sgd: optim.sgd({ nesterov: true, weightDecay: 5e-4 }), adamw: optim.adamW() };

const own = openRuntime({
  device: deviceNamed(values.device),
  threads,
  ...(values.target ? { target: values.target as Target } : {}),
  ...(values.profile ? { profile: values.profile } : {}),
});
const compression = values.compress as Compression | undefined;
const joined = distributed ? distributedRuntime(own, { communicator, compression }) : undefined;
const runtime = joined ?? own;
const learner = await Learner.create(runtime, {
  loss,
  optimizer: optimizers[values.optimizer as keyof typeof optimizers],
  tracked: build.updates,
  ...(distributed && { distributed }),
  ...(values.recompute && { checkpoints: build.boundaries }),
});

const filled = (dims: readonly number[], at: (i: number) => number) =>
  float32(
    Float32Array.from({ length: graph.elements(dims) }, (_, i) => at(i)),
    dims,
  );
const classes = shape[1] as number;
const label = (i: number) => (i % classes === Math.floor(i / classes) % 10 ? 1 : 0);
const feeds = {
  x: filled([batch, ...network.input], (i) => Math.sin(i * 12.9898)),
  target: filled(shape, shape.length === 4 ? () => 0.5 : label),
};

let taken = 0;
await serve(() => learner.step(feeds, { step: taken++, learningRate: 0.01 }), {
  communicator,
  waited: () => joined?.waited ?? 0,
});
await learner.release();
await runtime.close();
await communicator.close();
