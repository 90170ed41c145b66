/** Training to make images: what each setting changes, what is kept, and that nothing depends on a pause. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { drawnDataset } from '../../src/data/drawn/index.js';
import { Generator } from '../../src/inference/generator.js';
import { randomPoints } from '../../src/inference/points.js';
import { drawChances } from '../../src/train/chance.js';
import { readCheckpoint } from '../../src/train/checkpoint.js';
import { evaluateModel } from '../../src/train/evaluate-model.js';
import { findLearningRate } from '../../src/train/find-learning-rate.js';
import { fitPlan } from '../../src/train/fit.js';
import { measurePace } from '../../src/train/measure-pace.js';
import { planTraining, type TrainOptions } from '../../src/train/plan.js';
import { readRecords } from '../../src/train/records/index.js';
import { tasks } from '../../src/train/tasks/index.js';
import { resume, type TrainResult, train } from '../../src/train/train.js';
import { fingerprint, readModel } from '../../src/weights/index.js';
import { userError } from '../data/fixtures.js';
import { figuresOf, newFolder, outcomeOf, sameAfterStops, TINY_STEPS, tiny, until } from './tiny.js';

const vae = { ...tiny, task: 'generate', latent: 8, epochs: 2 } as const;
/** As small as its 2,048 channels let it be: 23 million weights. */
const article = {
  variant: 'article',
  net: '{"bottleneck":true,"repeats":[1,1,1],"width":4}',
  data: 'drawn:24',
  batch: 8,
} as const;
/** What goes with either kind. */
const varied = { clipNorm: 1, flipVertical: 0.5, jitter: { brightness: 0.2, hue: 0.1 }, crop: [0.5, 1] } as const;
const gan = { ...vae, kind: 'gan' } as const;

async function trained(options: TrainOptions): Promise<TrainResult> {
  return train({ ...tiny, ...options, out: await newFolder() });
}

/** Every one of these trainings comes to other weights. */
async function allDiffer(...given: readonly TrainOptions[]): Promise<void> {
  const digests = new Set<string>();
  for (const options of given) {
    const { folder } = await trained(options);
    digests.add(fingerprint((await readCheckpoint(folder))!.model.weights));
  }
  assert.equal(digests.size, given.length);
}

async function sameAfterPause(options: TrainOptions, step: number): Promise<void> {
  const [whole, parts] = [await newFolder(), await newFolder()];
  await train({ ...tiny, ...options, out: whole });
  await until(step, (events) => train({ ...tiny, ...options, ...events, out: parts }));
  await resume(parts, { threads: 1, workers: 1 });
  assert.deepEqual(await figuresOf(parts), await figuresOf(whole));
  assert.deepEqual(await outcomeOf(parts), await outcomeOf(whole));
}

/** What the model of a run makes of the same vector, told every class. */
async function madeOf({ folder }: TrainResult): Promise<readonly Uint8Array[]> {
  const generator = Generator.open(await readModel(folder), { threads: 1 });
  const [{ vector }] = randomPoints(generator, { count: 1, seed: 1 }) as [{ vector: Float32Array }];
  const kinds = generator.classes.length || 1;
  const images = await generator.decode(Array.from({ length: kinds }, (_, number) => ({ vector, class: number })));
  await generator.close();
  return images;
}

