/** A tiny model put to use on files and data sets. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openImages } from '../../src/data/dataset.js';
import { drawnDataset } from '../../src/data/drawn/index.js';
import { type Answer, load, Predictor } from '../../src/inference/index.js';
import { autoencoder, buildNetwork, type Network, resnet } from '../../src/models/index.js';
import { initialise } from '../../src/nn/index.js';
import { type Model, writeModel } from '../../src/weights/index.js';
import { temporaryFolder, userError, write, writePhotos } from '../data/fixtures.js';

const SETTING = { bottleneck: false, repeats: [1, 1], width: 4 };
const CLASSES = ['ant', 'bee', 'cat', 'dog', 'eel', 'fox', 'gnu'];
const LATENT = 5;
const size = [16, 24] as const;

function modelFor(network: Network, task: Model['card']['task'], channels: 1 | 3 = 3): Model {
  const preprocessing = {
    size,
    channels,
    cropRatio: 1,
    interpolation: 'bilinear',
    mean: new Array(channels).fill(0.5),
    std: new Array(channels).fill(0.25),
  } as const;
  const card = { format: 1, task, network: network.config, preprocessing, metrics: {} } as const;
  return {
    card: { ...card, classes: task === 'classify' ? CLASSES : [] },
    network,
    weights: initialise(buildNetwork(network).build.parameters.values(), 1),
  };
}
const classifier = modelFor(resnet(SETTING, { variant: 'cifar', size, classes: CLASSES.length }), 'classify');
const coder = modelFor(autoencoder(SETTING, { variant: 'cifar', size, latent: LATENT }), 'reconstruct');

async function all<T>(answers: AsyncIterable<Answer<T>>): Promise<Answer<T>[]> {
  const gathered: Answer<T>[] = [];
  for await (const answer of answers) gathered.push(answer);
  return gathered;
}

const near = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  assert.equal(a.length, b.length);
  for (let i = 0; i < a.length; i++) assert.ok(Math.abs(a[i]! - b[i]!) < 1e-5, `${a[i]} and ${b[i]}`);
};

const folder = await temporaryFolder();
const photos = await writePhotos(join(folder, 'photos'), 10);

describe('a predictor', () => {
  const open: Predictor[] = [];
  const predictor = (model: Model, options: object = {}) => {
    const made = Predictor.open(model, { threads: 1, batch: 4, ...options });
    open.push(made);
    return made;
  };
  after(async () => {
    for (const one of open) await one.close();
  });

  it('gives probabilities that sum to 1, the best first, in the order of the images', async () => {
    const answers = await all(predictor(classifier).classify(photos, { top: CLASSES.length }));
    assert.deepEqual(
      answers.map(({ image, index }) => [image, index]),
      photos.map((path, i) => [path, i]),
    );
    for (const { value, seen } of answers) {
      assert.deepEqual(value.map(({ label }) => label).sort(), CLASSES);
      assert.ok(Math.abs(value.reduce((sum, { probability }) => sum + probability, 0) - 1) < 1e-6);
      for (const [i, { probability }] of value.entries())
        assert.ok(probability > 0 && probability <= (value[i - 1]?.probability ?? 1));
      assert.equal(seen.length, size[0] * size[1] * 3);
    }
  });

  it('gives as many classes as are asked for, five by default', async () => {
    const one = predictor(classifier);
    assert.equal((await all(one.classify(photos.slice(0, 1))))[0]?.value.length, 5);
    assert.equal((await all(one.classify(photos.slice(0, 1), { top: 2 })))[0]?.value.length, 2);
    assert.equal((await all(one.classify(photos.slice(0, 1), { top: 99 })))[0]?.value.length, CLASSES.length);
  });

  it('answers alike for any batch size and any number of threads', async () => {
    const ask = async (options: object) => all(predictor(classifier, options).embed(photos));
    const [a, b] = [await ask({ batch: 1, threads: 1 }), await ask({ batch: 16, threads: 2 })];
    assert.equal(a.length, photos.length);
    for (const [i, { value }] of a.entries()) near(value, b[i]!.value);
  });

  it('answers alike whether it is asked once or often, about few images or many', async () => {
    for (const few of [photos.slice(0, 1), photos]) {
      const [often, once] = await Promise.all(
        [{}, { once: true }].map((how) => all(predictor(classifier, how).embed(few))),
      );
      for (const [i, { value }] of often!.entries()) near(value, once![i]!.value);
    }
  });

  it('embeds: pooled features of a classifier, the latent vector of an autoencoder', async () => {
    const features = await all(predictor(classifier).embed(photos));
    assert.deepEqual(new Set(features.map(({ value }) => value.length)), new Set([8]));
    const vectors = await all(predictor(coder).embed(photos));
    assert.deepEqual(new Set(vectors.map(({ value }) => value.length)), new Set([LATENT]));
    assert.notDeepEqual(vectors[0]!.value, vectors[1]!.value);
  });

  it('reconstructs into pixels of the size it was given', async () => {
    for (const answer of await all(predictor(coder).reconstruct(photos))) {
      assert.ok(answer.value instanceof Uint8Array);
      assert.equal(answer.value.length, size[0] * size[1] * 3);
    }
    const gray = modelFor(
      autoencoder(SETTING, { variant: 'cifar', size, channels: 1, latent: LATENT }),
      'reconstruct',
      1,
    );
    const [answer] = await all(predictor(gray).reconstruct(photos.slice(0, 1)));
    assert.deepEqual([answer?.value.length, answer?.seen.length], [size[0] * size[1], size[0] * size[1]]);
  });

  it('skips broken images and names them', async () => {
    const broken = join(folder, 'broken');
    const [a, b] = (await writePhotos(broken, 2)) as [string, string];
    const text = await write(join(broken, '000a.jpg'), 'no picture');
    const empty = await write(join(broken, '000b.png'), '');
    for (const how of [{}, { once: true }]) {
      const one = predictor(classifier, how);
      const answers = await all(one.classify([broken]));
      assert.deepEqual(
        answers.map(({ image }) => image),
        [a, b],
      );
      assert.deepEqual(
        one.skipped.map(({ file }) => file),
        [text, empty],
      );
      for (const { reason } of one.skipped) assert.ok(reason.length > 5, reason);
      await assert.rejects(all(one.classify([text])), userError('None of the 1 images', text));
    }
  });

  it('takes data sets as well as files', async () => {
    const { validation } = drawnDataset({ train: 10, validation: 10, size: 16 });
    const answers = await all(predictor(classifier).classify(validation));
    assert.deepEqual(
      answers.map(({ image, index }) => [image, index]),
      answers.map((_, i) => [`drawn validation #${i}`, i]),
    );
    assert.equal(answers.length, 10);
    assert.equal((await openImages([folder])).length, photos.length + 4);
  });

  it('refuses what its model was not trained for, and what is not there', async () => {
    await assert.rejects(
      all(predictor(classifier).reconstruct(photos)),
      userError('trained to classify', 'reconstruct images', "'train reconstruct'"),
    );
    await assert.rejects(
      all(predictor(coder).classify(photos)),
      userError('trained to reconstruct', 'classify images', "'train classify'"),
    );
    await assert.rejects(all(predictor(coder).embed([join(folder, 'none.jpg')])), userError('none.jpg'));
  });

  it('takes the weights of a file from where they lie, when it is asked once about a few images', async () => {
    const path = join(folder, 'lying.safetensors');
    await writeModel(path, classifier);
    const often = await all(predictor(classifier).embed(photos));
    for (const few of [photos.slice(0, 3), photos]) {
      const once = await load(path, { threads: 1, once: true });
      open.push(once);
      for (const [i, { value }] of (await all(once.embed(few))).entries()) near(value, often[i]!.value);
    }
  });

  it('refuses a file that became another between its header and its weights', async () => {
    const path = join(folder, 'changing.safetensors');
    await writeModel(path, classifier);
    const once = await load(path, { threads: 1, once: true });
    open.push(once);
    await writeModel(path, { ...classifier, card: { ...classifier.card, metrics: { accuracy: 1 } } });
    await assert.rejects(all(once.embed(photos.slice(0, 1))), userError(path, 'changed while it was read'));
  });

  it('is loaded from a run folder', async () => {
    const run = join(folder, 'run');
    await mkdir(run);
    await writeModel(join(run, 'best.safetensors'), classifier);
    const loaded = await load(run, { threads: 1 });
    open.push(loaded);
    const [mine, same] = [await all(predictor(classifier).embed(photos)), await all(loaded.embed(photos))];
    for (const [i, { value }] of mine.entries()) near(value, same[i]!.value);
  });
});
