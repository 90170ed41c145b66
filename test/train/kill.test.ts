/** Killed without warning at any moment, a run is whole and goes on as if nothing had happened. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { random } from '../../src/random/index.js';
import { readCheckpoint } from '../../src/train/checkpoint.js';
import { resume, train } from '../../src/train/train.js';
import { enduring, figuresOf, newFolder, outcomeOf } from './tiny.js';

const KILLS = 50;
const PROGRAM = fileURLToPath(new URL('./train-until-killed.js', import.meta.url));

/** Lets the child take some steps, and kills it about when the last of them is written down. */
async function killWhileWriting(
  child: ChildProcess,
  { steps, delay }: { steps: number; delay: number },
): Promise<void> {
  assert.ok(child.connected, 'the program failed before it was told to begin');
  const ended = once(child, 'exit');
  child.send('go');
  for (let step = 0; step < steps; step++) {
    const [first] = await Promise.race([once(child, 'message'), ended]);
    assert.equal(first, 'step', 'the training ended before it was killed often enough');
  }
  await sleep(delay);
  child.kill('SIGKILL');
  const [, signal] = await ended;
  assert.equal(signal, 'SIGKILL');
}

test(`kill -9 at ${KILLS} random moments around the writing of checkpoints`, { timeout: 600_000 }, async (t) => {
  const [folder, undisturbed] = [await newFolder(), await newFolder()];
  const { integer, uniform } = random('kill');
  let caught = 0;
  let reached = 0;
  // the next child loads its modules while this one trains
  let next = fork(PROGRAM, [folder]);
  t.after(() => next.kill('SIGKILL'));
  for (let kill = 0; kill < KILLS; kill++) {
    const child = next;
    next = fork(PROGRAM, [folder]);
    await killWhileWriting(child, { steps: 1 + integer(3), delay: 16 * uniform() });
    const files = await readdir(folder);
    const unfinished = files.some((file) => file.endsWith('.tmp'));
    const unpaired = files.filter((file) => file.startsWith('last.optimizer')).length > 1;
    caught += unfinished || unpaired ? 1 : 0;

    const checkpoint = await readCheckpoint(folder);
    if (!checkpoint) {
      assert.equal(reached, 0, 'a checkpoint was lost');
      continue;
    }
    const { model, states, progress } = checkpoint;
    assert.ok(progress.step >= reached, `step ${reached} was reached before, now it is ${progress.step}`);
    reached = progress.step;
    const learned = Object.keys(model.weights).filter((name) => !name.includes('.running_'));
    assert.deepEqual(Object.keys(states).sort(), learned.map((name) => `momentum:${name}`).sort());
    for (const [name, { data }] of Object.entries({ ...model.weights, ...states }))
      assert.ok(data.every(Number.isFinite), name);
  }
  t.diagnostic(`${caught} of ${KILLS} kills left something unfinished; ${reached} steps were reached`);
  assert.ok(caught > 0, 'no kill met a write');

  await resume(folder, enduring);
  await train({ ...enduring, out: undisturbed });
  assert.deepEqual(await figuresOf(folder), await figuresOf(undisturbed));
  assert.deepEqual(await outcomeOf(folder), await outcomeOf(undisturbed));
  assert.deepEqual((await readdir(folder)).sort(), (await readdir(undisturbed)).sort()); // nothing unfinished lies about
});
