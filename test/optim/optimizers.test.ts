/** Optimisers and losses, step by step, against PyTorch: goldens/optimizers.py. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { backward } from '../../src/autodiff/index.js';
import { add, input, mul, type ParameterValue, parameter, reduceSum, type Value } from '../../src/graph/index.js';
import { buildNetwork, resnet } from '../../src/models/index.js';
import {
  adamW,
  crossEntropy,
  distillation,
  meanAbsoluteError,
  meanSquaredError,
  muon,
  type Optimizer,
  sgd,
  trainingStep,
} from '../../src/optim/index.js';
import { float32, openRuntime, type Tensors } from '../../src/runtime/index.js';
import { Learner, type LearnerOptions } from '../../src/train/learner.js';
import { mixed, mixedTargets } from '../../src/train/mixing.js';
import { noise } from '../goldens/rule.js';

interface Settings {
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly weight_decay?: number;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
}
type Both = Readonly<Record<'kernel' | 'bias', readonly number[]>>;
interface Trajectory {
  readonly optimizer: 'SGD' | 'AdamW';
  readonly settings: Settings;
  /** After each step. */
  readonly steps: readonly Both[];
}
interface Together {
  /** Of both gradients, before they are clipped. */
  readonly norms: readonly number[];
  /** After the last step. */
  readonly averages: Both;
}
interface Golden {
  readonly learningRates: readonly number[];
  readonly optimizers: Readonly<Record<string, Trajectory>>;
  readonly muon: {
    readonly shapes: Shapes;
    readonly weightDecay: number;
    readonly steps: readonly Readonly<Record<string, readonly number[]>>[];
  };
  /** The kernel learns from the step `joins` on. */
  readonly late: Trajectory & { readonly joins: number };
  readonly together: {
    readonly settings: { readonly clipNorm: number; readonly biasRate: number; readonly averageDecay: number };
    readonly runs: Readonly<Record<string, Trajectory & Together>>;
  };
  readonly classWeights: readonly number[];
  readonly mixing: { readonly share: number; readonly images: readonly number[]; readonly targets: readonly number[] };
  readonly losses: Readonly<Record<string, { readonly loss: number; readonly gradient: readonly number[] }>>;
}
const golden = JSON.parse(
  readFileSync(new URL('../../../test/goldens/data/optimizers.json', import.meta.url), 'utf8'),
) as Golden;

const shapes = { kernel: [3, 4], bias: [3] } as const;
const names = Object.keys(shapes) as (keyof typeof shapes)[];
type Shapes = Readonly<Record<string, readonly number[]>>;

/** PyTorch's optimisers by PyTorch's settings. */
const makers: { readonly [O in 'SGD' | 'AdamW']: (settings: Settings) => Optimizer } = {
  SGD: ({ momentum = 0, nesterov = false, weight_decay: weightDecay = 0 }) => sgd({ momentum, nesterov, weightDecay }),
  AdamW: ({ betas: [beta1, beta2] = [0.9, 0.999], eps: epsilon = 1e-8, weight_decay: weightDecay = 0.01 }) =>
    adamW({ beta1, beta2, epsilon, weightDecay }),
};

function close(actual: ArrayLike<number>, expected: readonly number[], what: string, tolerance = 1e-6): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(actual[i]! - value) < tolerance, `${what}[${i}] is ${actual[i]}, expected ${value}`);
}

const runtime = openRuntime({ threads: 1 });
after(() => runtime.close());

/** A learner whose gradients are what is fed, and its feeds at a step. */
const learnerOf = (optimizer: Optimizer, of: Shapes, more: Partial<LearnerOptions> = {}) =>
  Learner.create(runtime, {
    loss: Object.entries(of)
      .map(([key, shape]) => reduceSum(mul(parameter(key, shape), input(`gradient:${key}`, shape))))
      .reduce((sum, product) => add(sum, product)),
    optimizer,
    given: Object.fromEntries(Object.entries(of).map(([key, shape]) => [key, float32(noise(key, shape, 1), shape)])),
    ...more,
  });
const fedLearner = ({ optimizer, settings }: Trajectory, more?: Partial<LearnerOptions>) =>
  learnerOf(makers[optimizer](settings), shapes, more);
const gradientsAt = (step: number, of: Shapes = shapes): Tensors =>
  Object.fromEntries(
    Object.entries(of).map(([key, shape]) => [
      `gradient:${key}`,
      float32(noise(`gradient${step}:${key}`, shape, 1), shape),
    ]),
  );

async function follows(
  learner: Learner,
  { steps }: Trajectory,
  { from = 0, to = steps.length, onStep = (_step: number, _outputs: Tensors) => {} } = {},
) {
  for (let step = from; step < to; step++) {
    const expected = steps[step]!;
    const moment = { step, learningRate: golden.learningRates[step]!, lateSince: from };
    onStep(step, await learner.step(gradientsAt(step), moment));
    const now = await runtime.read(names);
    for (const key of names) close(now[key]!.data as Float32Array, expected[key], `step ${step}: ${key}`, 2e-6);
  }
}

