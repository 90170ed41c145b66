/** What may go with any training: each switch changes what is learned as it says, and all of them together resume exactly. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { dataset } from '../../src/data/dataset.js';
import { drawnDataset } from '../../src/data/drawn/index.js';
import { subset } from '../../src/data/source.js';
import { input } from '../../src/graph/index.js';
import { networkNamed } from '../../src/models/index.js';
import { Build, initialise } from '../../src/nn/index.js';
import { random } from '../../src/random/index.js';
import { openRuntime, type Program } from '../../src/runtime/index.js';
import { trainingMemory } from '../../src/train/batch-size.js';
import { drawChances } from '../../src/train/chance.js';
import { readCheckpoint } from '../../src/train/checkpoint.js';
import { evaluateModel } from '../../src/train/evaluate-model.js';
import { drawMixture, mixedTargets } from '../../src/train/mixing.js';
import { decayedRates, partsOf } from '../../src/train/parts.js';
import { planTraining, type TrainOptions } from '../../src/train/plan.js';
import { probe } from '../../src/train/probe.js';
import { readRecords } from '../../src/train/records/index.js';
import { tasks } from '../../src/train/tasks/index.js';
import { train } from '../../src/train/train.js';
import type { Weights } from '../../src/weights/index.js';
import { readModel, writeModel } from '../../src/weights/index.js';
import { userError } from '../data/fixtures.js';
import { figuresOf, newFolder, sameAfterStops, tiny } from './tiny.js';

/** Two stages, so that there is something to freeze, skip and recompute. */
const base = { ...tiny, net: '{"bottleneck":false,"repeats":[1,1],"width":4}', epochs: 2 } as const;

async function trained(more: Partial<TrainOptions> = {}): Promise<{ folder: string; weights: Weights }> {
  const folder = await newFolder();
  await train({ ...base, ...more, out: folder });
  return { folder, weights: (await readCheckpoint(folder))!.model.weights };
}

/** The largest difference between two sets of weights of equal names. */
function difference(a: Weights, b: Weights, names = Object.keys(a)): number {
  const differences = names.map((name) =>
    a[name]!.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b[name]!.data[i]!)), 0),
  );
  return Math.max(...differences);
}

const plain = await trained();

const switches: Readonly<Record<string, Partial<TrainOptions>>> = {
  'random resized crop': { crop: [0.3, 0.6] },
  shifts: { padding: 2 },
  'no shifts': { padding: 0 },
  flips: { flip: 1 },
  'vertical flips': { flipVertical: 0.5 },
  'colour jitter': { jitter: { brightness: 0.4 } },
  randaugment: { policy: { name: 'randaugment' } },
  trivialaugment: { policy: { name: 'trivialaugment' } },
  'random erasing': { erase: 1 },
  'repeated augmentation': { repeats: 2 },
  'label smoothing': { labelSmoothing: 0.3 },
  adamw: { optimizer: 'adamw' },
  muon: { optimizer: 'muon' },
  momentum: { momentum: 0.5 },
  'weight decay': { weightDecay: 0.05 },
  'learning rate': { learningRate: 0.02 },
  'gradients clipped': { clipNorm: 0.1 },
  'layer-wise rates': { layerDecay: 0.5 },
  'stochastic depth': { stochasticDepth: 0.5 },
  dropout: { dropout: 0.5 },
  mixup: { mixup: 0.4 },
  cutmix: { cutmix: 1 },
  'class weights': { classWeights: [3, 1, 1, 1, 1, 1, 1, 1, 1, 0] },
  'zero gamma': { zeroGamma: true },
};

