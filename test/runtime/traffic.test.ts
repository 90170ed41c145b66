/** Bytes that cross between the program and the engine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { input, mul, parameter, reduceSum } from '../../src/graph/index.js';
import { float32, openRuntime } from '../../src/runtime/index.js';

test('on the CPU only what is fed and fetched crosses, not the variables', async () => {
  const runtime = openRuntime({ threads: 1, target: 'portable' });
  const [x, w] = [input('x', [10]), parameter('w', [1000, 10])];
  const next = mul(w, x);
  const graph = { name: 'step', outputs: { sum: reduceSum(next), 'next:w': next } };
  await runtime.write({ w: float32(new Float32Array(10_000).fill(1), [1000, 10]) });
  const program = await runtime.compile(graph, { updates: { 'next:w': 'w' } });
  assert.deepEqual(await runtime.traffic(), { runs: 0, toDevice: 0, fromDevice: 0 });
  for (let run = 0; run < 3; run++) await program.run({ x: float32(new Float32Array(10).fill(1), [10]) });
  assert.deepEqual(await runtime.traffic(), { runs: 3, toDevice: 3 * 40, fromDevice: 3 * 4 });
  await program.run({ x: float32(new Float32Array(10).fill(1), [10]) }, ['sum', 'next:w']);
  assert.deepEqual(await runtime.traffic(), { runs: 4, toDevice: 4 * 40, fromDevice: 4 * 4 + 40_000 });
  await runtime.close();
});
