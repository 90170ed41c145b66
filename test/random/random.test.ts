import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permutation, random } from '../../src/random/index.js';

/** Pearson's statistic of counts that should be equal. */
const chiSquare = (counts: readonly number[]): number => {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
};

const histogram = (values: Iterable<number>, bins: number): number[] => {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) counts[Math.floor(value * bins)] = (counts[Math.floor(value * bins)] as number) + 1;
  return counts;
};

const draws = (count: number, next: () => number) => Array.from({ length: count }, next);

// 99.9 % quantile of chi-square with 99 degrees of freedom.
const LIMIT = 148.2;

test('uniform within a stream', () => {
  for (const seed of [0, 1, 2 ** 31, 2 ** 40 + 1]) {
    const values = draws(100_000, random(seed, 'test').uniform);
    assert.ok(chiSquare(histogram(values, 100)) < LIMIT);
    assert.ok(values.every((value) => value >= 0 && value < 1));
  }
});

test('uniform across streams: the first draw of each', () => {
  const firsts = Array.from({ length: 100_000 }, (_, i) => random(5, 'augment', 3, i).uniform());
  assert.ok(chiSquare(histogram(firsts, 100)) < LIMIT);
});

test('successive draws do not depend on each other', () => {
  const { uniform } = random(11);
  const pairs = draws(100_000, () => Math.floor(uniform() * 10) / 10 + Math.floor(uniform() * 10) / 100 + 0.001);
  assert.ok(chiSquare(histogram(pairs, 100)) < LIMIT);
});

test('a stream is the same whenever and beside whatever it is drawn', () => {
  const alone = draws(10, random(1, 'a', 2).uniform);
  const [one, other] = [random(1, 'a', 2), random(1, 'a', 3)];
  const beside = draws(10, () => {
    other.normal();
    return one.uniform();
  });
  assert.deepEqual(beside, alone);
});

test('streams of different names are different', () => {
  const names = [[], [0], [1], [0, 0], ['0'], ['a', 'b'], ['ab'], ['ab', ''], [2 ** 32], [-1], ['a', 1], ['a1']];
  const firsts = names.map((name) => random(...name).uniform());
  assert.equal(new Set(firsts).size, names.length);
});

test('integers below a bound are equally likely', () => {
  const { integer } = random(3, 'integers');
  const counts = new Array<number>(100).fill(0);
  for (let i = 0; i < 100_000; i++) {
    const drawn = integer(100);
    counts[drawn] = (counts[drawn] as number) + 1;
  }
  assert.equal(counts.length, 100);
  assert.ok(chiSquare(counts) < LIMIT);
});

test('moments of the normal distribution', () => {
  const values = draws(200_000, random(9, 'normal').normal);
  const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
  for (const [power, expected, tolerance] of [
    [1, 0, 0.01],
    [2, 1, 0.02],
    [3, 0, 0.04],
    [4, 3, 0.1],
  ] as const)
    assert.ok(Math.abs(moment(power) - expected) < tolerance, `moment ${power}: ${moment(power)}`);
  assert.ok(values.every(Number.isFinite));
});

test('a permutation has every number once, in an order fixed by its stream', () => {
  for (const length of [0, 1, 2, 1000]) {
    const order = permutation(length, 4, 'shuffle', 1);
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      Array.from({ length }, (_, i) => i),
    );
    assert.deepEqual(permutation(length, 4, 'shuffle', 1), order);
  }
  assert.notDeepEqual(permutation(1000, 4, 'shuffle', 1), permutation(1000, 4, 'shuffle', 2));
});

test('every permutation is equally likely', () => {
  const counts = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const order = permutation(4, 'orders', i).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 24);
  assert.ok(chiSquare([...counts.values()]) < 49.7); // 99.9 % quantile, 23 degrees of freedom
});