describe('a switch', () => {
  for (const [name, options] of Object.entries(switches))
    it(`${name}: training takes another way, and takes it again`, async () => {
      const [first, second] = [await trained(options), await trained(options)];
      assert.ok(difference(first.weights, plain.weights) > 1e-4);
      assert.deepEqual(first.weights, second.weights);
    });

  it('zero is the same as nothing', async () => {
    const { weights } = await trained({ dropout: 0, stochasticDepth: 0, averageDecay: 0, zeroGamma: false });
    assert.equal(difference(weights, plain.weights), 0);
  });

  it('gradients clipped: their norm before that is recorded', async () => {
    const normsOf = async (more: Partial<TrainOptions>) => {
      const { folder } = await trained({ epochs: 1, ...more });
      return (await readRecords(folder)).steps.map(({ gradientNorm }) => gradientNorm);
    };
    const [hard, hardly] = [await normsOf({ clipNorm: 0.1 }), await normsOf({ clipNorm: 100 })];
    assert.equal(hard[0], hardly[0]);
    assert.ok(hard[0]! > 0.1, `${hard}`);
    assert.equal(new Set(hard).size, hard.length);
    assert.deepEqual([...new Set(await normsOf({}))], [undefined]);
  });

  it('class weights, balanced: in inverse proportion to the images of a class', async () => {
    const drawn = drawnDataset({ train: 200, validation: 40, size: 16 });
    const places = [...Array(200).keys()].filter((i) => i % 4 > 0 || drawn.train.label(i) > 1);
    const { classes, source } = drawn.train;
    const counts = classes.map((_, number) => places.filter((i) => drawn.train.label(i) === number).length);
    assert.ok(new Set(counts).size > 1);
    const data = { ...drawn, train: dataset('uneven', subset(source, places), classes) };
    const weighted = (classWeights?: TrainOptions['classWeights']) =>
      trained({ data, ...(classWeights && { classWeights }) });
    const balanced = await weighted('balanced');
    const numbers = counts.map((count) => places.length / (10 * count));
    assert.deepEqual(balanced.weights, (await weighted(numbers)).weights);
    assert.ok(difference(balanced.weights, (await weighted()).weights) > 1e-4);
  });

  it('recompute: the same weights but for rounding, and less in memory', async () => {
    const { weights } = await trained({ recompute: true });
    assert.ok(difference(weights, plain.weights) < 1e-4);
    const runtime = openRuntime({ threads: 1 });
    const large = { ...base, size: 64, net: '{"bottleneck":false,"repeats":[2,2,2],"width":16}' } as const;
    const memory = async (recompute: boolean) => trainingMemory(await planTraining({ ...large, recompute }), runtime);
    const [kept, again] = [await memory(false), await memory(true)];
    assert.ok(again < 0.9 * kept, `${again} bytes instead of ${kept}`);
    await runtime.close();
  });

  it('accumulate: batch norm sees the parts alone, all else the whole batch', async () => {
    const [whole, parts] = [await trained({ epochs: 1 }), await trained({ accumulate: 4, epochs: 1 })];
    assert.ok(difference(parts.weights, whole.weights) > 1e-5);
    // without norms nothing tells parts from a whole
    const { card } = await readModel(plain.folder);
    const network = networkNamed(base.net, { variant: 'cifar', size: 16, classes: 10, norm: 'none' });
    const build = new Build();
    network.forward(input('images', [1, ...network.input]), build);
    const file = join(await newFolder(), '..', 'bare.safetensors');
    const weights = initialise(build.parameters.values(), 5);
    await writeModel(file, { weights, card: { ...card, network: network.config } });
    const { net: _, ...unnamed } = base;
    const bare = async (more: Partial<TrainOptions>) => {
      const out = await newFolder();
      await train({ ...unnamed, from: file, epochs: 1, dropout: 0.3, clipNorm: 1, ...more, out });
      return (await readCheckpoint(out))!.model.weights;
    };
    const [one, four] = [await bare({}), await bare({ accumulate: 4 })];
    assert.ok(difference(one, four) < 1e-6, `${difference(one, four)}`);
    for (const name of ['conv1.weight', 'layer2.0.conv2.weight', 'fc.weight'])
      assert.ok(difference(one, weights, [name]) > 1e-3, `${name} did not move`);
    await assert.rejects(trained({ accumulate: 3 }), userError('a batch of 32 has no 3 equal parts'));
  });

  it('a running average: is judged and kept as the best, while training goes on with the weights themselves', async () => {
    const { folder, weights } = await trained({ averageDecay: 0.95 });
    assert.equal(difference(weights, plain.weights), 0);
    const { states } = (await readCheckpoint(folder))!;
    const averages = Object.fromEntries(Object.keys(weights).map((name) => [name, states[`average:${name}`]!]));
    assert.ok(difference(averages, weights) > 1e-3);
    const best = await readModel(folder);
    const judged = await evaluateModel(folder, base.data, { threads: 1 });
    assert.ok(Math.abs(judged.metrics.accuracy! - best.card.metrics.accuracy!) < 1e-9);
    assert.notDeepEqual(await figuresOf(folder), await figuresOf(plain.folder));
  });
});

