/** Graphs that need more memory than they may have. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { UserError } from '../../src/errors.js';
import { input, mul, type Value } from '../../src/graph/index.js';
import { float32, openRuntime } from '../../src/runtime/index.js';

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
      error instanceof UserError && /squares: a run takes about \d\.\d MB .* the limit is 0\.1 MB/.test(error.message),
  );
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
