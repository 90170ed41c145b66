import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pace } from '../../src/cli/probe.js';

test('an epoch over features is told beside what the features took', () => {
  const fast = pace({ features: 20.8, epoch: 0.017 });
  assert.equal(fast, 'features took 20.8 s, an epoch over them 17 ms, 1,224 times less');
  assert.equal(pace({ features: 0.3, epoch: 0.25 }), 'features took 0.3 s, an epoch over them 250 ms');
});
