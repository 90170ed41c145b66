/** Several processes that train together come to what one comes to, and end together. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { random } from '../../src/random/index.js';
import { resume, train } from '../../src/train/train.js';
import type { Weights } from '../../src/weights/model.js';
import { commandOf, type LauncherName, launchers, needing, runRanks } from '../communicator/launchers.js';
import type { Order } from './ranks.js';
import { enduring, figuresOf, newFolder, outcomeOf, tiny } from './tiny.js';

const PROGRAM = fileURLToPath(new URL('./ranks.js', import.meta.url));
const run = (launcher: LauncherName, ranks: number, order: Order) =>
  runRanks(launcher, ranks, [PROGRAM, JSON.stringify(order)]);

/** As `run`, which must not fail. @returns bytes that rank 0 has sent */
async function trained(launcher: LauncherName, ranks: number, order: Order): Promise<number> {
  const { exitCode, stdout, stderr } = await run(launcher, ranks, order);
  assert.equal(exitCode, 0, stderr);
  return Number(/sent (\d+)/.exec(stdout)![1]);
}

type Figures = Readonly<Record<string, number>>;

/** Every figure of every step and epoch. */
function assertNear(actual: readonly object[], expected: readonly object[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  for (const [i, line] of expected.entries())
    for (const [name, value] of Object.entries(line as Figures)) {
      const found = (actual[i] as Figures)[name]!;
      assert.ok(Math.abs(found - value) <= tolerance * Math.max(1, Math.abs(value)), `${name}: ${found}, ${value}`);
    }
}

function assertNearWeights(actual: Weights, expected: Weights, tolerance: number): void {
  assert.deepEqual(Object.keys(actual), Object.keys(expected));
  for (const [name, { data }] of Object.entries(expected))
    for (const [i, value] of data.entries()) {
      const found = actual[name]!.data[i]!;
      assert.ok(Math.abs(found - value) <= tolerance, `${name}[${i}]: ${found}, ${value}`);
    }
}

/** Each takes some seconds. */
const KILLS = Number(process.env.RESMIRROR_KILLS ?? 3);

/** 24 steps. */
const options = { epochs: 4, dropout: 0.2, averageDecay: 0.9, clipNorm: 5 } as const;

for (const launcher of Object.keys(launchers) as LauncherName[]) {
  test(`${launcher}: two ranks with synchronised norms take the steps of one process`, needing(launcher), async () => {
    const [one, two] = [await newFolder(), await newFolder()];
    await train({ ...tiny, ...options, out: one });
    await trained(launcher, 2, { out: two, options: { ...options, syncBatchNorm: true } });
    assertNear(await figuresOf(two), await figuresOf(one), 1e-5);
    const [{ weights, place }, alone] = [await outcomeOf(two), await outcomeOf(one)];
    assertNearWeights(weights, alone.weights, 1e-5);
    assert.equal(place.images, alone.place.images);
  });

  test(
    `${launcher}: a killed rank ends the job, which goes on with as many ranks or others`,
    needing(launcher),
    async () => {
      const [folder, undisturbed, alone] = [await newFolder(), await newFolder(), await newFolder()];
      const order = { options: { batch: 24, syncBatchNorm: true, checkpointSeconds: 0 } };
      await train({ ...tiny, ...order.options, out: alone });
      await trained(launcher, 2, { ...order, out: undisturbed });

      const { exitCode, stderr } = await run(launcher, 2, { ...order, out: folder, kill: { rank: 1, step: 5 } });
      assert.notEqual(exitCode, 0);
      const [, pid] = /rank 1 is process (\d+)/.exec(stderr)!;
      assert.ok(pid, 'the start tells which process a rank is');
      // MPICH's launcher may end all before anybody has named the dead
      if (launcher !== 'MPICH') assert.match(stderr, /rank 1 of 2 .* is gone|process rank 1 .* signal 9/);

      // again by rank 0, and then to the end
      const second = await run(launcher, 3, { ...order, out: folder, resume: true, kill: { rank: 0, step: 6 } });
      assert.notEqual(second.exitCode, 0);
      await resume(folder, tiny);
      assertNear(await figuresOf(folder), await figuresOf(alone), 1e-5);
      assertNear(await figuresOf(undisturbed), await figuresOf(alone), 1e-5);
    },
  );
}

// what does not depend on the launcher
const launcher = (Object.keys(launchers) as LauncherName[]).find((name) => commandOf(name)) ?? 'Open MPI';

test('each rank for itself normalises other batches, twice the same', needing(launcher), async () => {
  const [one, again, alone] = [await newFolder(), await newFolder(), await newFolder()];
  await trained(launcher, 2, { out: one });
  await trained(launcher, 2, { out: again });
  assert.deepEqual(await figuresOf(one), await figuresOf(again));
  assert.deepEqual(await outcomeOf(one), await outcomeOf(again));
  await train({ ...tiny, out: alone });
  assert.notDeepEqual(await figuresOf(one), await figuresOf(alone));
  assertNear(await figuresOf(one), await figuresOf(alone), 0.1);
});

test(`killed at ${KILLS} random moments and resumed, it is the same run bit for bit`, needing(launcher), async () => {
  const [folder, undisturbed] = [await newFolder(), await newFolder()];
  const order = { options: { ...enduring, epochs: KILLS, checkpointSeconds: 0 } };
  await trained(launcher, 2, { ...order, out: undisturbed });
  const { integer, uniform } = random('kill a rank');
  for (let i = 0; i < KILLS; i++) {
    const kill = { rank: integer(2), step: 2 + integer(3), delay: 20 * uniform() };
    const { exitCode } = await run(launcher, 2, { ...order, out: folder, resume: i > 0, kill });
    assert.notEqual(exitCode, 0, `the job ended before rank ${kill.rank} was killed`);
  }
  await trained(launcher, 2, { ...order, out: folder, resume: true });
  assert.deepEqual(await figuresOf(folder), await figuresOf(undisturbed));
  assert.deepEqual(await outcomeOf(folder), await outcomeOf(undisturbed));
});

test('who disagrees is named, and nothing is written', needing(launcher), async () => {
  const cases = [
    [{ learningRate: 0.5 }, /rank 1 on \S+ has learningRate 0\.5, rank 0 has 0\.05/],
    [{ data: 'drawn:201' }, /rank 1 on \S+ has training images 201 with .*, rank 0 has 200 with/],
    [{ data: '/nowhere' }, /^rank 1 on \S+: .*\/nowhere/m],
  ] as const;
  for (const [odd, message] of cases) {
    const out = await newFolder();
    const { exitCode, stderr } = await run(launcher, 2, { out, odd: { rank: 1, options: odd } });
    assert.equal(exitCode, 1);
    assert.match(stderr, message);
    await assert.rejects(figuresOf(out), { code: 'ENOENT' });
  }
});

test('gradients in 16 bits are half as many bytes', needing(launcher), async () => {
  const [plain, ...halves] = [await newFolder(), await newFolder(), await newFolder()];
  const net = '{"bottleneck":false,"repeats":[1],"width":32}'; // so that gradients are what counts
  const whole = await trained(launcher, 2, { out: plain, options: { net } });
  for (const [i, compressGradients] of (['fp16', 'bf16'] as const).entries()) {
    const sent = await trained(launcher, 2, { out: halves[i]!, options: { net, compressGradients } });
    assert.ok(sent < 0.6 * whole, `sent ${sent} bytes instead of ${whole}`);
    assertNear(await figuresOf(halves[i]!), await figuresOf(plain), 0.05);
  }
});