/** What was drawn from Beta(alpha, alpha) at a step, for either kind of mixture: of mixup it is the share itself. */
const lambdaOf = (alpha: number, where: { readonly seed: number; readonly step: number }): number =>
  drawMixture({ mixup: alpha }, [1, 1], where)!.share;

describe('chance', () => {
  it('draws masks of mean 1 that depend on seed, step and name alone, for parts as for a whole', () => {
    const chances = new Map([
      ['a', { shape: [500, 2], draw: { kind: 'mask', keep: 0.75 } as const }],
      ['b', { shape: [4], draw: { kind: 'normal' } as const }],
    ]);
    const at = (step: number, parts = 1, seed = 1) => drawChances(chances, { seed, step }, parts);
    const mask = at(0)[0]!.a!.data as Float32Array;
    assert.deepEqual([...new Set(mask)].sort(), [0, Math.fround(1 / 0.75)]);
    assert.ok(Math.abs(mask.reduce((a, b) => a + b) / mask.length - 1) < 0.1);
    assert.deepEqual(at(3), at(3));
    assert.notDeepEqual(at(3), at(4));
    assert.notDeepEqual(at(3), at(3, 1, 2));
    const halves = new Map([['a', { shape: [250, 2], draw: { kind: 'mask', keep: 0.75 } as const }]]);
    const cut = drawChances(halves, { seed: 1, step: 0 }, 2).flatMap(({ a }) => [...(a!.data as Float32Array)]);
    assert.deepEqual(cut, [...mask]);
  });

  it('mixes by shares that match the mask, and by one kind or the other', () => {
    const size = [12, 16] as const;
    const shares: number[] = [];
    let rectangles = 0;
    for (let step = 0; step < 400; step++) {
      const { mask, share } = drawMixture({ mixup: 0.4, cutmix: 1 }, size, { seed: 0, step })!;
      const mean = mask.reduce((a, b) => a + b) / mask.length;
      assert.ok(Math.abs(mean - share) < 1e-5);
      if (mask.every((m) => m === 0 || m === 1)) rectangles++;
      shares.push(share);
    }
    assert.ok(rectangles > 140 && rectangles < 260, `${rectangles} rectangles`);
    assert.ok(Math.min(...shares) < 0.1 && Math.max(...shares) > 0.9);
    assert.equal(drawMixture({}, size, { seed: 0, step: 0 }), undefined);
  });

  it('draws from Beta(a, a): mean and variance within four standard errors', () => {
    const draws = 4000;
    for (const alpha of [0.2, 1, 3]) {
      const drawn = Array.from({ length: draws }, (_, step) => lambdaOf(alpha, { seed: 5, step }));
      const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b) / draws;
      const expected = 1 / (4 * (2 * alpha + 1));
      const variance = meanOf(drawn.map((share) => (share - 0.5) ** 2));
      // the fourth moment of Beta(a, a) is variance² (3 - 6 / (2 a + 3))
      const spread = expected * Math.sqrt(2 - 6 / (2 * alpha + 3));
      const [ofMean, ofVariance] = [Math.sqrt(expected / draws), spread / Math.sqrt(draws)];
      assert.ok(Math.abs(meanOf(drawn) - 0.5) < 4 * ofMean, `alpha ${alpha}: mean ${meanOf(drawn)}`);
      assert.ok(Math.abs(variance - expected) < 4 * ofVariance, `alpha ${alpha}: ${variance}, expected ${expected}`);
    }
  });

  // RandomCutmix of torchvision's references/classification/transforms.py
  it('cuts out the rectangle of torchvision, around centres that are uniform', () => {
    const [height, width, draws] = [24, 36, 4000];
    const seen = { rows: new Array<number>(height).fill(0), columns: new Array<number>(width).fill(0) };
    let boxes = 0;
    for (let step = 0; step < draws; step++) {
      const { mask, share } = drawMixture({ cutmix: 1 }, [height, width], { seed: 3, step })!;
      const r = 0.5 * Math.sqrt(1 - lambdaOf(1, { seed: 3, step }));
      const [halfHeight, halfWidth] = [Math.trunc(r * height), Math.trunc(r * width)];
      const empty = halfHeight === 0 || halfWidth === 0;
      assert.equal(empty, !mask.includes(0));
      if (empty) continue;
      const [first, last] = [mask.indexOf(0), mask.lastIndexOf(0)];
      const [top, left] = [Math.floor(first / width), first % width];
      const [bottom, right] = [Math.floor(last / width) + 1, (last % width) + 1];
      // at most one of two sides is cut off at the border: a half is less than half an image
      const row = top > 0 ? top + halfHeight : bottom - halfHeight;
      const column = left > 0 ? left + halfWidth : right - halfWidth;
      const y = [Math.max(row - halfHeight, 0), Math.min(row + halfHeight, height)] as const;
      const x = [Math.max(column - halfWidth, 0), Math.min(column + halfWidth, width)] as const;
      const expected = mask.map((_, i) => {
        const [down, across] = [Math.floor(i / width), i % width];
        return down >= y[0] && down < y[1] && across >= x[0] && across < x[1] ? 0 : 1;
      });
      assert.deepEqual(mask, expected, `step ${step}`);
      assert.equal(share, 1 - ((x[1] - x[0]) * (y[1] - y[0])) / (width * height));
      boxes++;
      seen.rows[row]!++;
      seen.columns[column]!++;
    }
    assert.ok(boxes > 0.9 * draws, `${boxes} boxes`);
    for (const [name, counts] of Object.entries(seen))
      for (const [place, count] of counts.entries()) {
        const expected = boxes / counts.length;
        assert.ok(Math.abs(count - expected) < 4 * Math.sqrt(expected), `${name}: ${count} around ${place}`);
      }
  });

  it('mixes targets with those of the image before', () => {
    const targets = Float32Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1]);
    const expected = [0.75, 0, 0.25, 0.25, 0.75, 0, 0, 0.25, 0.75];
    assert.deepEqual([...mixedTargets(targets, 3, 0.75)], expected);
  });
});