describe('optimisers equal PyTorch', () => {
  for (const [name, trajectory] of Object.entries(golden.optimizers))
    it(name, async () => follows(await fedLearner(trajectory), trajectory));

  it('muon, with SGD beside it', async () => {
    const { shapes: of, weightDecay, steps } = golden.muon;
    const learner = await learnerOf(muon({ weightDecay }), of);
    for (const [step, expected] of steps.entries()) {
      await learner.step(gradientsAt(step, of), { step, learningRate: golden.learningRates[step]! });
      const now = await runtime.read(Object.keys(of));
      for (const [key, values] of Object.entries(expected))
        close(now[key]!.data as Float32Array, values, `step ${step}: ${key}`, 2e-5);
    }
  });

  it('adamw of a parameter that learns from a later step on', async () => {
    const { joins, ...late } = golden.late;
    const isKernel = ({ source }: ParameterValue) => source.name === 'kernel';
    const first = await fedLearner(late, { learned: (parameter) => !isKernel(parameter) });
    await follows(first, late, { to: joins });
    const names = [...first.parameters, ...first.states].map(({ source }) => source.name);
    const then = await fedLearner(late, { given: (await runtime.read(names)) as Tensors, late: isKernel });
    await follows(then, late, { from: joins });
  });

  const { clipNorm, biasRate, averageDecay } = golden.together.settings;
  const rateOf = ({ source }: ParameterValue) => (source.name === 'bias' ? biasRate : 1);
  for (const [name, trajectory] of Object.entries(golden.together.runs))
    it(`${name} with gradients clipped, a slower bias and a running average`, async () => {
      const { norms } = trajectory;
      assert.ok(norms.some((norm) => norm > clipNorm) && norms.some((norm) => norm < clipNorm));
      const learner = await fedLearner(trajectory, { clipNorm, rateOf, averageDecay });
      const onStep = (step: number, { gradient_norm }: Tensors) =>
        close(gradient_norm!.data as Float32Array, [norms[step]!], `norm of step ${step}`);
      await follows(learner, trajectory, { onStep });
      const averages = await runtime.read(names.map((key) => `average:${key}`));
      for (const key of names)
        close(averages[`average:${key}`]!.data as Float32Array, trajectory.averages[key], key, 2e-6);
    });

  it('gathers gradients of several batches into one step, twice over', async () => {
    const trajectory = golden.optimizers['sgd-momentum']!;
    const learner = await fedLearner(trajectory, { accumulates: true });
    const scaled = (tensors: Tensors, factor: number): Tensors =>
      Object.fromEntries(
        Object.entries(tensors).map(([key, { data, shape }]) => [
          key,
          float32(
            (data as Float32Array).map((x) => x * factor),
            shape,
          ),
        ]),
      );
    for (const step of [0, 1]) {
      const whole = gradientsAt(step);
      // three parts whose mean is the whole
      for (const factor of [0.5, 2]) await learner.accumulate(scaled(whole, factor));
      await learner.step(scaled(whole, 0.5), { step, learningRate: golden.learningRates[step]! });
      const now = await runtime.read(names);
      for (const key of names) close(now[key]!.data as Float32Array, trajectory.steps[step]![key], key, 2e-6);
    }
    const single = await fedLearner(trajectory);
    await assert.rejects(single.accumulate(gradientsAt(0)), /accumulates: true/);
  });
});

describe('losses equal PyTorch, with their gradients', () => {
  const shape = [6, 5] as const;
  const oneHot = Float32Array.from({ length: 30 }, (_, i) => (i % 5 === Math.floor(i / 5) % 5 ? 1 : 0));
  const picture = noise('target', shape, 1);
  const losses: Readonly<Record<string, readonly [(y: Value, target: Value) => Value, Float32Array]>> = {
    'cross-entropy': [crossEntropy, oneHot],
    'cross-entropy-smooth': [(y, target) => crossEntropy(y, target, { labelSmoothing: 0.1 }), oneHot],
    'cross-entropy-weighted': [
      (y, target) => crossEntropy(y, target, { labelSmoothing: 0.1, classWeights: golden.classWeights }),
      oneHot,
    ],
    distillation: [(y, target) => distillation(y, target, { temperature: 2 }), picture],
    mse: [meanSquaredError, picture],
    l1: [meanAbsoluteError, picture],
  };
  it('each has a golden', () => assert.deepEqual(Object.keys(losses).sort(), Object.keys(golden.losses).sort()));

  for (const [name, [lossOf, target]] of Object.entries(losses))
    it(name, async () => {
      const x = parameter('x', shape);
      const loss = lossOf(x, input('target', shape));
      await runtime.write({ x: float32(noise('logits', shape, 3), shape) });
      const program = await runtime.compile({ name, outputs: { loss, gradient: backward(loss, [x])[0]! } });
      const outputs = await program.run({ target: float32(target, shape) });
      close(outputs.loss!.data as Float32Array, [golden.losses[name]!.loss], 'loss');
      close(outputs.gradient!.data as Float32Array, golden.losses[name]!.gradient, 'gradient');
    });
});

