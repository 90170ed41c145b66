/** What is left to the machine: epochs that fit into a time, and batches that fit into memory. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openRuntime } from '../../src/runtime/index.js';
import { type BatchChoice, largestBatch, trainingMemory } from '../../src/train/batch-size.js';
import { fitPlan } from '../../src/train/fit.js';
import { measurePace } from '../../src/train/measure-pace.js';
import { epochsIn, type Pace, settled, type TimeChoice } from '../../src/train/pace.js';
import { planTraining, withBatch } from '../../src/train/plan.js';
import { readRunConfig } from '../../src/train/run-folder.js';
import { train } from '../../src/train/train.js';
import { userError } from '../data/fixtures.js';
import { newFolder, TINY_STEPS, tiny } from './tiny.js';

const { epochs: _, ...open } = tiny;

describe('epochs in a time', () => {
  const pace: Pace = { setup: 2, step: 0.5, validationBatch: 0.25 };
  const sizes = { batches: 16, validationBatches: 8 }; // 10 s
  const epochs = (seconds: number, spent = 0) => epochsIn({ seconds, spent }, pace, sizes);

  it('are as many as end before it, after what is spent, with a twentieth in reserve', () => {
    assert.deepEqual(epochs(100), { seconds: 100, epochs: 9, epochSeconds: 10, fits: true }); // 95 - 2 · 2
    assert.equal(epochs(99).epochs, 9);
    assert.equal(epochs(98).epochs, 8);
    assert.equal(epochs(100, 4).epochs, 8);
  });

  it('are at least one', () => {
    assert.deepEqual(epochs(5), { seconds: 5, epochs: 1, epochSeconds: 10, fits: false });
    assert.deepEqual(epochs(5, 60), { seconds: 5, epochs: 1, epochSeconds: 10, fits: false });
  });
});

describe('the pace of a training', () => {
  it('is that of the later half', () => {
    assert.equal(settled([0, 9, 14, 15, 16]), 1);
    assert.equal(settled([0, 9, 14, 15]), 3);
    assert.equal(settled([3, 7]), 4);
  });

  it('is read from the clock between steps, and between batches of the validation', async () => {
    let ticks = 0;
    const plan = await planTraining(tiny);
    assert.deepEqual(await measurePace(plan, { threads: 1, workers: 1, now: () => ++ticks }), {
      setup: 1,
      step: 1,
      validationBatch: 1,
    });
    // begin and end of the setup; begin and 6 steps; begin and two batches of 40 images
    assert.equal(ticks, 2 + 7 + 3);
  });
});

describe('a plan with a time', () => {
  const fit = (options: object, pace: Partial<Pace> = {}) =>
    fitPlan({ ...open, ...options } as Parameters<typeof fitPlan>[0], {
      measure: async () => ({ setup: 0, step: 1, validationBatch: 1, ...pace }),
      now: () => 0,
    });
  const epochSeconds = TINY_STEPS + 2;

  it('has as many epochs as the measured pace allows, and the warm-up that goes with them', async () => {
    const choices: TimeChoice[] = [];
    const onTimePlanned = (choice: TimeChoice) => choices.push(choice);
    const { config } = await fit({ time: 1000, onTimePlanned });
    const epochs = Math.floor(950 / epochSeconds);
    assert.deepEqual(choices, [{ seconds: 1000, epochs, epochSeconds, fits: true }]);
    assert.deepEqual(config, (await planTraining({ ...open, epochs })).config);
    assert.equal((await fit({ time: 1000 }, { step: 2 })).config.epochs, Math.floor(950 / (2 * TINY_STEPS + 2)));
    assert.equal((await fit({ time: 1000, warmup: 2 })).config.warmup, 2);
  });

  it('takes none beside epochs', async () => {
    await assert.rejects(fit({ time: 10, epochs: 2 }), userError('2 epochs and 10 seconds', 'leave one out'));
    await assert.rejects(fit({ time: 0 }), userError('above 0 seconds'));
  });

  it('is the same without one', async () => {
    assert.deepEqual((await fit({})).config, (await planTraining(open)).config);
  });
});

describe('a training with a time', () => {
  it('keeps the epochs in its configuration, and trains one where none fits', async () => {
    const out = await newFolder();
    const choices: TimeChoice[] = [];
    const { history } = await train({ ...open, out, time: 0.01, onTimePlanned: (choice) => choices.push(choice) });
    assert.deepEqual(
      choices.map(({ epochs, fits }) => [epochs, fits]),
      [[1, false]],
    );
    assert.equal((await readRunConfig(out)).config.epochs, 1);
    assert.equal(history.length, 1);
    await assert.rejects(
      train({ ...open, out, time: 60, onTimePlanned: () => assert.fail('measured for nothing') }),
      userError('holds a run already'),
    );
  });

  it('begins as one without: measuring leaves nothing behind', async () => {
    const [timed, counted] = [await newFolder(), await newFolder()];
    const [one, two] = [
      await train({ ...open, out: timed, time: 0.01 }),
      await train({ ...open, out: counted, epochs: 1 }),
    ];
    assert.equal(one.history[0]!.trainLoss, two.history[0]!.trainLoss);
    assert.deepEqual(one.evaluation, two.evaluation);
  });
});

describe('a batch that fits', () => {
  const large = { ...tiny, data: 'drawn:2000' } as const; // 128 leaves an epoch more than eight steps
  const estimates = async (...batches: number[]) => {
    const plan = await planTraining(large);
    const runtime = openRuntime({ threads: 1 });
    try {
      const found = [];
      for (const batch of batches) found.push(await trainingMemory(withBatch(plan, batch, {}), runtime));
      return found as [number, number, number];
    } finally {
      await runtime.close();
    }
  };
  const choose = async (available: number) => largestBatch(await planTraining(large), {}, available);

  it('is estimated to take memory in proportion to its size, besides what does not depend on it', async () => {
    const [small, middle, big] = await estimates(32, 64, 128);
    assert.ok(middle > small);
    assert.ok(Math.abs((big - middle) / (middle - small) - 2) < 0.05, `${[small, middle, big]}`);
    // the images of 64 more samples as numbers, and their first maps of 4 channels and gradients, at the very least
    assert.ok(big - middle > 64 * 16 * 16 * 4 * (3 + 2 * 4));
  });

  it('takes four fifths of the memory at most, and leaves an epoch eight steps', async () => {
    const [small, middle, big] = await estimates(32, 64, 128);
    assert.deepEqual(await choose(big / 0.79), { batch: 128, bytes: big, available: big / 0.79 });
    assert.equal((await choose(big / 0.81)).batch, 64);
    assert.equal((await choose(middle / 0.81)).batch, 32);
    assert.equal((await choose(small / 0.79)).batch, 32);
    assert.equal((await choose(1e15)).batch, 128);
    await assert.rejects(choose(1e6), userError('batches of 2', '0.0 GB are free', 'give the batch yourself'));
  });

  it('is chosen for auto, kept in the configuration, and sets the learning rate', async () => {
    const choices: BatchChoice[] = [];
    const fit = (options: object) =>
      fitPlan(
        { ...large, batch: 'auto', onBatchChosen: (choice: BatchChoice) => choices.push(choice), ...options },
        { available: 1e12 },
      );
    const { config } = await fit({});
    assert.deepEqual(
      choices.map(({ batch }) => batch),
      [128],
    );
    assert.deepEqual(config, (await planTraining({ ...large, batch: 128 })).config);
    assert.equal((await fit({ learningRate: 0.3 })).config.learningRate, 0.3);
    assert.equal((await fit({ batch: 16 })).config.batch, 16);
    assert.equal(choices.length, 2);
    assert.equal((await fit({ accumulate: 3 })).config.batch, 96);
    assert.equal((await fit({ accumulate: 64 })).config.batch, 128);

    const out = await newFolder();
    await train({ ...tiny, batch: 'auto', epochs: 1, out }); // 200 images
    assert.equal((await readRunConfig(out)).config.batch, 16);
  });
});
