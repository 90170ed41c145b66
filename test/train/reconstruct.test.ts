/** What a reconstruction is trained on: losses, a classifier that judges, noise that is to be taken away. */
import assert from 'node:assert/strict';
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { drawnDataset } from '../../src/data/drawn/index.js';
import { input } from '../../src/graph/index.js';
import { frechetDistance } from '../../src/inference/frechet.js';
import { buildNetwork, resnet } from '../../src/models/index.js';
import { initialise } from '../../src/nn/index.js';
import { random } from '../../src/random/index.js';
import { float32, openRuntime } from '../../src/runtime/index.js';
import { validated } from '../../src/schema.js';
import { drawChances } from '../../src/train/chance.js';
import { readCheckpoint } from '../../src/train/checkpoint.js';
import { TrainConfig } from '../../src/train/config.js';
import { featureDistance } from '../../src/train/feature-distance.js';
import { readClassifier } from '../../src/train/judge-files.js';
import { featureMaps, judgeWeights } from '../../src/train/judges.js';
import { planTraining, type TrainOptions } from '../../src/train/plan.js';
import { tasks } from '../../src/train/tasks/index.js';
import { errorsOf } from '../../src/train/tasks/reconstruct.js';
import { resume, train } from '../../src/train/train.js';
import { fingerprint, readModel, readSafetensors } from '../../src/weights/index.js';
import { checkGradients } from '../autodiff/finite-differences.js';
import { userError } from '../data/fixtures.js';
import { digestOf, figuresOf, newFolder, outcomeOf, TINY_STEPS, tiny } from './tiny.js';

const options = { ...tiny, task: 'reconstruct', size: 24, latent: 8, epochs: 2 } as const;
const judged = (classifier: string) => ({ ...options, loss: 'perceptual', classifier }) as const;

// of another size than the pictures, and of two stages
const classifier = await newFolder();
const twoStages = '{"bottleneck":false,"repeats":[1,1],"width":4}';
await train({ ...tiny, net: twoStages, epochs: 1, out: classifier });

/** As `train`, but stopped after this step and resumed. */
async function inParts(given: TrainOptions, out: string, step: number) {
  const controller = new AbortController();
  let done = 0;
  const onStep = () => void (++done === step && controller.abort());
  await train({ ...tiny, ...given, out, signal: controller.signal, onStep });
  return resume(out, { threads: 1, workers: 1 });
}

describe('losses of reconstruction', () => {
  it('train differently, and validation reports the one that is trained', async () => {
    const weights = new Set<string>();
    for (const loss of ['mse', 'l1', 'ms-ssim', 'ms-ssim-l1', 'perceptual'] as const) {
      const out = await newFolder();
      const given = loss === 'perceptual' ? judged(classifier) : { ...options, loss };
      const { history, evaluation } = await train({ ...given, learningRate: 0.01, out });
      assert.ok(history[1]!.trainLoss < history[0]!.trainLoss, `${loss}: ${history.map((e) => e.trainLoss)}`);
      const { mse = 0, l1 = 0, msSsim = 0, ...others } = evaluation!.metrics;
      assert.equal(history[1]?.validationLoss, others.loss);
      const expected = { mse, l1, 'ms-ssim': 1 - msSsim, 'ms-ssim-l1': 0.84 * (1 - msSsim) + 0.16 * l1 };
      if (loss === 'perceptual') assert.ok(others.loss! > mse);
      else assert.ok(Math.abs(others.loss! - expected[loss]) < 2e-3, `${loss}: ${others.loss}`);
      weights.add(fingerprint((await readCheckpoint(out))!.model.weights));
    }
    assert.equal(weights.size, 5);
  });

  // a perceptual loss has the kinks of its ReLUs at every step; PyTorch's gradients hold it (goldens/quality.test.ts)
  it('slope as finite differences say', async () => {
    const runtime = openRuntime({ threads: 1 });
    const source = random('pictures');
    for (const [loss, side] of [
      ['ms-ssim', 44],
      ['ms-ssim-l1', 22],
    ] as const) {
      const shape = [1, 3, side, side];
      const [x, wanted] = [input('x', shape), input('wanted', shape)];
      const target = Float32Array.from({ length: 3 * side * side }, () => source.uniform());
      const made = target.map((value) => value + 0.2 * source.normal());
      const feeds = { x: float32(made, shape), wanted: float32(target, shape) };
      await checkGradients(runtime, { y: errorsOf({ loss })(x, wanted), feeds, wrt: [x], random: source });
    }
    await runtime.close();
  });
});