it('classes are blended as images are', async () => {
  for (const kind of [{ mixup: 0.4 }, { cutmix: 1 }]) {
    const { config } = await planTraining({ ...base, ...kind, batch: 3 });
    const labels = Int32Array.from([4, 0, 4]);
    const batch = { labels, indices: new Int32Array(3), images: new Uint8Array(), count: 3 };
    const { targets, mixture } = tasks.classify.targets(batch, config, { step: 5, batches: 6 });
    const mask = mixture!.data as Float32Array;
    const share = mask.reduce((a, b) => a + b) / mask.length;
    assert.ok(share > 0.01 && share < 0.99, `${share}`);
    const rows = [0, 1, 2].map((row) => (targets!.data as Float32Array).subarray(10 * row, 10 * row + 10));
    const expected = [{ 4: 1 }, { 0: share, 4: 1 - share }, { 4: share, 0: 1 - share }];
    for (const [row, shares] of expected.entries())
      for (const [number, value] of rows[row]!.entries())
        assert.ok(Math.abs(value - ((shares as Record<number, number>)[number] ?? 0)) < 1e-5, `${row}: ${rows[row]}`);
  }
});

describe('transfer', () => {
  it('begins with the weights of a model and a head for other classes', async () => {
    const folder = await newFolder();
    const data = {
      ...drawnDataset({ train: 64, validation: 32, size: 16 }),
    };
    const two = {
      ...data.train,
      classes: data.train.classes.slice(0, 2),
      label: (i: number) => data.train.label(i) % 2,
    };
    const splits = { ...data, train: two, validation: { ...data.validation, classes: two.classes, label: two.label } };
    const { net: _, ...unnamed } = base;
    // one step of hardly any length
    await train({
      ...unnamed,
      data: splits,
      epochs: 1,
      batch: 64,
      learningRate: 1e-12,
      from: plain.folder,
      out: folder,
    });
    const { model } = (await readCheckpoint(folder))!;
    const source = (await readModel(plain.folder)).weights;
    assert.deepEqual(model.weights['fc.weight']!.shape, [2, 8]);
    const shared = Object.keys(source).filter((name) => !/^fc|running/.test(name));
    assert.ok(difference(model.weights, source, shared) < 1e-9);
    assert.deepEqual(model.network.config.kind, 'resnet');
  });

  it('freezes first stages with their statistics, for ever or for some epochs', async () => {
    const [stem, , head] = partsOf((await readModel(plain.folder)).network).map((part) => [...part]);
    const source = (await readModel(plain.folder)).weights;
    const always = await trained({ from: plain.folder, freeze: 1 });
    assert.ok(stem!.some((name) => name.includes('running_var')));
    assert.equal(difference(always.weights, source, stem), 0);
    assert.ok(difference(always.weights, source, head) > 1e-3);
    const once = await trained({ from: plain.folder, freeze: 1, freezeEpochs: 1 });
    assert.ok(difference(once.weights, source, stem) > 1e-3);
    await assert.rejects(trained({ freeze: 1 }), userError('freeze has no effect without from'));
    await assert.rejects(trained({ from: plain.folder, freeze: 7 }), userError('has 2 stages to freeze, got 7'));
    await assert.rejects(trained({ from: plain.folder, freezeEpochs: 1 }), userError('without freeze'));
  });

  it('probes: a last layer on features that stay, in a model that gives the same figures', async () => {
    const losses: number[] = [];
    const onEpoch = (_: number, loss: number) => losses.push(loss);
    const { model, evaluation, seconds } = await probe(plain.folder, base.data, { threads: 1, epochs: 30, onEpoch });
    assert.ok(losses.at(-1)! < losses[0]! - 0.05, `${losses[0]} to ${losses.at(-1)}`);
    assert.ok(seconds.features > 0 && seconds.epoch > 0);
    const source = (await readModel(plain.folder)).weights;
    const body = Object.keys(source).filter((name) => !name.startsWith('fc.'));
    assert.equal(difference(model.weights, source, body), 0);
    const file = join(await newFolder(), '..', 'probe.safetensors');
    await writeModel(file, model);
    const judged = await evaluateModel(file, base.data, { threads: 1 });
    assert.equal(judged.metrics.accuracy, evaluation.metrics.accuracy);
    assert.ok(Math.abs(judged.metrics.loss! - evaluation.metrics.loss!) < 1e-4);
  });

  it('learns from a teacher, whose weights stay out of the model', async () => {
    const taught = await trained({ teacher: plain.folder, teacherWeight: 1, temperature: 2 });
    assert.ok(difference(taught.weights, plain.weights) > 1e-3);
    for (const other of [{ teacherWeight: 0.3 }, { temperature: 5 }]) {
      const { weights } = await trained({ teacher: plain.folder, teacherWeight: 1, temperature: 2, ...other });
      assert.ok(difference(weights, taught.weights) > 1e-4);
    }
    assert.deepEqual(Object.keys(taught.weights).sort(), Object.keys(plain.weights).sort());
    await assert.rejects(
      trained({ teacher: plain.folder, task: 'reconstruct' }),
      userError('reconstruct does not take teacher'),
    );
  });

  it('leaves no branch out of a network that has none', () =>
    assert.rejects(
      planTraining({ ...base, shortcut: 'none', stochasticDepth: 0.1, zeroGamma: true }),
      userError('a plain network does not take stochasticDepth, zeroGamma'),
    ));

  it('slows each stage down by a factor', () => {
    const network = networkNamed('resnet18', { size: 64 });
    const rate = decayedRates(network, 0.5);
    const of = (name: string) => rate({ source: { kind: 'parameter', name } } as never);
    const rates = [
      'conv1.weight',
      'layer1.0.conv1.weight',
      'layer2.0.bn1.bias',
      'layer4.1.conv2.weight',
      'fc.weight',
    ].map(of);
    assert.deepEqual(rates, [1 / 16, 1 / 16, 1 / 8, 1 / 2, 1]);
  });
});

