/** Learning rates over a training, as its records tell them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rateOf } from '../../src/train/learning-rates.js';
import { planTraining, type TrainOptions } from '../../src/train/plan.js';
import { resume, train } from '../../src/train/train.js';
import { userError } from '../data/fixtures.js';
import { figuresOf, newFolder, TINY_STEPS, tiny, until } from './tiny.js';

const base = { ...tiny, epochs: 3, learningRate: 0.02, warmup: 0 } as const;

/** Of every step that a run has on record. */
async function ratesOf(folder: string): Promise<readonly number[]> {
  const lines = (await figuresOf(folder)) as readonly { step?: number; learningRate?: number; trainLoss?: number }[];
  return lines.filter(({ trainLoss }) => trainLoss === undefined).map(({ learningRate }) => learningRate!);
}

async function trainedRates(options: Partial<TrainOptions>): Promise<readonly number[]> {
  const out = await newFolder();
  await train({ ...base, ...options, out });
  return ratesOf(out);
}

const near = (actual: readonly number[], expected: readonly number[]) => {
  assert.equal(actual.length, expected.length);
  for (const [i, rate] of actual.entries())
    assert.ok(Math.abs(rate / expected[i]! - 1) < 1e-9, `step ${i}: ${rate} instead of ${expected[i]}`);
};

const steps = 3 * TINY_STEPS;
const each = (rate: (step: number) => number) => Array.from({ length: steps }, (_, step) => rate(step));

describe('a schedule', () => {
  it('constant, after a rise', async () => {
    near(
      await trainedRates({ schedule: 'constant' }),
      each(() => 0.02),
    );
    near(
      await trainedRates({ schedule: 'constant', warmup: 1 }),
      each((step) => 0.02 * Math.min(1, (step + 1) / TINY_STEPS)),
    );
  });

  it('cosine, down to nothing or to a least rate', async () => {
    const wave = (step: number) => 0.5 * (1 + Math.cos((Math.PI * step) / steps));
    near(
      await trainedRates({ schedule: 'cosine' }),
      each((step) => 0.02 * wave(step)),
    );
    near(
      await trainedRates({ schedule: 'cosine', leastRate: 0.005 }),
      each((step) => 0.005 + 0.015 * wave(step)),
    );
  });

  it('step, at thirds or at the epochs that are named, by a tenth or another factor', async () => {
    near(
      await trainedRates({ schedule: 'step' }),
      each((step) => 0.02 * 0.1 ** Math.floor(step / TINY_STEPS)),
    );
    near(
      await trainedRates({ schedule: 'step', milestones: [2], rateFactor: 0.5, warmup: 1 }),
      each((step) => 0.02 * Math.min(1, (step + 1) / TINY_STEPS) * (step < 2 * TINY_STEPS ? 1 : 0.5)),
    );
  });

  it('step, at milestones to the step, whatever share of an epoch the rise takes', async () => {
    const { config } = await planTraining({ ...base, schedule: 'step', epochs: 90, warmup: 4.5 });
    const named = { ...config, milestones: [30, 60] };
    const course = { batches: 49, losses: [] };
    for (const one of [config, named])
      near(
        [1, 2].flatMap((third) => [-1, 0].map((beside) => rateOf(one, third * 30 * course.batches + beside, course))),
        [0.02, 0.002, 0.002, 0.0002],
      );
  });

  it('one-cycle, up and down', async () => {
    const rates = await trainedRates({ schedule: 'one-cycle', warmup: 1 });
    assert.equal(rates.indexOf(Math.max(...rates)), TINY_STEPS - 1);
    near([rates[0]!, rates[TINY_STEPS - 1]!, rates.at(-1)!], [0.02 / 25, 0.02, 0.02 / 25e4]);
  });

  it('plateau, by what validation has come to, also after a pause', async () => {
    // at this rate nothing is learned but the statistics of batches
    const idle = {
      ...base,
      epochs: 9,
      schedule: 'plateau',
      learningRate: 1e-9,
      ratePatience: 1,
      rateFactor: 0.5,
    } as const;
    const out = await newFolder();
    await until(7 * TINY_STEPS + 2, (events) => train({ ...idle, ...events, out }));
    const { history } = await resume(out, { threads: 1, workers: 1 });
    const rates: number[] = [];
    let [rate, best, bad] = [1e-9, Number.POSITIVE_INFINITY, 0]; // as PyTorch's documentation words it
    for (const { validationLoss } of history) {
      rates.push(...Array<number>(TINY_STEPS).fill(rate));
      bad = validationLoss < best * (1 - 1e-4) ? 0 : bad + 1;
      best = Math.min(best, validationLoss);
      if (bad > 1) [rate, bad] = [rate / 2, 0];
    }
    assert.ok(rate < 1e-9, 'it never fell');
    near(await ratesOf(out), rates);
  });

  it('takes what it has a use for', async () => {
    const refused = (options: Partial<TrainOptions>, ...words: readonly string[]) =>
      assert.rejects(trainedRates(options), userError(...words));
    await refused({ milestones: [1] }, 'the schedule one-cycle does not take milestones (step does)');
    await refused({ schedule: 'step', leastRate: 0 }, 'the schedule step does not take leastRate (cosine does)');
    await refused(
      { schedule: 'cosine', rateFactor: 0.5 },
      'the schedule cosine does not take rateFactor (step and plateau do)',
    );
    await refused(
      { optimizer: 'adamw', momentum: 0.9 },
      'adamw does not take momentum (sgd and muon do); leave it out',
    );
    await refused({ schedule: 'none' as never, leastRate: 0 }, 'schedule: expected', 'got "none"');
    await refused({ warmup: 3 }, 'warmup: expected less than the 3 epochs of the training, got 3');
    await refused(
      { schedule: 'cosine', leastRate: 0.03 },
      'leastRate: expected at most the learning rate, 0.02, which falls to it, got 0.03',
    );
    await refused({ schedule: 'step', rateFactor: 1 }, 'rateFactor', 'got 1');
  });
});
