/** Beginning with another model: whose head is taken, and how stages that were frozen stand and come to learn. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawnDataset } from '../../src/data/drawn/index.js';
import { readCheckpoint } from '../../src/train/checkpoint.js';
import { partsOf } from '../../src/train/parts.js';
import { planTraining, type TrainOptions } from '../../src/train/plan.js';
import { train } from '../../src/train/train.js';
import { stepOf } from '../../src/train/trainer.js';
import { startFrom } from '../../src/train/transfer.js';
import { readModel, type Weights } from '../../src/weights/index.js';
import { newFolder, tiny } from './tiny.js';

const options = { ...tiny, net: '{"bottleneck":false,"repeats":[1,2,1],"width":4}', epochs: 1 } as const;

async function trained(
  more: Partial<TrainOptions> = {},
): Promise<{ readonly folder: string; readonly weights: Weights }> {
  const folder = await newFolder();
  await train({ ...options, ...more, out: folder });
  return { folder, weights: (await readCheckpoint(folder))!.model.weights };
}

const source = await trained();

describe('a head', async () => {
  const model = await readModel(source.folder);
  const { classes } = model.card;
  const others = classes.map((name) => `other ${name}`);
  const freshFor = (wanted: readonly string[]) => startFrom(model, model.network, wanted).fresh;

  it('is taken for the same classes', () => assert.deepEqual(freshFor(classes), []));

  it('is not for as many others', () => assert.deepEqual(freshFor(others), ['fc.weight', 'fc.bias']));

  it('is taken where nobody knows what its classes are called', () => {
    const unnamed = { ...model, card: { ...model.card, classes: classes.map((_, i) => `${i}`) } };
    assert.deepEqual(startFrom(unnamed, model.network, others).fresh, []);
  });

  it('starts in a training for as many others as any head does', async () => {
    const data = drawnDataset({ train: 64, validation: 32, size: 16 });
    const renamed = { train: { ...data.train, classes: others }, validation: { ...data.validation, classes: others } };
    const { start } = await planTraining({ ...options, data: { ...data, ...renamed }, from: source.folder });
    assert.ok(!('fc.weight' in start!) && 'conv1.weight' in start!);
  });
});

describe('frozen stages', () => {
  it('are not skipped by chance, those that learn are', async () => {
    const plan = await planTraining({
      ...options,
      from: source.folder,
      freeze: 2,
      freezeEpochs: 1,
      stochasticDepth: 0.4,
    });
    const drawn = (frozen: boolean) => [...stepOf(plan, frozen).chances.keys()];
    assert.deepEqual(drawn(true), ['layer3.0.kept_branch']);
    assert.deepEqual(
      drawn(false),
      ['layer2.0', 'layer2.1', 'layer3.0'].map((block) => `${block}.kept_branch`),
    );
  });

  it('that come to learn are skipped by chance from their first step on', async () => {
    await trained({ from: source.folder, freeze: 2, freezeEpochs: 1, stochasticDepth: 0.4, epochs: 2 });
  });

  // AdamW's first step moves every weight by the learning rate, whatever its gradient: Kingma & Ba 2015, section 2.1
  it('begin to learn as by the first step of AdamW, while the head goes on', async () => {
    const learningRate = 1e-3;
    const adam = {
      from: source.folder,
      data: drawnDataset({ train: 32, validation: 16, size: 16 }),
      optimizer: 'adamw',
      weightDecay: 0,
      learningRate,
      schedule: 'constant',
      freeze: 1,
    } as const satisfies Partial<TrainOptions>;
    const before = await trained({ ...adam, freezeEpochs: 3, epochs: 3 });
    const after = await trained({ ...adam, freezeEpochs: 3, epochs: 4 });
    const [stem] = partsOf((await readModel(source.folder)).network);
    const moves = [...stem!]
      .filter((name) => !name.includes('running'))
      .flatMap((name) =>
        [...after.weights[name]!.data].map((value, i) => Math.abs(value - before.weights[name]!.data[i]!)),
      );
    const most = Math.max(...moves);
    assert.ok(Math.abs(most / learningRate - 1) < 0.01, `moved by ${most}`);
  });
});
