/** The worker thread: what it must never do to the program that owns it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import * as g from '../../src/graph/index.js';
import { sessionOptions } from '../../src/runtime/devices.js';
import { devices, float32, openRuntime } from '../../src/runtime/index.js';
import { Client } from '../../src/runtime/node/client.js';

/** Matrix products one after the other: some hundreds of milliseconds on one thread. */
function long(): g.Graph {
  const x = g.input('x', [1024, 1024]);
  let y: g.Value = x;
  for (let i = 0; i < 12; i++) y = g.matmul(y, x);
  return { name: 'long', outputs: { y: g.reduceSum(y) } };
}
const feeds = { x: float32(new Float32Array(1024 ** 2), [1024, 1024]) };

test('the event loop turns while a long run is under way', async () => {
  const runtime = openRuntime({ threads: 1 });
  const program = await runtime.compile(long());
  await program.run(feeds); // the first run allocates
  const start = performance.now();
  let running = true;
  const run = program.run(feeds).finally(() => {
    running = false;
  });
  let turns = 0;
  let longest = 0;
  for (let last = performance.now(); running; turns++) {
    await sleep(1);
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }
  await run;
  const took = performance.now() - start;
  await runtime.close();
  assert.ok(took > 50, `the run was too short to tell (${took} ms)`);
  // a blocked loop would have had one turn, as long as the run; copying the feed takes a few milliseconds
  assert.ok(turns > 5 && longest < took / 2, `${turns} turns in ${took} ms, the longest ${longest} ms`);
});

test('calls under way are rejected when the worker dies, and all later ones', async () => {
  const client = new Client();
  const call = client.call('compile', {
    program: 0,
    model: new Uint8Array(3),
    options: sessionOptions(devices.cpu, { threads: 1, rewrite: true }),
    variables: {},
    updates: {},
    lent: [],
    inPlace: [],
  });
  const ended = assert.rejects(call, /the runtime's worker thread ended \(exit code \d\)/);
  await (client as unknown as { readonly worker: Worker }).worker.terminate();
  await ended;
  await assert.rejects(client.call('read', { names: [] }), /worker thread ended/);
});

for (const ownThread of [true, false])
  test(`close rejects calls under way and later ones, and may be called twice, ${ownThread ? 'with' : 'without'} a thread`, async () => {
    const runtime = openRuntime({ threads: 1, ownThread });
    const program = await runtime.compile(long());
    const rejected = assert.rejects(program.run(feeds), /the runtime is closed/);
    await runtime.close();
    await rejected;
    await assert.rejects(program.run(feeds), /the runtime is closed/);
    await runtime.close();
  });

/** Runs a program of its own with the built runtime; its exit code, and what it printed or died of, or a failure after ten seconds. */
async function exitOf(body: string): Promise<{ readonly code: number; readonly text: string }> {
  const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const source = `
    import { openRuntime, float32 } from ${url('../../src/runtime/index.js')};
    import * as g from ${url('../../src/graph/index.js')};
    const runtime = openRuntime({ threads: 1 });
    const compiled = runtime.compile({ name: 'net', outputs: { y: g.neg(g.input('x', [1])) } });
    const fed = { x: float32(Float32Array.of(1), [1]) };
    ${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { timeout: 10_000 });
  const [printed, complaints]: [string[], string[]] = [[], []];
  child.stdout.on('data', (chunk) => printed.push(`${chunk}`));
  child.stderr.on('data', (chunk) => complaints.push(`${chunk}`));
  const [code, signal] = await once(child, 'close');
  assert.equal(signal, null, 'the process did not end by itself');
  return { code, text: [...printed, ...(code ? complaints : [])].join('') };
}

test('a program ends after close()', async () => {
  const body = `const { y } = await (await compiled).run(fed); await runtime.close(); console.log(y.data[0]);`;
  assert.deepEqual(await exitOf(body), { code: 0, text: '-1\n' });
});

test('a program ends without close() once nothing is under way, and not before', async () => {
  const body = `const { y } = await (await compiled).run(fed); console.log(y.data[0]);`;
  assert.deepEqual(await exitOf(body), { code: 0, text: '-1\n' });
});

test('a call that could not be sent does not keep a program alive', async () => {
  const body = `await compiled; await runtime.write({ w: { ...fed.x, extra: () => 1 } }).catch((e) => console.log(e.name));`;
  assert.deepEqual(await exitOf(body), { code: 0, text: 'DataCloneError\n' });
});

for (const [how, body, expected] of [
  ['exits', 'process.exit(3)', 3],
  ['fails', "throw new Error('the program itself')", 1],
] as const)
  test(`a program that ${how} while a run is under way ends with its own exit code`, async () => {
    const { code, text } = await exitOf(`
      const x = g.input('x', [1024, 1024]);
      const y = Array.from({ length: 12 }).reduce((product) => g.matmul(product, x), x);
      const long = await runtime.compile({ name: 'long', outputs: { y } });
      long.run({ x: float32(new Float32Array(1024 ** 2), [1024, 1024]) });
      setTimeout(() => { ${body} }, 100);`);
    assert.equal(code, expected, text);
  });
