/** The learning rate range test: what it tells of known curves, and that real ones are repeatable and leave nothing behind. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { findLearningRate } from '../../src/train/find-learning-rate.js';
import { planTraining } from '../../src/train/plan.js';
import { ceilingOf, hasBlownUp, type RatePoint, rateAt, Smoothed, suggestionOf } from '../../src/train/rate-range.js';
import { drawRateRange, renderRateRange } from '../../src/train/report/rate-range.js';
import { temporaryFolder, userError } from '../data/fixtures.js';
import { tiny } from './tiny.js';

const range = { lowest: 1e-6, highest: 10, steps: 141 }; // 20 steps a decade

/** Points whose smoothed loss is a function of log10 of the rate. */
const curve = (loss: (decade: number) => number, steps = range.steps): RatePoint[] =>
  Array.from({ length: steps }, (_, i) => rateAt(i, range)).map((learningRate) => ({
    learningRate,
    loss: Number.NaN,
    smoothed: loss(Math.log10(learningRate)),
  }));

describe('a range of learning rates', () => {
  it('grows by the same factor from end to end', () => {
    const rates = Array.from({ length: 8 }, (_, i) => rateAt(i, { lowest: 1e-6, highest: 10, steps: 8 }));
    for (const [i, rate] of rates.entries()) assert.ok(Math.abs(rate / 10 ** (i - 6) - 1) < 1e-12);
  });

  it('averages without a pull towards zero at its start', () => {
    const [steady, falling] = [new Smoothed(), new Smoothed()];
    for (let i = 0; i < 5; i++) assert.ok(Math.abs(steady.add(3) - 3) < 1e-12);
    assert.equal(falling.add(1), 1);
    assert.ok(Math.abs(falling.add(0) - 0.09 / 0.19) < 1e-12); // 0.9 · 0.1 · 1 / (1 - 0.9²)
  });

  it('suggests where the loss falls fastest, and a tenth of where it is lowest', () => {
    // falls along a sigmoid about 10^-3, and rises from 10^-1 on
    const points = curve((d) => 1 + 1 / (1 + Math.exp(4 * (d + 3))) + Math.max(0, d + 1) ** 2);
    const { steepest, belowMinimum } = suggestionOf(points, range.steps)!;
    assert.ok(Math.abs(Math.log10(steepest) + 3) < 0.06, `${steepest}`);
    const lowest = points.reduce((best, one) => (one.smoothed < best.smoothed ? one : best));
    assert.ok(lowest.learningRate > 0.05);
    assert.equal(belowMinimum, lowest.learningRate / 10);
  });

  it('suggests nothing of a loss that never falls, and is not taken in by its first tenth', () => {
    assert.equal(suggestionOf([], range.steps), undefined);
    assert.equal(
      suggestionOf(
        curve((d) => 3 + d / 100),
        range.steps,
      ),
      undefined,
    );
    assert.equal(
      suggestionOf(
        curve((d) => (d < -5.7 ? -d : 6)),
        range.steps,
      ),
      undefined,
    );
  });

  it('is shown up to twice its fall', () => {
    const points = curve((d) => (d < -4 ? 3 : d < -1 ? 2 : 1e6)).map((point) => ({ ...point, loss: point.smoothed }));
    assert.equal(ceilingOf(points), 4);
  });

  it('ends at more than four times the minimum, and no sooner', () => {
    const rising = (top: number) => curve((d) => (d < -3 ? 1 : top));
    assert.equal(hasBlownUp([]), false);
    assert.equal(hasBlownUp(rising(4)), false);
    assert.equal(hasBlownUp(rising(4.01)), true);
  });
});

describe('a learning rate range test', () => {
  const { epochs: _, ...options } = { ...tiny, highest: 1e4, steps: 60 };

  it('is the same again by its seed, whatever the number of workers, and differs by another', async () => {
    const rates = async (changes: object) => (await findLearningRate({ ...options, ...changes })).points;
    const points = await rates({});
    assert.deepEqual(await rates({ workers: 2 }), points);
    assert.notDeepEqual((await rates({ seed: 8, steps: 10 }))[0], points[0]);
  });

  it('takes its rates, stops when the loss has left, and writes no file', async () => {
    const folder = await temporaryFolder();
    const before = process.cwd();
    process.chdir(folder);
    const told: [number, number][] = [];
    const found = await findLearningRate({
      ...options,
      onPoint: (_, done, of) => told.push([done, of]),
    }).finally(() => process.chdir(before));
    assert.deepEqual(await readdir(folder), []);
    const { points, blewUp, suggestion, interrupted } = found;
    assert.deepEqual([blewUp, interrupted], [true, false]);
    assert.ok(points.length > 10 && points.length < 60, `${points.length} points`);
    assert.deepEqual(told.slice(0, 2), [
      [1, 60],
      [2, 60],
    ]);
    const smoothed = new Smoothed();
    for (const [i, point] of points.entries()) {
      assert.equal(point.learningRate, 1e-6 * 1e10 ** (i / 59));
      assert.equal(point.smoothed, smoothed.add(point.loss));
    }
    assert.ok(suggestion && suggestion.steepest > 1e-5 && suggestion.steepest < 10);

    const page = renderRateRange(found, 'resmirror find-lr <it>');
    assert.match(page, /<h3>Loss by learning rate<\/h3>/);
    assert.match(page, /find-lr &lt;it&gt;/);
    for (const power of ['1e-5', '0.01', '10']) assert.ok(page.includes(`text-anchor="middle">${power}</text>`), power);
    const apart = ['1e-5', '1e-4', '0.001', '0.01'].map((text) =>
      Number(new RegExp(`x="([\\d.]+)" y="\\d+" text-anchor="middle">${text}<`).exec(page)![1]),
    );
    assert.ok(Math.abs(apart[1]! - apart[0]! - (apart[3]! - apart[2]!)) < 0.2, `${apart}`); // decades are equally long
    assert.equal(page.match(/<g class="marks"><line/g)?.length, 1);
    const picture = drawRateRange(found);
    assert.match(picture, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    assert.match(picture, /class="title"[^>]*>Loss by learning rate</);
  });

  it('trains what the options say, with what they do not say as in training', async () => {
    const found = await findLearningRate({ ...options, task: 'reconstruct', latent: 8, steps: 10 });
    const planned = await planTraining({ ...tiny, task: 'reconstruct', latent: 8 });
    assert.equal(found.config.task, 'reconstruct');
    assert.deepEqual(found.config.optimizer, planned.config.optimizer);
    assert.deepEqual(found.config.augmentation, planned.config.augmentation);
    assert.equal(found.title, 'autoencoder-basic-resnet-1 on drawn:200');
  });

  it('can be stopped', async () => {
    const controller = new AbortController();
    const { points, interrupted } = await findLearningRate({
      ...options,
      signal: controller.signal,
      onPoint: (_, done) => done === 3 && controller.abort(),
    });
    assert.deepEqual([points.length, interrupted], [3, true]);
  });

  it('refuses ranges that are none', async () => {
    await assert.rejects(
      findLearningRate({ ...options, lowest: 1, highest: 0.1 }),
      userError('from low to high, got 1 to 0.1'),
    );
    await assert.rejects(
      findLearningRate({ ...options, steps: 9 }),
      userError('a range of learning rates', 'steps', 'got 9'),
    );
  });
});
