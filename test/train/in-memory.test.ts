/** Training without files is the training of `train`, settled and walked through alike. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Loader } from '../../src/data/batches.js';
import { decodeImage } from '../../src/data/decode.js';
import { writeDrawnFolder } from '../../src/data/drawn/index.js';
import { LocalLoader } from '../../src/data/local-loader.js';
import { questionGraph } from '../../src/inference/questions.js';
import { openRuntime } from '../../src/runtime/index.js';
import { MemoryTraining, planInMemory } from '../../src/train/in-memory.js';
import { planTraining } from '../../src/train/plan.js';
import { train } from '../../src/train/train.js';
import { readModel } from '../../src/weights/index.js';
import { newFolder, tiny } from './tiny.js';

test('figures and weights are those of train, bit for bit', async () => {
  const { threads, workers, data, ...options } = tiny;
  const out = await newFolder();
  await train({ ...tiny, out });
  const lines = (await readFile(join(out, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  const records = lines.map((line) => JSON.parse(line));
  const { splits, config } = await planTraining({ ...options, data });
  const plan = planInMemory(options, { splits, own: [32, 32] });
  assert.deepEqual({ ...plan.config, data }, config);

  const runtime = openRuntime({ threads });
  const unused = () => assert.fail('pixels need no decoder');
  try {
    const training = await MemoryTraining.create(plan, { runtime, loader: new LocalLoader(unused) });
    const [losses, epochs]: [number[], number[]] = [[], []];
    for await (const news of training.run())
      if (news.kind === 'step') losses.push(news.loss);
      else epochs.push(news.record.validationLoss);
    assert.deepEqual(
      losses,
      records.flatMap(({ loss }) => loss ?? []),
    );
    assert.deepEqual(
      epochs,
      records.flatMap(({ validationLoss }) => validationLoss ?? []),
    );
    const expected = await readModel(join(out, 'best.safetensors'));
    assert.deepEqual(training.best?.model.card, expected.card);
    assert.deepEqual(training.best?.model.weights, expected.weights);
  } finally {
    await runtime.close();
  }
});

test('an autoencoder shows the same images after every epoch, as the weights of that epoch see them', async () => {
  const { threads, workers, data, ...options } = {
    ...tiny,
    task: 'reconstruct',
    size: 24,
    latent: 8,
    epochs: 2,
  } as const;
  const { splits, config } = await planTraining({ ...options, data });
  const plan = planInMemory(options, { splits, own: [32, 32] });
  assert.deepEqual({ ...plan.config, data }, config);
  const runtime = openRuntime({ threads });
  const unused = () => assert.fail('pixels need no decoder');
  try {
    const training = await MemoryTraining.create(plan, { runtime, loader: new LocalLoader(unused) });
    const epochs = [];
    for await (const news of training.run()) if (news.kind === 'epoch') epochs.push(news);
    const [first, second] = epochs.map(({ reconstructions }) => reconstructions!);
    assert.equal(first!.length, 8);
    assert.deepEqual(
      first!.map(({ input }) => input),
      second!.map(({ input }) => input),
    );
    assert.notDeepEqual(first![0]!.output, second![0]!.output);
    assert.ok(epochs.every(({ record }) => record.psnr! > 0 && record.ssim !== undefined));
    const { model } = training.best!;
    await training.settle();
    const { input } = second![3]!;
    const program = await runtime.compile(questionGraph('reconstruct', model, 1), { weights: model.weights });
    const { pixels } = await program.run({ images: { dtype: 'uint8', shape: [1, 24, 24, 3], data: input.data } });
    const answer = await training.answer(input.data);
    assert.ok(answer.every((value, i) => Math.abs(value - Number(pixels!.data[i])) <= 1)); // its norms are folded
  } finally {
    await runtime.close();
  }
});

test('both loaders make the same batches of files', async () => {
  const folder = await newFolder();
  await writeDrawnFolder(folder, { perClass: 5, size: 40 });
  const { splits, config } = await planTraining({ task: 'reconstruct', data: folder, size: 32, batch: 8, padding: 2 });
  const { batch, preprocessing, augmentation } = config;
  const order = { batch, preprocessing, augmentation, shuffle: true, dropLast: true, seed: 1, epoch: 2 };
  const loader = new Loader({ workers: 2 });
  const imagesBy = async (one: Pick<Loader, 'epoch'>) => {
    const all: Uint8Array[] = [];
    for await (const { images } of one.epoch(splits.train, order)) all.push(images.slice());
    return all;
  };
  try {
    const local = await imagesBy(new LocalLoader(decodeImage));
    assert.equal(local.length, 5);
    assert.deepEqual(local, await imagesBy(loader));
  } finally {
    await loader.close();
  }
});
