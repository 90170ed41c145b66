/** Programs: feeds, fetches, variables that they share, errors; the same wherever the engine runs. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import * as g from '../../src/graph/index.js';
import { writeOnnx } from '../../src/onnx/index.js';
import { deviceNamed, float32, openRuntime, type Tensor, type Tensors } from '../../src/runtime/index.js';

const vector = (...values: number[]) => float32(Float32Array.from(values), [values.length]);
const plain = (tensor: Tensor | undefined) => Array.from(tensor!.data, Number);

const says =
  (kind: 'Error' | 'UserError', ...parts: readonly string[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof Error && error.name === kind, String(error));
    for (const part of parts) assert.ok(error.message.includes(part), `'${error.message}' lacks '${part}'`);
    return true;
  };

for (const ownThread of [true, false])
  describe(ownThread ? 'in a thread of its own' : 'in the thread that asks', () => {
    const runtime = openRuntime({ threads: 1, ownThread });
    after(() => runtime.close());

    test('a program that increments a variable', async () => {
      const program = await runtime.compile(
        { name: 'count', outputs: { next: g.add(g.parameter('counter', [1]), g.input('by', [1])) } },
        { updates: { next: 'counter' } },
      );
      await runtime.write({ counter: vector(10) });
      for (let i = 0; i < 3; i++) assert.deepEqual(await program.run({ by: vector(2) }), {});
      assert.deepEqual(plain((await runtime.read(['counter'])).counter), [16]);
      assert.deepEqual(plain((await program.run({ by: vector(1) }, ['next'])).next), [17]);
      assert.deepEqual(plain((await runtime.read(['counter'])).counter), [17]);
    });

    test('memory that is lent goes out in one piece, comes back changed, and is written again', async () => {
      const x = g.input('x', [3]);
      const updates = { twice: 'lent twice', minus: 'lent minus' };
      const make = await runtime.compile(
        { name: 'make', outputs: { twice: g.mul(x, 2), minus: g.neg(x) } },
        { updates, lent: [Object.keys(updates)] },
      );
      const [first, second] = Object.values(updates).map((name) => g.parameter(name, [3]));
      const use = await runtime.compile({ name: 'use lent', outputs: { y: g.add(first!, second!) } });
      for (const value of [1, 5]) {
        const { twice, minus } = await make.run({ x: vector(value, value, value) }, ['twice', 'minus']);
        assert.equal(twice!.data.buffer, minus!.data.buffer);
        await assert.rejects(use.run({}), /'lent twice' has no value yet/);
        twice!.data[0] = 100;
        const { y } = await use.run({}, ['y'], { 'lent twice': twice!, 'lent minus': minus! });
        assert.deepEqual(plain(y), [100 - value, value, value]);
        assert.equal(twice!.data.length, 0);
      }
      await make.run({ x: vector(2, 2, 2) }); // nobody asks for them: they stay
      assert.deepEqual(plain((await use.run({})).y), [2, 2, 2]);
    });

    test('an update and a result come from the same, old value', async () => {
      const w = g.parameter('old', [1]);
      const program = await runtime.compile(
        { name: 'step', outputs: { loss: g.mul(w, 10), next: g.sub(w, 1) } },
        { updates: { next: 'old' } },
      );
      await runtime.write({ old: vector(5) });
      assert.deepEqual(plain((await program.run({})).loss), [50]);
      assert.deepEqual(plain((await program.run({})).loss), [40]);
    });

    test('two programs share variables, also one that nobody wrote by hand', async () => {
      const shared = g.parameter('shared', [2]);
      const learn = await runtime.compile(
        { name: 'learn', outputs: { next: g.mul(shared, 2), norm: g.reduceSum(shared) } },
        { updates: { next: 'shared', norm: 'last norm' } },
      );
      const use = await runtime.compile({ name: 'use', outputs: { y: g.neg(shared) } });
      const seen = await runtime.compile({ name: 'seen', outputs: { y: g.identity(g.parameter('last norm', [])) } });
      await runtime.write({ shared: vector(1, -3) });
      await learn.run({});
      assert.deepEqual(plain((await use.run({})).y), [-2, 6]);
      assert.deepEqual(plain((await seen.run({})).y), [-2]);
      await learn.release();
      assert.deepEqual(plain((await use.run({})).y), [-2, 6]);
    });

    test('weights compiled in are no variables', async () => {
      const graph = { name: 'fixed', outputs: { y: g.mul(g.input('x', [2]), g.parameter('constant weight', [2])) } };
      const program = await runtime.compile(graph, { weights: { 'constant weight': vector(2, 3) } });
      assert.deepEqual(plain((await program.run({ x: vector(1, 1) })).y), [2, 3]);
      await assert.rejects(
        runtime.read(['constant weight']),
        says('Error', "variable 'constant weight' has no value yet"),
      );
    });

    test('a free batch size runs with any size', async () => {
      const x = g.input('x', ['n', 2]);
      const y = g.gemm(x, g.constant([1, 0, 0, 1, 1, 1], [3, 2]), undefined, { transB: true });
      const program = await runtime.compile({ name: 'free', outputs: { y } });
      for (const n of [1, 4, 2]) {
        const fed = Float32Array.from({ length: 2 * n }, (_, i) => i);
        const { y: found } = await program.run({ x: float32(fed, [n, 2]) });
        assert.deepEqual(found!.shape, [n, 3]);
        assert.deepEqual(plain(found), Array.from({ length: n }, (_, i) => [2 * i, 2 * i + 1, 4 * i + 1]).flat());
      }
    });

    test('every type goes in and comes out', async () => {
      const fed: Tensors = {
        float32: vector(1.5, -2),
        uint8: { dtype: 'uint8', shape: [2], data: Uint8Array.of(0, 255) },
        int32: { dtype: 'int32', shape: [2], data: Int32Array.of(-7, 7) },
        int64: { dtype: 'int64', shape: [2], data: BigInt64Array.of(-1n, 2n ** 40n) },
        bool: { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) },
      };
      const outputs = Object.fromEntries(
        Object.entries(fed).map(([name, { dtype }]) => [`${name} again`, g.identity(g.input(name, [2], dtype))]),
      );
      const found = await (await runtime.compile({ name: 'types', outputs })).run(fed);
      for (const [name, tensor] of Object.entries(fed)) assert.deepEqual(found[`${name} again`], tensor);
    });

    test('feeds stay with whoever fed them, also views of shared and pooled memory', async () => {
      const program = await runtime.compile({ name: 'bytes', outputs: { y: g.identity(g.input('x', [3], 'uint8')) } });
      const shared = new Uint8Array(new SharedArrayBuffer(8), 4, 3).fill(7);
      for (const data of [Buffer.from([1, 2, 3]), shared, new Uint8Array([0, 4, 5, 6]).subarray(1)]) {
        const before = [...data];
        for (let i = 0; i < 2; i++) {
          const { y } = await program.run({ x: { dtype: 'uint8', shape: [3], data } });
          assert.deepEqual([...(y!.data as Uint8Array)], before);
          assert.deepEqual([...data], before);
        }
      }
    });

    test('runs that follow and that overlap have feeds and results of their own', async () => {
      const x = g.input('x', [2]);
      const program = await runtime.compile({ name: 'own', outputs: { same: g.identity(x), twice: g.add(x, x) } });
      const first = await program.run({ x: vector(1, 2) });
      const others = await Promise.all([3, 4, 5].map((value) => program.run({ x: vector(value, value) })));
      assert.deepEqual(
        [plain(first.same), plain(first.twice)],
        [
          [1, 2],
          [2, 4],
        ],
      );
      assert.deepEqual(
        others.map(({ same }) => plain(same)),
        [
          [3, 3],
          [4, 4],
          [5, 5],
        ],
      );
    });

    test('only what is asked for is fetched', async () => {
      const x = g.input('x', [1]);
      const program = await runtime.compile({ name: 'two', outputs: { a: g.neg(x), b: g.abs(x) } });
      assert.deepEqual(Object.keys(await program.run({ x: vector(1) })), ['a', 'b']);
      assert.deepEqual(Object.keys(await program.run({ x: vector(1) }, ['b'])), ['b']);
    });

    test('the bytes of an ONNX file run as they are', async () => {
      const program = await runtime.load(writeOnnx({ name: 'file', outputs: { y: g.neg(g.input('x', [1])) } }));
      assert.deepEqual(plain((await program.run({ x: vector(3) })).y), [-3]);
      await assert.rejects(runtime.load(new Uint8Array(10)), Error);
    });

    test('wrong feeds are rejected with what was expected and what came', async () => {
      const x = g.input('x', ['n', 3]);
      const program = await runtime.compile({ name: 'net', outputs: { y: g.neg(x) } });
      const refused = (feeds: Tensors, ...parts: string[]) =>
        assert.rejects(program.run(feeds), says('UserError', ...parts));
      await refused({}, 'net: expected x as float32[n, 3], got nothing');
      await refused({ x: vector(1, 2, 3) }, 'net: expected x as float32[n, 3], got float32[3]');
      await refused({ x: float32(new Float32Array(8), [2, 4]) }, 'got float32[2, 4]');
      await refused({ x: { dtype: 'int32', shape: [1, 3], data: new Int32Array(3) } }, 'got int32[1, 3]');
      await refused({ x: float32(new Float32Array(5), [2, 3]) }, 'x of shape [2, 3]', '6 numbers', 'got 5');
      const fits = float32(new Float32Array(3), [1, 3]);
      await refused({ x: fits, z: fits }, 'net: no input called z, only x');
    });

    test('a variable that was never written, or has another shape, is named', async () => {
      const program = await runtime.compile({ name: 'unset', outputs: { y: g.neg(g.parameter('unset', [2])) } });
      await assert.rejects(program.run({}), says('Error', "variable 'unset' has no value yet: write it"));
      await runtime.write({ unset: vector(1, 2, 3) });
      await assert.rejects(program.run({}), says('Error', 'unset'));
    });

    test('unknown outputs, released programs, feeds that cannot be sent', async () => {
      const program = await runtime.compile({ name: 'net', outputs: { y: g.neg(g.input('x', [1])) } });
      await assert.rejects(program.run({ x: vector(1) }, ['z']), says('UserError', 'net: no output called z, only y'));
      const gone = vector(1);
      structuredClone(gone, { transfer: [gone.data.buffer as ArrayBuffer] });
      await assert.rejects(program.run({ x: gone }), Error);
      assert.deepEqual(plain((await program.run({ x: vector(1) })).y), [-1]);
      await program.release();
      await assert.rejects(program.run({ x: vector(1) }), says('Error', 'was released'));
    });

    test('an update needs an output to come from', async () => {
      const graph = { name: 'net', outputs: { y: g.neg(g.parameter('w', [1])) } };
      await assert.rejects(
        runtime.compile(graph, { updates: { z: 'w' } }),
        says('UserError', 'net: no output called z, only y'),
      );
    });

    test('an unknown device is named beside the known ones', () => {
      assert.equal(deviceNamed('cpu'), 'cpu');
      assert.throws(() => deviceNamed('tpu'), says('UserError', 'a device out of cpu', "got 'tpu'"));
      assert.throws(() => deviceNamed('toString'), says('UserError', "got 'toString'"));
    });
  });