describe('a classifier that judges', () => {
  it('stays as it is, and out of the model', async () => {
    const out = await newFolder();
    const before = await digestOf(join(classifier, 'best.safetensors'));
    const { config } = await train({ ...judged(classifier), out });
    assert.equal(await digestOf(join(classifier, 'best.safetensors')), before);
    const alone = await newFolder();
    await train({ ...options, epochs: 1, out: alone });
    const names = async (folder: string) => [
      ...(await readSafetensors(join(folder, 'best.safetensors'))).tensors.keys(),
    ];
    assert.deepEqual(await names(out), await names(alone));
    assert.deepEqual(config.perceptual, {
      classifier,
      sha256: fingerprint((await readModel(classifier)).weights),
      stages: [1],
      weight: 0.01,
    });
  });

  it('judges by the stages and the weight that are given, with its own normalisation', async () => {
    const runtime = openRuntime({ threads: 1 });
    const model = await readClassifier(classifier);
    await runtime.write(judgeWeights({ classifier: model }));
    const shape = [1, 3, 16, 16];
    const { uniform } = random('judged');
    const pictures = ['x', 'y'].map((name) => [name, float32(Float32Array.from({ length: 768 }, uniform), shape)]);
    const lossOf = async (stages: readonly number[], weight: number, given = model) => {
      const perceptual = { classifier, sha256: '', stages, weight };
      const loss = errorsOf({ loss: 'perceptual', perceptual }, given)(input('x', shape), input('y', shape));
      const program = await runtime.compile({ name: 'loss', outputs: { loss } });
      return (await program.run(Object.fromEntries(pictures))).loss!.data[0] as number;
    };
    const [one, two, both] = [await lossOf([1], 1), await lossOf([2], 1), await lossOf([1, 2], 1)];
    assert.ok(Math.abs(one - two) > 1e-3);
    assert.ok(Math.abs(both - (one + two) / 2) < 1e-5);
    const pixels = 2 * one - (await lossOf([1], 2));
    assert.ok(pixels > 0.1 && pixels < 0.25, `${pixels}`); // of uniform noise 1/6
    const preprocessing = { ...model.card.preprocessing, std: [0.5, 0.5, 0.5] };
    assert.ok(Math.abs(one - (await lossOf([1], 1, { ...model, card: { ...model.card, preprocessing } }))) > 1e-3);
    await runtime.close();
  });

  it('is the same after a pause, or the run does not go on', async () => {
    const copy = await newFolder();
    await cp(classifier, copy, { recursive: true });
    const [whole, parts] = [await newFolder(), await newFolder()];
    await train({ ...judged(copy), out: whole });
    await inParts(judged(copy), parts, TINY_STEPS + 2);
    assert.deepEqual(await figuresOf(parts), await figuresOf(whole));
    assert.deepEqual(await outcomeOf(parts), await outcomeOf(whole));

    await train({
      ...tiny,
      net: twoStages,
      epochs: 1,
      seed: 8,
      out: `${copy}-2`,
    });
    await cp(join(`${copy}-2`, 'best.safetensors'), join(copy, 'best.safetensors'));
    await assert.rejects(
      resume(parts),
      userError(copy, 'has changed since the training began', 'put the old file back'),
    );
    await rm(copy, { recursive: true });
    await assert.rejects(resume(parts), userError('no model at', copy));
  });

  it('must fit, and is asked for where it is needed only', async () => {
    const plan = (given: Partial<TrainOptions>) => planTraining({ ...options, ...given });
    const perceptual = { loss: 'perceptual', classifier } as const;
    await assert.rejects(plan({ loss: 'perceptual' }), userError('perceptual', 'give the one to use as classifier'));
    await assert.rejects(plan({ classifier }), userError('only the perceptual loss takes classifier'));
    await assert.rejects(plan({ featureWeight: 1 }), userError('only the perceptual loss takes featureWeight'));
    await assert.rejects(plan({ ...perceptual, featureStages: [1, 3] }), userError('the stages 1 to 2', 'got 3'));
    await assert.rejects(plan({ ...perceptual, featureStages: [] }), userError('stages'));
    await assert.rejects(plan({ ...perceptual, featureStages: [0] }), userError('stages'));
    await assert.rejects(
      plan({ task: 'classify', loss: 'l1', denoise: 0.1 }),
      userError('classify does not take latent, loss, denoise'),
    );
    const autoencoder = await newFolder();
    await train({ ...options, epochs: 1, out: autoencoder });
    await assert.rejects(
      plan({ ...perceptual, classifier: autoencoder }),
      userError('was trained to reconstruct', "'train classify'"),
    );
  });

  it('of the article takes pictures of its own size only, and any takes its own channels only', async () => {
    const network = resnet({ bottleneck: false, repeats: [1], width: 4 }, { variant: 'article', size: 32, classes: 2 });
    const { card } = await readModel(classifier);
    const weights = initialise(buildNetwork(network).build.parameters.values(), 0);
    const model = { card, network, weights };
    const check = (shape: readonly number[]) => () => featureMaps(model, { stages: [1] }, input('x', [1, ...shape]));
    check([3, 32, 32])();
    assert.throws(check([3, 64, 64]), userError('takes images of its own size only'));
    assert.throws(check([1, 32, 32]), userError('3 channel(s)', 'have 1'));
  });
});

