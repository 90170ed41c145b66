/** Learning rates by their formulas. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  constantRate,
  cosine,
  learningRate,
  oneCycle,
  plateau,
  type Schedule,
  schedules,
  stepwise,
} from '../../src/optim/index.js';

const near = (actual: number, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(actual - expected) < tolerance, `${actual}, ${expected}`);
const curve = (schedule: Schedule, { steps = 100, warmup = 0 } = {}) =>
  Array.from({ length: steps }, (_, step) => learningRate(step, { base: 0.4, steps, warmup, schedule }));

/** How the program says what PyTorch was told. */
const known = {
  cosine: { schedule: cosine() },
  'cosine to a tenth': { schedule: cosine({ floor: 0.1 }) },
  'cosine after a warm-up': { schedule: cosine(), warmup: 8 },
  step: { schedule: stepwise({ at: [0.4, 0.8], factor: 0.3 }) },
  'one-cycle': { schedule: oneCycle() },
  'one-cycle, half of it up': { schedule: oneCycle({ rise: 0.5 }) },
} as const;

interface Golden {
  readonly schedules: {
    readonly base: number;
    readonly steps: number;
    readonly rates: Readonly<Record<keyof typeof known, readonly number[]>>;
  };
  readonly plateau: {
    readonly patience: number;
    readonly losses: readonly number[];
    readonly rates: readonly number[];
  };
}
const golden = JSON.parse(
  readFileSync(new URL('../../../test/goldens/data/optimizers.json', import.meta.url), 'utf8'),
) as Golden;

describe('schedules equal PyTorch', () => {
  const { base, steps, rates } = golden.schedules;
  for (const [name, expected] of Object.entries(rates))
    it(name, () => {
      const told = known[name as keyof typeof rates];
      for (const [step, rate] of expected.entries()) near(learningRate(step, { base, steps, ...told }), rate, 1e-9);
    });

  it('plateau', () => {
    const { patience, losses, rates } = golden.plateau;
    assert.ok(new Set(rates).size > 2);
    for (const [epoch, rate] of rates.entries())
      near(base * plateau({ patience })(0, { steps: 1, losses: losses.slice(0, epoch) }), rate);
  });
});

describe('schedules', () => {
  it('cosine: half a wave from the base to the floor', () => {
    for (const [step, rate] of curve(cosine()).entries()) near(rate, 0.2 * (1 + Math.cos((Math.PI * step) / 100)));
    for (const [step, rate] of curve(cosine({ floor: 0.1 })).entries())
      near(rate, 0.04 + 0.18 * (1 + Math.cos((Math.PI * step) / 100)));
  });

  it('step: a tenth at a third and at two thirds', () => {
    const rates = curve(stepwise(), { steps: 90 });
    for (const [step, rate] of rates.entries()) near(rate, 0.4 * 0.1 ** Math.floor(step / 30));
    near(curve(stepwise({ at: [0.5], factor: 0.25 }))[50]!, 0.1);
  });

  it('constant', () => assert.deepEqual(new Set(curve(constantRate())), new Set([0.4])));

  it('go by the names of the configuration', () =>
    assert.deepEqual(Object.keys(schedules).sort(), ['constant', 'cosine', 'one-cycle', 'plateau', 'step']));

  it('warm up in a line to the base, then have all of the schedule before them', () => {
    for (const schedule of [cosine(), stepwise(), constantRate()]) {
      const rates = curve(schedule, { warmup: 8 });
      for (let step = 0; step < 8; step++) near(rates[step]!, (0.4 * (step + 1)) / 8);
      for (let step = 8; step < 100; step++)
        near(rates[step]!, 0.4 * schedule((step - 8) / 92, { steps: 92, losses: [] }));
    }
  });

  it('stay finite when all is warm-up', () => {
    for (const schedule of [cosine(), stepwise(), constantRate()])
      for (const rate of curve(schedule, { steps: 3, warmup: 5 })) assert.ok(rate > 0 && rate < 0.4);
    assert.equal(learningRate(3, { base: 0.4, steps: 3, warmup: 3, schedule: cosine() }), 0.4);
  });
});