it('a mirrored second look is the mean of what is said of an image and of its mirror image', async () => {
  const { network, weights, card } = await readModel(plain.folder);
  const runtime = openRuntime({ threads: 1 });
  const evaluation = (mirrored: boolean) =>
    runtime.compile(tasks.classify.evaluation(network, { ...card, batch: 1, mirrored }), { weights });
  const [once, twice] = [await evaluation(false), await evaluation(true)];
  const source = random('image');
  const image = Uint8Array.from({ length: 16 * 16 * 3 }, () => source.integer(256));
  const mirrored = image.map((_, i) => {
    const column = Math.floor((i % 48) / 3);
    return image[i + 3 * (15 - 2 * column)]!;
  });
  const logits = async (program: Program, data: Uint8Array) => {
    const seen = await program.run({ images: { dtype: 'uint8', shape: [1, 16, 16, 3], data } });
    return [...(seen.logits!.data as Float32Array)];
  };
  const [own, other] = [await logits(once, image), await logits(once, mirrored)];
  assert.ok(own.some((value, i) => Math.abs(value - other[i]!) > 1e-3));
  for (const [i, value] of (await logits(twice, image)).entries())
    assert.ok(Math.abs(value - (own[i]! + other[i]!) / 2) < 1e-5);
  await runtime.close();
});

