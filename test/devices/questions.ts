/**
 * What every device is asked, and has to answer as the CPU does: each operator with its derivative, inference, and steps of training.
 * Runs on Node and in pages.
 */
import { backward, hasDerivative, rules } from '../../src/autodiff/index.js';
import { elements, type Graph, input, inputsOf, type Op, type Value } from '../../src/graph/index.js';
import { buildNetwork, type Network, networkNamed } from '../../src/models/index.js';
import { Build, imagenetNormalisation, initialise } from '../../src/nn/index.js';
import { meanSquaredError, optimizers } from '../../src/optim/index.js';
import { random } from '../../src/random/index.js';
import type { Runtime } from '../../src/runtime/runtime.js';
import { float32, type Tensors } from '../../src/runtime/tensor.js';
import type { TrainConfig } from '../../src/train/config.js';
import { Learner } from '../../src/train/learner.js';
import { stepOf, Trainer } from '../../src/train/trainer.js';
import { cases } from '../autodiff/cases.js';
import { Draws } from '../autodiff/draws.js';

export interface Question {
  readonly name: string;
  /** Of the largest expected element, at least 1. */
  readonly tolerance: number;
  answer(runtime: Runtime): Promise<Tensors>;
}

const DRAWS = 2;
const SEED = 11;

async function once(runtime: Runtime, graph: Graph, feeds: Tensors, weights: Tensors = {}): Promise<Tensors> {
  const program = await runtime.compile(graph, { weights });
  try {
    return await program.run(feeds);
  } finally {
    await program.release();
  }
}

/** An operator's value, and its vector-Jacobian products where it has a derivative. */
function operator(op: Op, draw: number): Question {
  return {
    name: `${op}, draw ${draw}`,
    tolerance: 1e-4,
    answer: (runtime) => {
      const d = new Draws(random(SEED, 'devices', op, draw));
      const y = cases[op](d);
      if (!hasDerivative(op)) return once(runtime, { name: op, outputs: { y } }, d.feeds);
      const r = Float32Array.from({ length: elements(y.shape) }, () => d.random.normal());
      const gradients = backward(y, d.smooth, input('r', y.shape));
      const outputs: Record<string, Value> = { y };
      gradients.forEach((gradient, i) => {
        outputs[`d${i}`] = gradient;
      });
      return once(runtime, { name: op, outputs }, { ...d.feeds, r: float32(r, y.shape as number[]) });
    },
  };
}

// the engine's own operators on blocks are for CPUs, and nothing asks for them elsewhere
const standard = (Object.keys(rules) as Op[]).filter((op) => !op.startsWith('Nchwc'));

export const operators: readonly Question[] = standard.flatMap((op) =>
  Array.from({ length: DRAWS }, (_, draw) => operator(op, draw)),
);

const BATCH = 4;
const SIZE = 16;
const CLASSES = 3;
const shallow = '{"bottleneck":false,"repeats":[1,1],"width":8}';
const deep = '{"bottleneck":true,"repeats":[1,1],"width":8}';

interface Small {
  readonly task: TrainConfig['task'];
  readonly network: Network;
  readonly loss: TrainConfig['loss'];
  readonly optimizer?: TrainConfig['optimizer'];
  readonly more?: Partial<TrainConfig>;
}

const size = [SIZE, SIZE] as const;
const sgd = { name: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 5e-4 } as const;
const adamw = { name: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-2, weightDecay: 0.01 } as const; // gradients that are all but zero count for nothing
const classify = { task: 'classify', loss: 'cross-entropy' } as const;
const reconstruct = { task: 'reconstruct', loss: 'mse' } as const;

/** Small networks of every family, each with a task for it. */
export const small: Readonly<Record<string, Small>> = {
  resnet: { ...classify, network: networkNamed(shallow, { size: [32, 32], classes: CLASSES }), more: { clipNorm: 1 } },
  'resnet with bottlenecks': { ...classify, network: networkNamed(deep, { size: [32, 32], classes: CLASSES }) },
  cifar: {
    ...classify,
    network: networkNamed(shallow, { size, classes: CLASSES, variant: 'cifar' }),
    more: { averageDecay: 0.9 },
  },
  autoencoder: {
    ...reconstruct,
    network: networkNamed(`autoencoder-${shallow}`, { size, latent: 8, variant: 'cifar' }),
    optimizer: adamw,
  },
  variational: {
    task: 'generate',
    loss: 'elbo',
    network: networkNamed(`vae-${shallow}`, { size, latent: 8, variant: 'cifar' }),
    more: { generation: { kind: 'vae', beta: 1, klWarmup: 0, freeBits: 0 } },
  },
};