describe('noise on what is seen', () => {
  const config = { ...options, denoise: 0.25, seed: 7 } as const;

  it('stands in the input and not in the target', async () => {
    const runtime = openRuntime({ threads: 1 });
    const { config: whole, network } = await planTraining(config);
    const raw = { ...whole, preprocessing: { ...whole.preprocessing, mean: [0, 0, 0], std: [1, 1, 1] } };
    // a network that gives back what it sees leaves the noise as its error
    const { loss, chances } = tasks.reconstruct.objective({ ...network, forward: (x) => x }, raw, {});
    const program = await runtime.compile({ name: 'noise', outputs: { loss } });
    const { noise } = drawChances(chances, { seed: 7, step: 5 }, 1)[0]!;
    const images = {
      dtype: 'uint8',
      shape: [32, 24, 24, 3],
      data: new Uint8Array(32 * 24 * 24 * 3).fill(128),
    } as const;
    const found = (await program.run({ images, noise: noise! })).loss!.data[0] as number;
    const variance = (noise!.data as Float32Array).reduce((sum, v) => sum + v * v, 0) / noise!.data.length;
    await runtime.close();
    assert.ok(Math.abs(found - 0.25 ** 2 * variance) < 1e-6);
    assert.ok(Math.abs(variance - 1) < 0.02);
  });

  it('is drawn anew for every step, and only where it is wanted', async () => {
    const chancesOf = async (given: typeof options | typeof config) => {
      const { config: whole, network } = await planTraining(given);
      return tasks.reconstruct.objective(network, whole, {}).chances;
    };
    assert.deepEqual([...(await chancesOf(config)).keys()], ['noise']);
    assert.equal((await chancesOf(options)).size, 0);
  });

  it('is the same after a pause, and changes what is learned', async () => {
    const [whole, parts, clean] = [await newFolder(), await newFolder(), await newFolder()];
    await train({ ...config, out: whole });
    await inParts(config, parts, TINY_STEPS - 1);
    assert.deepEqual(await outcomeOf(parts), await outcomeOf(whole));
    await train({ ...options, out: clean });
    assert.notDeepEqual((await outcomeOf(clean)).weights, (await outcomeOf(whole)).weights);
    const saved = JSON.parse(await readFile(join(clean, 'config.json'), 'utf8')) as { config: object };
    // configurations of earlier versions know neither
    assert.ok(!('denoise' in saved.config) && !('perceptual' in saved.config));
    validated(TrainConfig, saved.config, 'a configuration');
  });
});

describe('the distance of two sets', () => {
  it('is 0 for equal ones, grows with what differs, and follows the classifier', async () => {
    const sets = drawnDataset({ train: 60, validation: 40 });
    const given = { classifier, threads: 1 };
    const equal = await featureDistance(['drawn:60', sets], given);
    assert.ok(equal.distance < 1e-6);
    assert.deepEqual([equal.images, equal.features, equal.warnings], [[60, 60], 8, []]);
    const near = await featureDistance([sets, sets], { ...given, splits: ['train', 'validation'] });
    assert.deepEqual(near.images, [60, 40]);
    const { source } = sets.train;
    assert.equal(source.kind, 'raster');
    const dark = { ...sets.train, source: { ...source, pixels: source.pixels.map((value) => value / 4) } } as const;
    const far = await featureDistance([sets, { ...sets, train: dark }], given);
    assert.ok(far.distance > 5 * near.distance && near.distance > 0, `${near.distance} and ${far.distance}`);
    const few = await featureDistance(['drawn:8', sets], given);
    assert.match(few.warnings[0]!, /8 images on one side are too few for 8 features/);
    await assert.rejects(featureDistance(['drawn:1', sets], given), userError('at least two vectors', 'got 1'));
  });

  it('refuses vectors that do not fit each other', () => {
    assert.throws(
      () =>
        frechetDistance(
          [[1], [2]],
          [
            [1, 2],
            [3, 4],
          ],
        ),
      userError('of one length, got 1 and 2'),
    );
    assert.throws(() => frechetDistance([[1], [2, 3]], [[1], [2]]), userError('of one length, got 1 and 2'));
  });
});