describe('a variational autoencoder', () => {
  it('learns, and is judged by its bound', async () => {
    const { history, evaluation, config } = await trained({ ...vae, beta: 0.05, learningRate: 0.01, epochs: 10 });
    assert.ok(
      history[9]!.validationLoss < 0.95 * history[0]!.validationLoss,
      `${history.map((e) => e.validationLoss)}`,
    );
    const { loss, reconstruction, kl, elbo, mse } = evaluation!.metrics as Record<string, number>;
    assert.ok(Math.abs(loss! - (reconstruction! + 0.05 * kl!)) < 1e-3 * loss!);
    assert.ok(Math.abs(elbo! + reconstruction! + kl!) < 1e-6 * reconstruction!);
    assert.ok(Math.abs(reconstruction! / (3 * 16 * 16) - mse!) < 1e-4);
    assert.equal(history[9]!.elbo, elbo);
    assert.deepEqual(config.generation, { kind: 'vae', beta: 0.05, klWarmup: 1, freeBits: 0 });
    assert.equal(config.classes.length, 10);
  });

  it('is another one by beta, warm-up, free bits, noise and classes', async () => {
    const settings = [{}, { beta: 3 }, { klWarmup: 2 }, { freeBits: 2 }, { conditional: false }, { seed: 8 }];
    await allDiffer(...settings.map((one) => ({ ...vae, ...one })));
  });

  it('draws other noise at every step, and lets the divergence count little by little', async () => {
    const { config, network } = await planTraining({ ...vae, beta: 2, klWarmup: 1.5 });
    const batch = { labels: new Int32Array(32), indices: new Int32Array(32), images: new Uint8Array(), count: 32 };
    const weight = (step: number, batches: number | undefined) =>
      +Number(tasks.generate.targets(batch, config, { step, batches }).kl_weight!.data[0]).toFixed(5);
    assert.deepEqual(
      [0, 3, 9, 15, 40].map((step) => weight(step, 10)),
      [0, 0.4, 1.2, 2, 2],
    );
    assert.equal(weight(0, undefined), 2);
    const { chances } = tasks.generate.objective(network, config, {});
    const noiseOf = (step: number) => drawChances(chances, { seed: 7, step }, 1)[0]!.noise!.data as Float32Array;
    assert.deepEqual(noiseOf(3), noiseOf(3));
    assert.notDeepEqual(noiseOf(3), noiseOf(4));
    assert.ok(Math.abs(noiseOf(0).reduce((sum, value) => sum + value * value, 0) / noiseOf(0).length - 1) < 0.2);
  });

  it('takes what goes with any training, the same when stopped at five random steps', async () => {
    await sameAfterStops({
      ...vae,
      ...varied,
      beta: 0.5,
      klWarmup: 1.5,
      freeBits: 0.1,
      averageDecay: 0.9,
      accumulate: 2,
      recompute: true,
      stochasticDepth: 0.2,
      zeroGamma: true,
      schedule: 'plateau',
      ratePatience: 0,
    });
  });

  it('begins with another', async () => {
    const { folder, config } = await trained(vae);
    const { net: _, ...unnamed } = { ...vae, from: folder, freeze: 1 };
    const { size: __, ...open } = unnamed;
    const on = await planTraining(open);
    assert.deepEqual(on.network.config, config.network);
    assert.equal(Object.keys(on.start!).length, Object.keys((await readModel(folder)).weights).length);
  });

  it('is measured beforehand like others: batch, epochs and rate', async () => {
    const { batch: _, epochs: __, ...open } = vae;
    const plan = await fitPlan(
      { ...open, batch: 'auto', time: 100 },
      { now: () => 0, measure: async () => ({ setup: 0, step: 0.1, validationBatch: 0.1 }) },
    );
    const { epochs, generation } = plan.config;
    assert.ok(epochs > 10 && generation?.kind === 'vae' && generation.klWarmup === Math.min(10, epochs / 10));
    const { points } = await findLearningRate({ ...open, batch: 32, steps: 10, highest: 0.01 });
    assert.equal(points.length, 10);
  });

  it('makes images of the class it is told', async () => {
    const images = await madeOf(await trained(vae));
    assert.equal(new Set(images.map((image) => image.join())).size, 10);
  });

  it('is judged on other images, in any batch', async () => {
    const { folder } = await trained(vae);
    const images = drawnDataset({ train: 4, validation: 24 });
    const judged = (batch: number) => evaluateModel(folder, images, { batch, threads: 1 });
    const [a, b] = [(await judged(24)).metrics, (await judged(7)).metrics];
    for (const [name, value] of Object.entries(a)) assert.ok(Math.abs(b[name]! - value) < 1e-4 * Math.abs(value), name);
  });

  it('comes of the article too', async () => {
    const { history, config } = await trained({ ...vae, ...article, learningRate: 1e-3 });
    assert.ok(config.network.kind === 'variational' && config.network.decoder.variant === 'article');
    assert.ok(history[1]!.validationLoss < history[0]!.validationLoss, `${history.map((e) => e.validationLoss)}`);
  });
});

it('all figures of an epoch are recorded, and the losses of both adversaries', async () => {
  for (const options of [vae, gan]) {
    const { folder, evaluation } = await trained({ ...options, epochs: 1 });
    const { epochs, steps } = await readRecords(folder);
    const { loss, ...figures } = evaluation!.metrics;
    assert.ok(Object.keys(figures).length > 1);
    assert.deepEqual({ ...epochs[0], validationLoss: loss, ...figures }, epochs[0]);
    for (const { loss, generatorLoss } of steps)
      if (options === vae) assert.equal(generatorLoss, undefined);
      else assert.ok(Number.isFinite(generatorLoss) && generatorLoss !== loss, `${generatorLoss} beside ${loss}`);
    assert.equal(new Set(steps.map(({ generatorLoss }) => generatorLoss)).size, options === vae ? 1 : steps.length);
  }
});

