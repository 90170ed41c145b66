/** Judging a model: on images whose classes go by other names, and at a second, mirrored look. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { type Dataset, dataset } from '../../src/data/dataset.js';
import { drawnDataset } from '../../src/data/drawn/index.js';
import { sharedBytes } from '../../src/data/shared-bytes.js';
import type { RasterSource } from '../../src/data/source.js';
import { Predictor } from '../../src/inference/index.js';
import { evaluateModel } from '../../src/train/evaluate-model.js';
import { train } from '../../src/train/train.js';
import { readModel, writeModel } from '../../src/weights/index.js';
import { userError } from '../data/fixtures.js';
import { newFolder, tiny } from './tiny.js';

const out = await newFolder();
await train({ ...tiny, epochs: 1, out });
const { card, ...model } = await readModel(out);

it('takes classes in order where the model has only numbers for them', async () => {
  const named = async (classes: readonly string[]) => {
    const file = join(out, 'renamed.safetensors');
    await writeModel(file, { ...model, card: { ...card, classes } });
    return evaluateModel(file, drawnDataset({ train: 10, validation: 50 }), { threads: 1 });
  };
  const numbers = card.classes.map((_, i) => `${i}`);
  assert.deepEqual((await named(numbers)).metrics, (await named(card.classes)).metrics);
  await assert.rejects(named(numbers.map((name) => `class ${name}`)), userError('also has', card.classes[0]!));
});

/** The same images from the other side. */
function mirrorImages({ name, source, classes }: Dataset): Dataset {
  const { pixels, width, ...rest } = source as RasterSource;
  const other = sharedBytes(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    const column = (at / 3) % width;
    other.set(pixels.subarray(at, at + 3), at + 3 * (width - 1 - 2 * column));
  }
  return dataset(name, { ...rest, width, pixels: other }, classes);
}

it('judges by the mean of what is said of an image and of its mirror image', async () => {
  const images = drawnDataset({ train: 10, validation: 30, size: 16 });
  const predictor = Predictor.open(await readModel(out), { threads: 1 });
  // logits but for a number that is the same for all classes of an image
  const saidOf = async (given: Dataset): Promise<readonly (readonly number[])[]> => {
    const said: number[][] = [];
    for await (const { value } of predictor.classify(given, { top: 10 }))
      said.push(card.classes.map((name) => Math.log(value.find(({ label }) => label === name)!.probability)));
    return said;
  };
  const [own, other] = [await saidOf(images.validation), await saidOf(mirrorImages(images.validation))];
  await predictor.close();
  const lossOf = (said: readonly (readonly number[])[]) =>
    said.reduce((sum, logits, i) => {
      const all = logits.reduce((total, logit) => total + Math.exp(logit), 0);
      return sum + Math.log(all) - logits[images.validation.label(i)]!;
    }, 0) / said.length;
  const both = own.map((logits, i) => logits.map((logit, k) => (logit + other[i]![k]!) / 2));
  const judged = async (mirrored: boolean) =>
    (await evaluateModel(out, images, { threads: 1, batch: 8, mirrored })).metrics.loss!;
  const [once, twice] = [await judged(false), await judged(true)];
  assert.ok(Math.abs(once - lossOf(own)) < 1e-5, `${once}, not ${lossOf(own)}`);
  assert.ok(Math.abs(twice - lossOf(both)) < 1e-5, `${twice}, not ${lossOf(both)}`);
  assert.ok(Math.abs(once - twice) > 1e-4);
});
