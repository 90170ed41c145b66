/** Images found by their likeness, and vectors that are kept. */
import assert from 'node:assert/strict';
import { readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parquetReadObjects } from 'hyparquet';
import { openData } from '../../src/data/dataset.js';
import { Predictor } from '../../src/inference/index.js';
import { modelKey, vectorsOf } from '../../src/inference/search/folder-vectors.js';
import { ImageIndex, type ImageVector } from '../../src/inference/search/image-index.js';
import { readVectors, type VectorsFile, writeVectors } from '../../src/inference/search/vectors-file.js';
import { buildNetwork, resnet } from '../../src/models/index.js';
import { initialise } from '../../src/nn/index.js';
import { importWeights } from '../../src/weights/import.js';
import type { Model } from '../../src/weights/index.js';
import { sharedData, temporaryFolder, userError, write, writePhotos } from '../data/fixtures.js';
import { noise } from '../goldens/rule.js';

const folder = await temporaryFolder();
const vectors = (count: number, length: number): ImageVector[] =>
  Array.from({ length: count }, (_, i) => ({
    image: `${i}.jpg`,
    label: `${i % 3}`,
    vector: noise(`v${i}`, [length], 1),
  }));

const cosine = (a: Float32Array, b: Float32Array) => {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

describe('an index', () => {
  for (const length of [1, 3, 8, 514])
    it(`gives what comparing one by one and sorting gives, of ${length} numbers`, () => {
      const all = vectors(200, length);
      const index = ImageIndex.of(all);
      for (const wanted of [noise('wanted', [length], 3), all[7]!.vector]) {
        const found = index.nearest(wanted, { top: 12 });
        const expected = all.map(({ vector }) => cosine(vector, wanted)).sort((a, b) => b - a);
        assert.equal(found.length, 12);
        for (const [i, { similarity, image, index: at, label }] of found.entries()) {
          assert.ok(Math.abs(similarity - expected[i]!) < 1e-6);
          assert.ok(Math.abs(similarity - cosine(all[at]!.vector, wanted)) < 1e-6);
          assert.deepEqual([image, label], [all[at]!.image, all[at]!.label]);
        }
      }
    });
  it('finds each image nearest to itself, whatever the length of its vector', () => {
    const all = vectors(50, 16);
    const index = ImageIndex.of(all);
    for (const [i, { vector }] of all.entries())
      assert.equal(
        index.nearest(
          vector.map((v) => 5 * v),
          { top: 1 },
        )[0]!.index,
        i,
      );
  });
  it('of fewer images than are asked for gives them all; of none there is none', () => {
    assert.equal(ImageIndex.of(vectors(3, 4)).nearest(Float32Array.of(1, 0, 0, 0)).length, 3);
    assert.throws(() => ImageIndex.of([]), userError('expected vectors'));
  });
  it('takes vectors of one length', () => {
    const mixed = [...vectors(2, 4), ...vectors(1, 5)];
    assert.throws(() => ImageIndex.of(mixed), userError('expected vectors of 4 numbers', '0.jpg has 5'));
    assert.throws(() => ImageIndex.of(vectors(2, 4)).nearest(new Float32Array(3)), userError('4 numbers'));
  });
  it('holds vectors without a direction to be like nothing', () => {
    const odd = [0, Number.NaN, Number.POSITIVE_INFINITY].map((value, i) => ({
      image: `${i}`,
      label: '',
      vector: Float32Array.of(value, 1e-30 * value),
    }));
    const found = ImageIndex.of([...odd, { image: 'x', label: '', vector: Float32Array.of(-1, 1) }]).nearest(
      Float32Array.of(1, 0),
    );
    assert.deepEqual(
      found.map(({ similarity }) => Math.round(similarity * 100) / 100),
      [0, 0, 0, -0.71],
    );
  });
});

describe('a file of vectors', async () => {
  const file: VectorsFile = {
    model: 'abc',
    vectors: vectors(2500, 500).map((one, i) => ({
      ...one,
      image: `ordner/ü ${i}.jpg`,
      ...(i % 2 && { modified: i + 0.25, bytes: i }),
    })),
  };
  const path = join(folder, 'v.parquet');
  await writeVectors(path, file);

  it('as Parquet comes back as it was, in several parts', async () => assert.deepEqual(await readVectors(path), file));
  it('as Parquet is a table of a text and a list of numbers', async () => {
    const bytes = await readFile(path);
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const [row] = await parquetReadObjects({ file: buffer, rowStart: 2499, rowEnd: 2500 });
    assert.deepEqual(Object.keys(row!), ['image', 'label', 'modified', 'bytes', 'embedding']);
    assert.deepEqual(row!.embedding, [...file.vectors[2499]!.vector]);
  });
  it('as .npy has its names beside it', async () => {
    const array = join(folder, 'v.npy');
    assert.deepEqual(await writeVectors(array, file), [array, join(folder, 'v.txt')]);
    const expected = file.vectors.map(({ image, vector }) => ({ image, label: 'ordner', vector }));
    assert.deepEqual((await readVectors(array)).vectors, expected);
    await write(join(folder, 'v.txt'), 'a\nb\n');
    await assert.rejects(readVectors(array), userError('[2, length]', '[2500,500]'));
    await write(join(folder, 'lone.npy'), await readFile(array));
    await assert.rejects(readVectors(join(folder, 'lone.npy')), userError('lone.txt'));
  });
  it('without images is one too', async () => {
    const empty = join(folder, 'empty.parquet');
    await writeVectors(empty, { vectors: [] });
    assert.deepEqual(await readVectors(empty), { vectors: [] });
  });
  it('that is cut short is refused with a reason', async () => {
    const small = join(folder, 'small.parquet');
    const short = file.vectors.slice(0, 20).map((one) => ({ ...one, vector: one.vector.slice(0, 8) }));
    await writeVectors(small, { ...file, vectors: short });
    const original = await readFile(small);
    const cut = join(folder, 'cut.parquet');
    for (let part = 0; part < 20; part++) {
      await write(cut, original.subarray(0, Math.floor((part * original.length) / 20)));
      await assert.rejects(readVectors(cut), userError(cut));
    }
  });
  it('of another kind is refused', async () => {
    await assert.rejects(readVectors('x.csv'), userError('.parquet or .npy', 'x.csv'));
    await assert.rejects(readVectors(join(folder, 'none.parquet')), userError('none.parquet'));
  });
});

function untrained(seed: number): Model {
  const network = resnet({ bottleneck: false, repeats: [1, 1], width: 4 }, { variant: 'cifar', size: 16, classes: 3 });
  const preprocessing = {
    size: [16, 16],
    channels: 3,
    cropRatio: 1,
    interpolation: 'bilinear',
    mean: [0.5, 0.5, 0.5],
    std: [0.2, 0.2, 0.2],
  } as const;
  return {
    card: {
      format: 1,
      task: 'classify',
      network: network.config,
      preprocessing,
      classes: ['a', 'b', 'c'],
      metrics: {},
    },
    network,
    weights: initialise(buildNetwork(network).build.parameters.values(), seed),
  };
}

describe('vectors of a folder that are kept', () => {
  it('are made once, and again for what is new, changed or of another model', async () => {
    const photos = join(folder, 'kept/photos');
    const files = await writePhotos(photos, 6);
    const model = untrained(1);
    const predictor = Predictor.open(model, { threads: 1, batch: 4 });
    try {
      const asked: string[] = [];
      const counting = {
        embed: (images: Parameters<Predictor['embed']>[0]) => {
          asked.push(...(images as string[]));
          return predictor.embed(images);
        },
      };
      const kept = (known?: VectorsFile, key = modelKey(model)) =>
        vectorsOf(counting, { images: [photos], model: key, known });
      const first = await kept();
      assert.deepEqual([first.embedded, first.changed, asked.length], [6, true, 6]);
      assert.deepEqual(
        first.vectors.map(({ image, label }) => [image, label]),
        files.map((file) => [file, 'photos']),
      );

      const path = join(folder, 'kept/index.parquet');
      await writeVectors(path, first);
      const second = await kept(await readVectors(path));
      assert.deepEqual([second.embedded, second.changed, asked.length], [0, false, 6]);
      assert.deepEqual(second.vectors, first.vectors);

      await utimes(files[2]!, 1, 1);
      await write(join(photos, 'broken.jpg'), 'no image');
      const third = await kept(first);
      assert.deepEqual([third.embedded, third.changed], [1, true]);
      assert.deepEqual(asked.slice(6).sort(), [files[2], join(photos, 'broken.jpg')].sort());
      assert.deepEqual(
        third.vectors.map(({ vector }) => vector),
        first.vectors.map(({ vector }) => vector),
      );

      const other = modelKey(untrained(2));
      assert.notEqual(other, modelKey(model));
      assert.equal((await kept(third, other)).embedded, 6);
    } finally {
      await predictor.close();
    }
  });
});

const [checkpoint, cifar] = [sharedData('checkpoints/resnet20-12fca82f.th'), sharedData('cifar10')];
it('images of a class are found among others', { ...checkpoint.options, ...cifar.options }, async () => {
  const { model } = await importWeights(checkpoint.path);
  const { validation: test } = await openData(cifar.path); // its test images
  const predictor = Predictor.open(model, { batch: 64 });
  const all: ImageVector[] = [];
  try {
    for await (const { image, index, value } of predictor.embed(test)) {
      all.push({ image, label: `${test.label(index)}`, vector: value.slice() });
      if (all.length === 1000) break;
    }
  } finally {
    await predictor.close();
  }
  const index = ImageIndex.of(all);
  let [own, same] = [0, 0];
  for (const [i, { vector, label }] of all.entries()) {
    const [first, ...others] = index.nearest(vector, { top: 6 });
    if (first!.index === i) own++;
    same += others.filter((one) => one.label === label).length;
  }
  assert.equal(own, all.length);
  const share = same / (5 * all.length);
  assert.ok(share > 0.8, `${share} of the neighbours are of the same class; by chance one in ten is`);
});
