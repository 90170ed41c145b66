/** Which device is taken, by what trials tell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fastestOf, statement } from '../../src/runtime/choice.js';
import { openRuntime } from '../../src/runtime/index.js';
import { type Speed, trial } from '../../src/runtime/trial.js';

const speed = (gflops: number, answer: readonly number[] = [1, 2]): Speed => ({
  threads: 1,
  gflops,
  target: 'portable',
  halves: false,
  answer,
});

/** The choice where trials come to this; what is an error rejects. */
const chosenOf = (found: Readonly<Record<'cpu' | 'webgpu' | 'cuda', Speed | Error>>) =>
  fastestOf(['webgpu', 'cuda'] as const, async (device) => {
    const told = found[device];
    if (told instanceof Error) throw told;
    return told;
  });

test('the fastest device is taken, and the statement has every speed', async () => {
  const choice = await chosenOf({ cpu: speed(100), webgpu: speed(900), cuda: speed(1000) });
  assert.equal(choice.device, 'cuda');
  assert.equal(statement(choice), 'computing on cuda (cpu: 100 GFLOP/s; webgpu: 900 GFLOP/s; cuda: 1000 GFLOP/s)');
});

test('one that is hardly faster, fails or computes other numbers is left', async () => {
  const choice = await chosenOf({ cpu: speed(100), webgpu: speed(149), cuda: speed(1000, [1, 2.1]) });
  assert.equal(choice.device, 'cpu');
  assert.match(statement(choice), /cuda does not work here: it computes other numbers than the CPU\)$/);
  const none = await chosenOf({ cpu: speed(100), webgpu: new Error('no adapter'), cuda: speed(1000, [Number.NaN, 2]) });
  assert.equal(none.device, 'cpu');
  assert.match(statement(none), /webgpu does not work here: no adapter;/);
});

test('where the CPU fails there is no choice', async () => {
  await assert.rejects(
    chosenOf({ cpu: new Error('nothing works'), webgpu: speed(1), cuda: speed(1) }),
    /nothing works/,
  );
});

test('a trial of the CPU: its speed, and an answer that depends on the device alone', async () => {
  const [one, other] = [openRuntime({ threads: 1 }), openRuntime({ threads: 1, target: 'portable' })];
  const found = await Promise.all([trial(one), trial(other)]);
  await Promise.all([one.close(), other.close()]);
  assert.ok(found.every(({ gflops }) => gflops > 0));
  assert.equal(found[0].answer.length, 8 * 8 * 8);
  assert.ok(found[0].answer.filter((value) => value > 0).length > 100);
  found[0].answer.forEach((value, i) => {
    assert.ok(Math.abs(value - found[1].answer[i]!) < 1e-4);
  });
});