it('mixing equals PyTorch', async () => {
  const { share, images, targets } = golden.mixing;
  const shape = [4, 2, 3, 3] as const;
  const y = mixed(input('x', shape), input('mask', [1, 1, 3, 3]));
  const program = await runtime.compile({ name: 'mixing', outputs: { y } });
  const found = await program.run({
    x: float32(noise('images', shape, 1), shape),
    mask: float32(new Float32Array(9).fill(share), [1, 1, 3, 3]),
  });
  close(found.y!.data as Float32Array, images, 'images');
  close(mixedTargets(noise('mixed targets', [4, 5], 1), 4, share), targets, 'targets');
});

describe('a training step', () => {
  it('lets weight decay pull on filters and matrices, not on norms and biases', async () => {
    const network = resnet({ bottleneck: false, repeats: [1, 1], width: 4 }, { size: 16, classes: 3 });
    const parameters = [...buildNetwork(network).build.parameters.values()].filter((p) => p.source.trainable);
    for (const optimizer of [sgd({ momentum: 0, weightDecay: 0.5 }), adamW({ weightDecay: 0.5 })]) {
      // a loss that depends on no parameter's value: only decay moves them
      const loss = parameters.map((p) => mul(reduceSum(p), input('zero', []))).reduce((a, b) => add(a, b));
      const given = Object.fromEntries(
        parameters.map(({ source, shape }) => {
          const sizes = shape as readonly number[];
          return [source.name, float32(new Float32Array(sizes.reduce((a, b) => a * b)).fill(2), sizes)];
        }),
      );
      const learner = await Learner.create(runtime, { loss, optimizer, given });
      await learner.step({ zero: float32(new Float32Array(1), []) }, { step: 0, learningRate: 0.1 });
      const now = await runtime.read(Object.keys(given));
      for (const { source } of parameters) {
        const pulled = /(conv\d|downsample\.0|fc)\.weight$/.test(source.name);
        const value = (now[source.name]!.data as Float32Array)[0]!;
        assert.ok(Math.abs(value - (pulled ? 2 * (1 - 0.1 * 0.5) : 2)) < 1e-6, `${source.name} became ${value}`);
      }
    }
  });

  it('takes any loss, tracks what it is told to, and says what it reads', async () => {
    const [w, b, seen] = [
      parameter('w', [1]),
      parameter('b', [1]),
      parameter('seen', [], { trainable: false, initial: { kind: 'constant', value: 0 } }),
    ];
    const x = input('x', [4]);
    const made = add(mul(x, w), b);
    const loss = meanSquaredError(made, add(mul(x, 3), -1));
    const options = {
      loss,
      optimizer: sgd({ momentum: 0.5 }),
      tracked: new Map([['seen', add(seen, 4)]]),
      outputs: { made },
    };
    const step = trainingStep(options);
    const sorted = (values: readonly { readonly source: { readonly name: string } }[]) =>
      values.map(({ source }) => source.name).sort();
    assert.deepEqual(sorted(step.trainable), ['b', 'w']);
    assert.deepEqual(sorted(step.states), ['momentum:b', 'momentum:w']);
    assert.deepEqual(sorted(step.parameters), ['b', 'seen', 'w']);
    assert.deepEqual(Object.values(step.updates).sort(), ['b', 'momentum:b', 'momentum:w', 'seen', 'w']);

    const learner = await Learner.create(runtime, options);
    const fed = { x: float32(Float32Array.from([-1, 0, 1, 2]), [4]) };
    let outputs: Tensors = {};
    for (let i = 0; i < 200; i++) outputs = await learner.step(fed, { step: i, learningRate: 0.1 });
    assert.ok((outputs.loss!.data as Float32Array)[0]! < 1e-8);
    close(outputs.made!.data as Float32Array, [-4, -1, 2, 5], 'made', 1e-3);
    const now = await runtime.read(['w', 'b', 'seen']);
    assert.deepEqual(
      Object.values(now).map(({ data }) => Math.round(Number(data[0]) * 1e3) / 1e3),
      [3, -1, 800],
    );
  });
});

it('AdamW steps where nothing decays', async () => {
  const runtime = openRuntime({ threads: 1 });
  const w = parameter('w', [2], { initial: { kind: 'constant', value: 1 } });
  const learner = await Learner.create(runtime, {
    loss: reduceSum(mul(w, w)),
    optimizer: adamW({ weightDecay: 0 }),
  });
  await learner.step({}, { step: 0, learningRate: 0.25 });
  const { w: next } = await runtime.read(['w']);
  await runtime.close();
  close(next!.data as Float32Array, [0.75, 0.75], 'w'); // the first step is the rate itself
});
