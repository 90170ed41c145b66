/** Whole trainings of a tiny network: they learn, keep their best, report, and never depend on how many threads work. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { load } from '../../src/inference/index.js';
import type { TrainConfig } from '../../src/train/config.js';
import type { StartEvent, StepEvent } from '../../src/train/events.js';
import { rateOf } from '../../src/train/learning-rates.js';
import { planTraining } from '../../src/train/plan.js';
import { readRecords } from '../../src/train/records/index.js';
import type { EpochRecord } from '../../src/train/report/index.js';
import { openSplits } from '../../src/train/splits.js';
import { train } from '../../src/train/train.js';
import { readModel } from '../../src/weights/index.js';
import { temporaryFolder, userError, writePhotos } from '../data/fixtures.js';
import { figuresOf, newFolder, outcomeOf, TINY_STEPS, tiny } from './tiny.js';

describe('training', () => {
  it('a classifier learns, keeps its best epoch, and writes all of a run', async () => {
    const out = await newFolder();
    const [starts, steps, epochs]: [StartEvent[], StepEvent[], [EpochRecord, boolean][]] = [[], [], []];
    const options = { ...tiny, epochs: 12, learningRate: 0.1, flip: 0, padding: 0, labelSmoothing: 0 } as const;
    const result = await train({
      ...options,
      net: '{"bottleneck":false,"repeats":[1,1],"width":8}',
      command: 'resmirror train "it"',
      out,
      onStart: (start) => starts.push(start),
      onStep: (step) => steps.push(step),
      onEpoch: (record, best) => epochs.push([record, best]),
    });
    const losses = result.history.map(({ trainLoss }) => trainLoss);
    assert.ok(losses.at(-1)! < 0.9 * losses[0]!, `losses ${losses}`);
    assert.ok(losses[0]! < 1.5 * Math.log(10));

    const accuracies = result.history.map(({ accuracy }) => accuracy!);
    const top = Math.max(...accuracies);
    const { card } = await readModel(out);
    assert.equal(card.metrics.accuracy, top);
    assert.equal(card.metrics.loss, result.history[accuracies.indexOf(top)]?.validationLoss); // the first of equal ones
    assert.deepEqual(
      epochs.map(([, best]) => best),
      accuracies.map((value, i) => value > Math.max(0, ...accuracies.slice(0, i)) || i === 0),
    );
    assert.deepEqual(card.classes, result.config.classes);

    assert.deepEqual(
      epochs.map(([record]) => record),
      result.history,
    );
    const records = await readRecords(out);
    assert.deepEqual(records.epochs, result.history);
    assert.deepEqual(
      records.epochs.map(({ step }) => step),
      records.epochs.map((_, i) => (i + 1) * TINY_STEPS),
    );
    assert.deepEqual(
      records.steps.map(({ step, epoch }) => [step, epoch]),
      steps.map(({ epoch }, i) => [i + 1, epoch]),
    );
    for (const { epoch, trainLoss } of records.epochs) {
      const losses = records.steps.filter((record) => record.epoch === epoch).map(({ loss }) => loss);
      assert.equal(losses.reduce((a, b) => a + b) / TINY_STEPS, trainLoss);
    }
    assert.deepEqual(
      starts.map(({ epochs, batches, trainImages, validationImages, step }) => [
        epochs,
        batches,
        trainImages,
        validationImages,
        step,
      ]),
      [[12, TINY_STEPS, 200, 40, 0]],
    );
    assert.equal(steps.length, 12 * TINY_STEPS);
    for (const [i, { epoch, batch, imagesPerSecond, secondsLeft, waiting }] of steps.entries()) {
      assert.deepEqual([epoch, batch], [1 + Math.floor(i / TINY_STEPS), 1 + (i % TINY_STEPS)]);
      assert.ok(imagesPerSecond > 0 && secondsLeft >= 0 && waiting >= 0 && waiting <= 1);
    }
    assert.equal(steps.at(-1)?.secondsLeft, 0);

    const { evaluation } = result;
    assert.equal(evaluation?.images, 40);
    assert.equal(evaluation?.metrics.accuracy, accuracies.at(-1));
    const counts = evaluation!.confusion!;
    assert.equal(
      counts.flat().reduce((a, b) => a + b),
      40,
    );
    assert.equal(counts.reduce((sum, row, i) => sum + row[i]!, 0) / 40, accuracies.at(-1));

    const page = await readFile(result.report, 'utf8');
    for (const text of [
      `${(100 * top).toFixed(1)} %`,
      '12 of 12',
      'Loss by step',
      'resmirror train &quot;it&quot;',
      ...card.classes,
    ])
      assert.ok(page.includes(text), `${text} is not in the report`);
    assert.deepEqual((await readdir(out)).sort(), [
      'best.safetensors',
      'config.json',
      `last.optimizer-${12 * TINY_STEPS}.safetensors`,
      'last.safetensors',
      'metrics.jsonl',
      'report.html',
    ]);
    await assert.rejects(train({ ...tiny, out }), userError(out, 'holds a run already', '--resume', 'another --out'));
  });

  it('an autoencoder learns, and its model reconstructs', async () => {
    const out = await newFolder();
    const options = { ...tiny, task: 'reconstruct', epochs: 6, learningRate: 0.01, latent: 8 } as const;
    const { history, evaluation, report, config } = await train({ ...options, out });
    assert.ok(history.at(-1)!.trainLoss < 0.8 * history[0]!.trainLoss);
    assert.deepEqual(Object.keys(evaluation!.metrics).sort(), ['l1', 'loss', 'msSsim', 'mse', 'psnr', 'ssim']);
    const { mse, psnr, ssim, msSsim } = evaluation!.metrics as Record<'mse' | 'psnr' | 'ssim' | 'msSsim', number>;
    assert.equal(history.at(-1)?.psnr, psnr);
    assert.equal(history.at(-1)?.validationLoss, mse);
    assert.ok(Math.abs(msSsim - ssim) < 1e-6); // so small a picture has one scale
    assert.ok(psnr >= -10 * Math.log10(mse) && ssim > 0 && ssim < 1); // Jensen: the mean of logarithms
    assert.deepEqual([config.classes, config.loss], [[], 'mse']);
    const best = Math.max(...history.map(({ psnr }) => psnr!));
    assert.ok((await readFile(report, 'utf8')).includes(`${best.toFixed(2)} dB`));
    const model = await load(out, { threads: 1 });
    assert.equal(model.model.card.metrics.psnr, best);
    await model.close();
  });

  it('judges images as they are, however those it learns from are changed', async () => {
    const out = await newFolder();
    const { evaluation } = await train({ ...tiny, epochs: 1, learningRate: 0.1, padding: 8, flip: 1, out });
    const { validation } = await openSplits(tiny.data, { task: 'classify', seed: tiny.seed, validationFraction: 0.2 });
    const model = await load(out, { threads: 1 });
    let loss = 0;
    for await (const { index, value } of model.classify(validation, { top: 10 })) {
      const truth = value.find(({ label }) => label === validation.classes[validation.label(index)]);
      loss -= Math.log(truth!.probability) / validation.length;
    }
    await model.close();
    assert.ok(Math.abs(loss - evaluation!.metrics.loss!) < 1e-4, `${loss} and ${evaluation?.metrics.loss}`);
  });

  it('does not depend on the number of threads that decode', async () => {
    const data = await temporaryFolder();
    for (const name of ['a', 'b']) await writePhotos(join(data, name), 20);
    const [one, three] = [await newFolder(), await newFolder()];
    const options = { ...tiny, data, batch: 8, epochs: 2, crop: [0.4, 1] } as const;
    await train({ ...options, workers: 1, out: one });
    await train({ ...options, workers: 3, out: three });
    assert.deepEqual(await figuresOf(one), await figuresOf(three));
    assert.deepEqual(await outcomeOf(one), await outcomeOf(three));
  });

  it('computes nearly the same with two threads, and exactly the same with the same number', async () => {
    const folders = [await newFolder(), await newFolder(), await newFolder()] as const;
    for (const [i, threads] of [1, 2, 2].entries()) await train({ ...tiny, epochs: 1, threads, out: folders[i]! });
    const [one, two, again] = [await outcomeOf(folders[0]), await outcomeOf(folders[1]), await outcomeOf(folders[2])];
    assert.deepEqual(again, two);
    for (const [name, { data }] of Object.entries(one.weights))
      for (const [i, value] of data.entries())
        assert.ok(Math.abs(value - two.weights[name]!.data[i]!) < 1e-3 * (1 + Math.abs(value)), name);
  });

  it('differs by its seed', async () => {
    const [one, two] = [await newFolder(), await newFolder()];
    for (const [seed, out] of [one, two].entries()) await train({ ...tiny, epochs: 1, seed, out });
    assert.notDeepEqual(await figuresOf(one), await figuresOf(two));
  });

  it('takes fewer images than a batch', async () => {
    const { history, evaluation } = await train({
      ...tiny,
      data: 'drawn:10',
      batch: 16,
      epochs: 2,
      out: await newFolder(),
    });
    assert.equal(history.length, 2);
    assert.equal(evaluation?.images, 2);
  });

  it('judges an image as often as there are images, whatever the batch', async () => {
    const { evaluation } = await train({ ...tiny, data: 'drawn:35', batch: 4, epochs: 1, out: await newFolder() });
    assert.equal(evaluation?.images, 7);
  });

  it('refuses a file in place of its folder', async () => {
    const out = await newFolder();
    await writeFile(out, 'in the way');
    await assert.rejects(train({ ...tiny, out }), userError(out, 'in the way'));
  });
});

describe('a run folder', () => {
  it('keeps nothing that a killed process left unfinished', async () => {
    const out = await newFolder();
    const left = ['last.safetensors', 'metrics.jsonl', 'report.html'].map((name) => `.${name}.0123456789ab.tmp`);
    await mkdir(out);
    for (const name of [...left, '.notes.tmp']) await writeFile(join(out, name), '');
    await train({ ...tiny, epochs: 1, out });
    const hidden = (await readdir(out)).filter((name) => name.startsWith('.'));
    assert.deepEqual(hidden, ['.notes.tmp']); // somebody else's
  });
});

describe('the plan', () => {
  const plan = async (options: object) =>
    (await planTraining({ task: 'classify', data: 'drawn:600', ...options })).config;

  it('has defaults for each task', async () => {
    const [classify, reconstruct] = [await plan({}), await plan({ task: 'reconstruct' })];
    assert.deepEqual(classify.optimizer, { name: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 5e-4 });
    assert.equal(classify.learningRate, 0.1);
    assert.deepEqual([classify.schedule, classify.warmup], ['one-cycle', 6]);
    assert.deepEqual([reconstruct.schedule, reconstruct.warmup], ['cosine', 1.5]);
    assert.equal(reconstruct.optimizer.name, 'adamw');
    assert.equal(reconstruct.learningRate, 1e-3);
    assert.deepEqual([classify.loss, reconstruct.loss], ['cross-entropy', 'mse']);
    assert.deepEqual(classify.preprocessing.size, [64, 64]); // 32 x 32 would leave a ResNet-18 with a single point
    assert.deepEqual((await plan({ net: 'cifar-resnet20' })).preprocessing.size, [32, 32]);
    assert.deepEqual([classify.batch, reconstruct.batch], [64, 32]);
    const { network } = reconstruct;
    assert.ok(network.kind === 'autoencoder');
    assert.deepEqual(
      [network.decoder.upsample, network.decoder.latent, network.encoder.pooling],
      ['resize', 256, 'none'],
    );
  });

  it('makes smaller batches of few images', async () => {
    const batches = [20, 57, 300, 5000].map(async (images) => (await plan({ data: `drawn:${images}` })).batch);
    assert.deepEqual(await Promise.all(batches), [8, 8, 32, 128]);
  });

  it('takes small images whole and photographs in crops, whatever kind of file they come in', async () => {
    const folder = await temporaryFolder();
    for (const name of ['a', 'b']) {
      await writePhotos(join(folder, 'sprites', name), 4, 40);
      await writePhotos(join(folder, 'photographs', name), 4, 100);
    }
    const [sprites, photographs] = [
      await plan({ data: join(folder, 'sprites') }),
      await plan({ data: join(folder, 'photographs') }),
    ];
    assert.deepEqual([sprites.preprocessing.size, sprites.augmentation], [[64, 64], { padding: 4, flip: 0.5 }]);
    assert.deepEqual(
      [photographs.preprocessing.size, photographs.augmentation],
      [[64, 64], { scale: [0.35, 1], flip: 0.5 }],
    );
    const tiles = await plan({ data: join(folder, 'sprites'), net: 'cifar-resnet20' });
    assert.deepEqual(tiles.preprocessing.size, [40, 48]);
  });

  it("leaves to chance what is asked for, with the policies' own defaults", async () => {
    const chosen = await plan({
      policy: { name: 'randaugment' },
      jitter: { brightness: 0.4, hue: 0.1 },
      erase: 0.25,
      flipVertical: 0.5,
      repeats: 3,
    });
    assert.deepEqual(chosen.augmentation, {
      padding: 4,
      flip: 0.5,
      flipVertical: 0.5,
      policy: { name: 'randaugment', operations: 2, magnitude: 9 },
      jitter: { brightness: 0.4, contrast: 0, saturation: 0, hue: 0.1 },
      erase: 0.25,
      repeats: 3,
    });
    assert.deepEqual((await plan({ policy: 'none', crop: [0.5, 1] })).augmentation, { scale: [0.5, 1], flip: 0.5 });
    assert.deepEqual((await plan({ padding: 0, flip: 0 })).augmentation, { padding: 0, flip: 0 });
    for (const [options, ...parts] of [
      [{ policy: { name: 'randaugment', magnitude: 31 } }, 'augmentation.policy.magnitude', 'got 31'],
      [{ policy: { name: 'autoaugment' } }, 'augmentation.policy.name', '"randaugment" | "trivialaugment"'],
      [{ jitter: { hue: 0.6 } }, 'augmentation.jitter.hue', 'got 0.6'],
      [{ jitter: { gamma: 1 } }, "there is no 'augmentation.jitter.gamma'"],
      [{ erase: 2 }, 'augmentation.erase', 'got 2'],
      [{ flipVertical: -1 }, 'augmentation.flipVertical', 'got -1'],
      [{ repeats: 0 }, 'augmentation.repeats', 'got 0'],
    ] as const)
      await assert.rejects(plan(options), userError(...(parts as readonly string[])));
  });

  it('has rates that fit the optimiser and, for SGD, the batch', async () => {
    assert.equal((await plan({ batch: 16 })).learningRate, 0.025);
    assert.equal((await plan({ optimizer: 'adamw', batch: 16 })).learningRate, 1e-3);
    assert.equal((await plan({ task: 'reconstruct', optimizer: 'sgd', batch: 64 })).learningRate, 0.1);
    assert.equal((await plan({ learningRate: 0.3, batch: 16 })).learningRate, 0.3);
  });

  it('lets the rate rise for as long as the warm-up is, in a cycle too', async () => {
    const at = (config: TrainConfig) => (step: number) => rateOf(config, step, { batches: 10, losses: [] });
    const shared = { epochs: 10, learningRate: 1 };
    const [usual, chosen] = [at(await plan(shared)), at(await plan({ ...shared, warmup: 5 }))];
    for (const [rate, peak] of [
      [usual, 29],
      [chosen, 49],
    ] as const) {
      assert.ok(Math.abs(rate(0) - 1 / 25) < 1e-12);
      assert.equal(rate(peak), 1);
      assert.ok(rate(peak - 1) < 1 && rate(peak + 1) < 1);
      assert.ok(rate(99) < 1e-5);
    }
    assert.equal(at(await plan({ ...shared, schedule: 'cosine', warmup: 5 }))(0), 1 / 50);
  });

  it('refuses what does not fit, by name', async () => {
    await assert.rejects(plan({ epochs: 0 }), userError('training options', 'epochs', 'got 0'));
    await assert.rejects(plan({ labelSmoothing: 1 }), userError('labelSmoothing', 'got 1'));
    await assert.rejects(plan({ optimizer: 'lion' }), userError('optimizer', '"sgd" | "adamw"', 'got "lion"'));
    await assert.rejects(plan({ upsample: 'resize' }), userError('upsample', 'reconstruct'));
    await assert.rejects(plan({ net: 'resnet19' }), userError("'resnet19'", 'resnet18'));
    await assert.rejects(plan({ size: 40 }), userError('multiples of 32', 'got 40 x 40'));
  });

  it('refuses what would have no effect, by name', async () => {
    const refused = (options: object, ...words: readonly string[]) =>
      assert.rejects(plan(options), userError(...words));
    await refused({ teacherWeight: 0.3 }, 'teacherWeight has no effect without teacher; give it, or leave');
    await refused({ temperature: 2 }, 'temperature has no effect without teacher; give it, or leave');
    await refused({ freezeEpochs: 2 }, 'freezeEpochs has no effect without freeze');
    await refused({ task: 'generate', freeze: 1 }, 'freeze has no effect without from');
    await refused({ crop: [0.5, 1], padding: 2 }, 'moved by crop or by padding, not by both; leave one out');
    assert.deepEqual((await plan({ crop: [0.5, 1], padding: 0 })).augmentation, { scale: [0.5, 1], flip: 0.5 });
    await refused({ shuffleBuffer: 8 }, 'drawn', 'is no set of tar shards', 'without a shuffleBuffer; leave it out');
  });
});
