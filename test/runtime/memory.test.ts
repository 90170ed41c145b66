/** Graphs that need more memory than they may have. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { UserError } from '../../src/errors.js';
import { conv, input, mul, parameter, type Value } from '../../src/graph/index.js';
import { float32, openRuntime, type RuntimeOptions } from '../../src/runtime/index.js';

const limited = openRuntime({ threads: 1, memory: 100_000 });
after(() => limited.close());

const squares = (side: number) => {
  const x: Value = input('x', [side, side]);
  return { name: 'squares', outputs: { y: mul(mul(x, x), x) } };
};

test('a graph within the limit runs, one beyond it is refused by its size', async () => {
  const program = await limited.compile(squares(50));
  const { y } = await program.run({ x: float32(new Float32Array(2500).fill(2), [50, 50]) });
  assert.equal(y!.data[0], 8);
  await assert.rejects(
    limited.compile(squares(500)),
    (error) =>
      error instanceof UserError &&
      /squares: a run is expected to take \d\.\d MB .* the limit is 0\.1 MB; take a smaller batch/.test(error.message),
  );
});

/** 64 channels to 64: 147 kB of weights, and 66 kB of values for each of x and y. */
const layer = () => {
  const [x, w] = [input('x', [1, 64, 16, 16]), parameter('w', [64, 64, 3, 3])];
  return { name: 'layer', outputs: { y: conv(x, w, { pads: 1 }) } };
};
const weights = { w: float32(new Float32Array(64 * 64 * 9), [64, 64, 3, 3]) };

for (const [options, tooSmall, enough] of [
  [{ target: 'portable' }, 278_000, 279_000],
  [{}, 278_000, 450_000], // as this machine lowers: in blocks, x and y may lie in two orders
  [{ precision: 'float16' }, 139_000, 140_000],
] as const satisfies readonly (readonly [RuntimeOptions, number, number])[])
  test(`fixed weights count, ${JSON.stringify(options)}`, async () => {
    const runtime = (memory: number) => openRuntime({ threads: 1, memory, ...options });
    const [small, large] = [runtime(tooSmall), runtime(enough)];
    await assert.rejects(
      small.compile(layer(), { weights }),
      (error) =>
        error instanceof UserError && /layer: a run is expected to take 0\.[134] MB .*, or raise/.test(error.message),
    );
    await large.compile(layer(), { weights });
    await Promise.all([small.close(), large.close()]);
  });

test('variables count, and twice where they get new values', async () => {
  const w = parameter('w', [100, 100]); // 40 kB
  const graph = { name: 'step', outputs: { 'next:w': mul(w, w) } };
  const runtime = (memory: number) => openRuntime({ threads: 1, target: 'portable', memory });
  const [tight, enough] = [runtime(79_000), runtime(81_000)];
  await assert.rejects(tight.compile(graph, { updates: { 'next:w': 'w' } }), /step: a run is expected to take/);
  await enough.compile(graph, { updates: { 'next:w': 'w' } });
  await Promise.all([tight.close(), enough.close()]);
});

test('memory that runs out is said to', async () => {
  const runtime = openRuntime({ threads: 1, target: 'portable' });
  const side = 2 ** 19; // a terabyte
  const [a, b] = [input('a', [side, 1]), input('b', [1, side])];
  const program = await runtime.compile({ name: 'vast', outputs: { y: mul(a, b) } });
  const ones = new Float32Array(side);
  await assert.rejects(
    program.run({ a: float32(ones, [side, 1]), b: float32(ones, [1, side]) }),
    (error) => error instanceof UserError && /vast: the memory of cpu does not suffice/.test(error.message),
  );
  await runtime.close();
});
