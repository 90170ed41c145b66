/** What every communicator does, whatever joins its processes: run by one process, and by the ranks of `ranks.ts`. */
import assert from 'node:assert/strict';
import { type Communicator, gathered, together } from '../../src/communicator/index.js';
import { optionError, type UserError } from '../../src/errors.js';

const range = (length: number) => Array.from({ length }, (_, i) => i);

export const conformance: Readonly<Record<string, (communicator: Communicator) => Promise<void>>> = {
  async 'ranks are numbered'(communicator) {
    const { rank, size, host } = communicator;
    assert.deepEqual(await gathered(communicator, rank), range(size));
    assert.ok(host.length > 0);
  },
  async 'fails on all ranks where one does, with the options that it names'(communicator) {
    const { rank, size } = communicator;
    const job = async () => {
      if (rank === size - 1) throw optionError('leastRate is too high', 'leastRate');
    };
    await assert.rejects(together(communicator, job), ({ message, options }: UserError) => {
      assert.match(message, /leastRate is too high$/);
      assert.deepEqual(options, ['leastRate']);
      return true;
    });
  },
  async 'broadcasts from any rank'(communicator) {
    const { rank, size } = communicator;
    for (const root of range(size)) {
      const numbers = Float32Array.from({ length: 1000 }, (_, i) => (rank === root ? i * (root + 1) : -1));
      await communicator.broadcast(numbers, root);
      assert.deepEqual(
        numbers,
        Float32Array.from({ length: 1000 }, (_, i) => i * (root + 1)),
      );
    }
    const bytes = new Uint8Array(3).fill(rank);
    await communicator.broadcast(bytes);
    assert.deepEqual(bytes, new Uint8Array(3));
  },
  async 'reduces every type by every reduction'(communicator) {
    const { rank, size } = communicator;
    const triangle = (size * (size - 1)) / 2;
    const expected = { sum: [triangle, triangle + size], min: [0, 1], max: [size - 1, size] };
    for (const type of [Float32Array, Float64Array, Uint8Array])
      for (const reduction of ['sum', 'min', 'max'] as const) {
        const data = type.of(rank, rank + 1);
        await communicator.allReduce(data, reduction);
        assert.deepEqual([...data], expected[reduction], `${type.name} ${reduction}`);
      }
  },
  async 'reduces views in place and leaves what lies beside them'(communicator) {
    const all = new Float32Array(10).fill(1);
    await communicator.allReduce(all.subarray(2, 5), 'sum');
    const { size } = communicator;
    assert.deepEqual([...all], [1, 1, size, size, size, 1, 1, 1, 1, 1]);
  },
  async 'reduces nothing, and much'(communicator) {
    await communicator.allReduce(new Float32Array(0), 'sum');
    const much = new Float32Array(3_000_001).fill(communicator.rank);
    await communicator.allReduce(much, 'max');
    assert.ok(much.every((value) => value === communicator.size - 1));
  },
  async 'gives every rank the same bits'(communicator) {
    const data = Float32Array.from({ length: 999 }, (_, i) => Math.sin(i * (communicator.rank + 1)));
    await communicator.allReduce(data, 'sum');
    const all = await communicator.allGatherV(new Uint8Array(data.buffer));
    for (const bytes of all) assert.deepEqual(bytes, all[0]);
  },
  async 'gathers any number of bytes'(communicator) {
    const { rank, size } = communicator;
    const all = await communicator.allGatherV(new Uint8Array(rank * 3).fill(rank));
    assert.deepEqual(
      all,
      range(size).map((each) => new Uint8Array(each * 3).fill(each)),
    );
    assert.deepEqual(
      await communicator.allGatherV(new Uint8Array(0)),
      range(size).map(() => new Uint8Array(0)),
    );
    assert.deepEqual(
      await gathered(communicator, { name: `ü${rank}` }),
      range(size).map((each) => ({ name: `ü${each}` })),
    );
  },
  async 'exchanges parts'(communicator) {
    const { rank, size } = communicator;
    const sent = Uint8Array.from(range(size).flatMap((to) => [rank, to]));
    const received = new Uint8Array(2 * size);
    await communicator.allToAll(sent, received);
    assert.deepEqual(received, Uint8Array.from(range(size).flatMap((from) => [from, rank])));
    await communicator.allGather(Uint8Array.of(rank, 7), received);
    assert.deepEqual(received, Uint8Array.from(range(size).flatMap((from) => [from, 7])));
    await assert.rejects(communicator.allGather(new Uint8Array(5), received), RangeError);
  },
  async 'carries out calls in their order, though nobody waits'(communicator) {
    const { size } = communicator;
    const data = Float64Array.of(1);
    const calls = range(20).map(() => communicator.allReduce(data, 'sum'));
    await communicator.barrier();
    await Promise.all(calls);
    assert.equal(data[0], size ** 20);
  },
  async 'leaves the event loop free while it waits'(communicator) {
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    if (communicator.rank > 0) await new Promise((resolve) => setTimeout(resolve, 300));
    await communicator.barrier();
    clearInterval(timer);
    if (communicator.size > 1) assert.ok(turns > 5, `the event loop turned ${turns} times`);
  },
  async 'counts what it sends'(communicator) {
    const before = communicator.sentBytes;
    await communicator.allReduce(new Float32Array(100), 'sum');
    const { size } = communicator;
    assert.ok(Math.abs(communicator.sentBytes - before - (400 * 2 * (size - 1)) / size) < 1e-6);
  },
};