/** All that there is to switch on, in trainings of what goes together; generate.test.ts has those that make images. */
const together: Readonly<Record<string, Partial<TrainOptions>>> = {
  'a model that learns on': {
    from: plain.folder,
    freeze: 1,
    freezeEpochs: 1,
    teacher: plain.folder,
    clipNorm: 1,
    averageDecay: 0.9,
    accumulate: 2,
    layerDecay: 0.8,
    recompute: true,
    stochasticDepth: 0.2,
    dropout: 0.2,
    mixup: 0.2,
    cutmix: 1,
    classWeights: [3, 1, 1, 1, 1, 1, 1, 1, 1, 0.5],
    schedule: 'plateau',
    ratePatience: 0,
    rateFactor: 0.7,
    optimizer: 'adamw',
    policy: { name: 'randaugment', operations: 1, magnitude: 5 },
    padding: 2,
    erase: 0.3,
    repeats: 2,
    epochs: 4,
  },
  'a model of its own': {
    net: tiny.net,
    zeroGamma: true,
    crop: [0.3, 1],
    flip: 0.3,
    flipVertical: 0.5,
    policy: { name: 'trivialaugment' },
    jitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
    labelSmoothing: 0.1,
    optimizer: 'muon',
    learningRate: 0.02,
    weightDecay: 0.01,
    schedule: 'step',
    milestones: [0.5, 1.5],
    rateFactor: 0.5,
    warmup: 0.25,
    averageDecay: 0.8,
    patience: 2,
  },
  'a reconstruction': {
    task: 'reconstruct',
    net: tiny.net,
    latent: 8,
    upsample: 'resize',
    loss: 'l1',
    denoise: 0.2,
    flipVertical: 0.5,
    jitter: { brightness: 0.4 },
    clipNorm: 1,
    averageDecay: 0.8,
    accumulate: 2,
    recompute: true,
    stochasticDepth: 0.2,
    zeroGamma: true,
    schedule: 'one-cycle',
    optimizer: 'sgd',
    momentum: 0.7,
  },
};

/** What options are called in the configuration, where that is another name. */
const savedAs: Readonly<Record<string, string>> = {
  from: 'start',
  freeze: 'frozen',
  freezeEpochs: 'epochs',
  net: 'network',
  crop: 'scale',
};

describe('with every switch on, a run stopped at five random steps ends as the one that was not', () => {
  for (const [what, options] of Object.entries(together))
    it(what, async () => {
      const folder = await sameAfterStops({ ...base, ...options });
      const { config } = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as { config: object };
      const saved = JSON.stringify(config);
      for (const name of Object.keys(options))
        assert.ok(saved.includes(`"${savedAs[name] ?? name}":`), `${name} is not saved with the run`);
    });

  it('leaves none out', async () => {
    const options = Object.values(together).flatMap(Object.keys);
    const missing = Object.keys(switches).filter(
      (name) => !Object.keys(switches[name]!).every((o) => options.includes(o)),
    );
    assert.deepEqual(missing, []);
  });
});
