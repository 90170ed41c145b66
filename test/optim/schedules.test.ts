/** Learning rates by their formulas. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constantRate, cosine, learningRate, type Schedule, schedules, stepwise } from '../../src/optim/index.js';

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual}, ${expected}`);
const curve = (schedule: Schedule, { steps = 100, warmup = 0 } = {}) =>
  Array.from({ length: steps }, (_, step) => learningRate(step, { base: 0.4, steps, warmup, schedule }));

describe('schedules', () => {
  it('cosine: half a wave from the base to the floor', () => {
    for (const [step, rate] of curve(cosine()).entries()) near(rate, 0.2 * (1 + Math.cos((Math.PI * step) / 100)));
    for (const [step, rate] of curve(cosine({ floor: 0.1 })).entries())
      near(rate, 0.04 + 0.18 * (1 + Math.cos((Math.PI * step) / 100)));
    assert.equal(cosine()(2), cosine()(1));
  });

  it('step: a tenth at a third and at two thirds', () => {
    const rates = curve(stepwise(), { steps: 90 });
    for (const [step, rate] of rates.entries()) near(rate, 0.4 * 0.1 ** Math.floor(step / 30));
    near(curve(stepwise({ at: [0.5], factor: 0.25 }))[50]!, 0.1);
  });

  it('constant', () => assert.deepEqual(new Set(curve(constantRate())), new Set([0.4])));

  it('go by the names of the configuration', () =>
    assert.deepEqual(Object.keys(schedules).sort(), ['constant', 'cosine', 'step']));

  it('warm up in a line to the base, then have all of the schedule before them', () => {
    for (const schedule of [cosine(), stepwise(), constantRate()]) {
      const rates = curve(schedule, { warmup: 8 });
      for (let step = 0; step < 8; step++) near(rates[step]!, (0.4 * (step + 1)) / 8);
      for (let step = 8; step < 100; step++) near(rates[step]!, 0.4 * schedule((step - 8) / 92));
    }
  });

  it('stay finite when all is warm-up', () => {
    for (const schedule of [cosine(), stepwise(), constantRate()])
      for (const rate of curve(schedule, { steps: 3, warmup: 5 })) assert.ok(rate > 0 && rate < 0.4);
    assert.equal(learningRate(3, { base: 0.4, steps: 3, warmup: 3, schedule: cosine() }), 0.4);
  });
});