const imageSize = ({ input: [, ...last] }: Network): readonly [number, number] => last as never;

const configOf = ({ task, network, loss, optimizer = sgd, more }: Small): TrainConfig => ({
  task,
  data: 'drawn',
  network: network.config,
  preprocessing: {
    ...imagenetNormalisation,
    size: imageSize(network),
    channels: 3,
    cropRatio: 1,
    interpolation: 'bilinear',
  },
  augmentation: { flip: 0 },
  classes: task === 'generate' ? [] : Array.from({ length: CLASSES }, (_, i) => `${i}`),
  epochs: 1,
  batch: BATCH,
  optimizer,
  learningRate: 0.05,
  schedule: 'constant',
  warmup: 0,
  labelSmoothing: 0,
  loss,
  seed: SEED,
  validationFraction: 0.1,
  strict: true,
  ...more,
});

const STEPS = 2;

const bytes = (count: number, name: string) => {
  const chance = random(SEED, name);
  return Uint8Array.from({ length: count }, () => chance.integer(256));
};
const normals = (shape: readonly number[], name: string) => {
  const chance = random(SEED, name);
  return float32(
    Float32Array.from({ length: elements(shape) }, () => chance.normal()),
    shape,
  );
};

/** Steps of training by the trainer; the losses, what they made of the weights, and the evaluation's view of them. */
const trained = (name: string, training: Small): Question => ({
  name: `training ${name}`,
  tolerance: 2e-3,
  async answer(runtime) {
    const { network } = training;
    const trainer = await Trainer.create({ config: configOf(training), network }, runtime);
    const [h, w] = imageSize(network);
    const losses: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const images = bytes(BATCH * h * w * 3, `images ${step}`);
      const labels = Int32Array.from({ length: BATCH }, (_, i) => i % CLASSES);
      const batch = { images, labels, indices: labels, count: BATCH };
      losses.push((await trainer.step(batch, step, { batches: STEPS, losses: [] })).loss);
    }
    const { best, states } = await trainer.state();
    return { losses: float32(Float32Array.from(losses), [STEPS]), ...states, ...(best as Tensors) };
  },
});

/** One step of training as a single program that is released again, on numbers without meaning. */
export async function stepOnce(runtime: Runtime, training: Small): Promise<void> {
  const step = stepOf({ config: configOf(training), network: training.network });
  const learner = await Learner.create(runtime, step);
  const feeds = inputsOf({ name: 'step', outputs: { loss: step.loss } }).map(({ source: { name }, dtype, shape }) => {
    const known = shape as number[];
    return [
      name,
      dtype === 'uint8' ? { dtype, shape: known, data: bytes(elements(shape), name) } : normals(known, name),
    ];
  });
  await learner.step(Object.fromEntries(feeds) as Tensors, { step: 0, learningRate: 0.01 });
  await learner.release();
}

const mirror = networkNamed(`transpose-${deep}`, { size: [32, 32], latent: 8, output: 'tanh' });

/** Steps of the mirror alone, from vectors to given images, by a learner. */
const mirrored: Question = {
  name: 'training transpose-resnet',
  tolerance: 2e-3,
  async answer(runtime) {
    const build = new Build({ training: true });
    const y = mirror.forward(input('input', [BATCH, ...mirror.input]), build);
    const loss = meanSquaredError(y, input('target', y.shape));
    const learner = await Learner.create(runtime, { loss, optimizer: optimizers.sgd(sgd), tracked: build.updates });
    const feeds = {
      input: normals([BATCH, ...mirror.input], 'vectors'),
      target: normals(y.shape as number[], 'target'),
    };
    const outputs = [];
    for (let step = 0; step < STEPS; step++) outputs.push(await learner.step(feeds, { step, learningRate: 0.05 }));
    const losses = Object.fromEntries(outputs.map((output, step) => [`loss ${step}`, output.loss!]));
    return { ...losses, ...(await runtime.read(learner.parameters.map(({ source }) => source.name))) };
  },
};

/** The network's answer with weights that do not change. */
const inferred = (name: string, network: Network): Question => ({
  name: `inference ${name}`,
  tolerance: 1e-3,
  answer: (runtime) => {
    const { y, build } = buildNetwork(network, { batch: BATCH });
    const weights = initialise([...build.parameters.values()], SEED);
    return once(runtime, { name, outputs: { y } }, { input: normals([BATCH, ...network.input], 'input') }, weights);
  },
});

export const networks: readonly Question[] = [
  ...Object.entries(small).flatMap(([name, training]) => [trained(name, training), inferred(name, training.network)]),
  mirrored,
  inferred('transpose-resnet', mirror),
];

export const subjects = { operators, networks };
export type Subject = keyof typeof subjects;