describe('adversaries', () => {
  it('are measured beforehand for a time', async () => {
    const { setup, step, validationBatch } = await measurePace(await planTraining(gan), { threads: 1, workers: 1 });
    for (const seconds of [setup, step, validationBatch]) assert.ok(seconds > 0);
  });

  it('take a small network for the size of their images where none is named', async () => {
    const { net: _, variant: __, ...unnamed } = gan;
    const networksOf = async (options: Partial<TrainOptions>) => {
      const { network, generation } = (await planTraining({ ...unnamed, ...options })).config;
      assert.ok(network.kind === 'transposeResnet' && generation?.kind === 'gan');
      const { setting, of } = network;
      assert.deepEqual(generation.discriminator.setting, setting);
      return [setting.repeats, setting.width, of, generation.discriminator.variant];
    };
    assert.deepEqual(await networksOf({ size: 32 }), [[1, 1, 1], 16, 'cifar', 'cifar']);
    assert.deepEqual(await networksOf({ size: [32, 64] }), [[1, 1, 1, 1], 16, 'cifar', 'cifar']);
    assert.deepEqual(await networksOf({ size: 32, net: 'resnet18' }), [[2, 2, 2, 2], 64, 'imagenet', 'imagenet']);
    assert.deepEqual(await networksOf({ size: 32, variant: 'imagenet' }), [[2, 2, 2, 2], 64, 'imagenet', 'imagenet']);
  });

  it('are the same when stopped at five random steps', async () => {
    await sameAfterStops({ ...gan, ...varied, r1: 1, discriminatorRate: 1e-4, ganLoss: 'non-saturating' });
  });

  it('are others by loss, rate of the discriminator, spectral normalisation, slopes, what is compared, augmentation and classes', async () => {
    const settings = [
      {},
      { ganLoss: 'non-saturating' },
      { discriminatorRate: 1e-4 },
      { spectralNorm: false },
      { r1: 5 },
      { minibatchDeviation: false },
      ...['color', 'translation', 'cutout'].map((change) => ({ diffAugment: [change] })),
      { diffAugment: [] },
      { conditional: false },
    ];
    await allDiffer(...settings.map((one) => ({ ...gan, epochs: 1, ...one }) as TrainOptions));
  });

  it('keep the running average of the generator, and nothing else, as the model', async () => {
    const { folder, config } = await trained(gan);
    assert.equal(config.averageDecay, 0.999);
    const { weights, states } = await outcomeOf(folder);
    const best = (await readModel(join(folder, 'best.safetensors'))).weights;
    assert.deepEqual(Object.keys(best), Object.keys(weights));
    for (const [name, { data }] of Object.entries(weights)) {
      assert.deepEqual(best[name]!.data, states[`average:${name}`]!.data, name);
      assert.notDeepEqual(data, best[name]!.data, name);
    }
    const sides = Object.keys(states).filter((name) => name.startsWith('discriminator.'));
    assert.ok(sides.includes('discriminator.fc.weight_u') && sides.includes('discriminator.class.weight'));
    assert.ok(!sides.some((name) => /running_|bn/.test(name)));
    assert.ok(!Object.keys(states).some((name) => name.startsWith('average:discriminator.')));
    const images = await madeOf({ folder } as TrainResult);
    assert.equal(new Set(images.map((image) => image.join())).size, 10);
  });

  it('come of the article too', async () => {
    const { folder, config } = await trained({ ...gan, ...article, epochs: 1 });
    assert.ok(config.network.kind === 'transposeResnet' && config.network.variant === 'article');
    const { weights, states } = await outcomeOf(folder);
    for (const name of ['fc.weight', 'deconv1.weight', 'res_0_0_deconv2.deconv.weight', 'deconv3.weight'])
      assert.notDeepEqual(weights[name]!.data, states[`average:${name}`]!.data, name); // it moved
  });

  it('teach each other: real images are told apart, and made ones come nearer', async () => {
    const one = { ...gan, epochs: 6, learningRate: 2e-3 };
    const { evaluation } = await trained(one);
    assert.ok(evaluation!.metrics.realScore! > evaluation!.metrics.madeScore!);
    const start = await trained({ ...gan, epochs: 1, learningRate: 1e-12 });
    const meanOf = async (result: TrainResult) => {
      const all = (await madeOf(result)).flatMap((image) => [...image]);
      return all.reduce((sum, value) => sum + value, 0) / all.length;
    };
    assert.ok(Math.abs((await meanOf(await trained(one))) - (await meanOf(start))) > 1);
  });

  it('bound the weights of the discriminator by their norm from the first step on', async () => {
    const { folder } = await trained({ ...gan, epochs: 1, learningRate: 1e-12 });
    const { states } = await outcomeOf(folder);
    const [weight, u, v] = ['weight', 'weight_u', 'weight_v'].map(
      (name) => states[`discriminator.layer1.0.conv1.${name}`]!,
    );
    const [to, from] = [weight!.shape[0]!, weight!.data.length / weight!.shape[0]!];
    const row = (i: number) => weight!.data.subarray(i * from, (i + 1) * from);
    const product = (x: Float32Array) =>
      Array.from({ length: to }, (_, i) => row(i).reduce((s, w, j) => s + w * x[j]!, 0));
    const sigma = product(v!.data).reduce((sum, value, i) => sum + value * u!.data[i]!, 0);
    assert.ok(Math.abs(Math.hypot(...u!.data) - 1) < 1e-5 && Math.abs(Math.hypot(...v!.data) - 1) < 1e-5);
    // no direction is stretched further, and W v is u times its length
    for (const [i, value] of product(v!.data).entries())
      assert.ok(Math.abs(value - sigma * u!.data[i]!) < 0.05 * sigma);
    for (let trial = 0; trial < 20; trial++) {
      const x = Float32Array.from({ length: from }, (_, j) => Math.sin(trial * 31 + j * (trial + 1)));
      assert.ok(Math.hypot(...product(x)) <= 1.02 * sigma * Math.hypot(...x));
    }
  });
});

