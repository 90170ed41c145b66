/** Judging a model on images whose classes go by other names. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { drawnDataset } from '../../src/data/drawn/index.js';
import { evaluateModel } from '../../src/train/evaluate-model.js';
import { train } from '../../src/train/train.js';
import { readModel, writeModel } from '../../src/weights/index.js';
import { userError } from '../data/fixtures.js';
import { newFolder, tiny } from './tiny.js';

it('takes classes in order where the model has only numbers for them', async () => {
  const out = await newFolder();
  await train({ ...tiny, epochs: 1, out });
  const { card, ...model } = await readModel(out);
  const named = async (classes: readonly string[]) => {
    const file = join(out, 'renamed.safetensors');
    await writeModel(file, { ...model, card: { ...card, classes } });
    return evaluateModel(file, drawnDataset({ train: 10, validation: 50 }), { threads: 1 });
  };
  const numbers = card.classes.map((_, i) => `${i}`);
  assert.deepEqual((await named(numbers)).metrics, (await named(card.classes)).metrics);
  await assert.rejects(named(numbers.map((name) => `class ${name}`)), userError('also has', card.classes[0]!));
});