describe('a classifier that judges what is made', async () => {
  const classifier = (await trained({ ...tiny, epochs: 1 })).folder;

  it('gives a distance, by which adversaries are chosen', async () => {
    for (const options of [vae, gan]) {
      const result = await trained({ ...options, classifier });
      const distances = result.history.map(({ frechet }) => frechet!);
      assert.ok(
        distances.every((distance) => distance > 0),
        `${distances}`,
      );
      if (options === gan) {
        const kept = (await readModel(result.folder)).card.metrics.frechet;
        assert.equal(kept, Math.min(...distances));
      }
    }
  });

  it('changes nothing of what is learned, nor does a pause', async () => {
    assert.deepEqual(
      (await outcomeOf((await trained({ ...gan, classifier })).folder)).weights,
      (await outcomeOf((await trained(gan)).folder)).weights,
    );
    await sameAfterPause({ ...gan, classifier }, TINY_STEPS + 1);
  });
});

describe('settings that do not fit', () => {
  it('are refused with reasons', async () => {
    const plan = (given: Partial<TrainOptions>) => planTraining({ ...vae, ...given } as TrainOptions);
    await assert.rejects(plan({ r1: 1 }), userError('a vae does not take r1'));
    await assert.rejects(plan({ kind: 'gan', beta: 1 }), userError('a gan does not take beta'));
    await assert.rejects(plan({ kind: 'gan', r1: 1, variant: 'imagenet', size: 32 }), userError('max pool', 'cifar'));
    await assert.rejects(
      plan({ kind: 'gan', accumulate: 2, freeze: 1, dropout: 0.1 }),
      userError('a gan does not take accumulate, dropout, freeze'),
    );
    await assert.rejects(plan({ kind: 'gan', patience: 2 }), userError('classifier'));
    await assert.rejects(plan({ mixup: 0.2, teacher: 'x' }), userError('generate does not take mixup, teacher'));
    await assert.rejects(fitPlan({ ...gan, batch: 'auto' }), userError('gan', 'batch'));
    await assert.rejects(findLearningRate(gan), userError('no loss to find a rate by'));
    await assert.rejects(plan({ labelSmoothing: 0.1 }), userError('generate does not take labelSmoothing'));
    await assert.rejects(planTraining({ ...tiny, task: 'reconstruct', beta: 1 }), userError('does not take beta'));
    const { train: source, ...rest } = drawnDataset({ train: 8, validation: 4 });
    const one = { ...rest, train: { ...source, classes: ['all'] } };
    await assert.rejects(plan({ data: one, conditional: true }), userError('no two classes'));
    assert.deepEqual((await plan({ data: one })).config.classes, []);
  });
});
