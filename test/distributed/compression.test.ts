/** Means in 16 bits, over ranks that all live in this process and meet in every call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Communicator, oneProcess } from '../../src/communicator/index.js';
import { compressedMean, compressions } from '../../src/distributed/compression.js';
import { fromHalf, fromUpperHalf, toHalf, upperHalfOf } from '../../src/graph/small-floats.js';

/** Ranks in one process, which meet in every call. */
function ranks(size: number): readonly Communicator[] {
  const meet = <T>() => {
    let waiting: { value: T; resolve: (all: readonly T[]) => void }[] = [];
    return (rank: number, value: T) =>
      new Promise<readonly T[]>((resolve) => {
        waiting[rank] = { value, resolve };
        if (Object.keys(waiting).length < size) return;
        const all = waiting;
        waiting = [];
        for (const one of all) one.resolve(all.map((each) => each.value));
      });
  };
  const gather = meet<Uint8Array>();
  const exchange = meet<Uint8Array>();
  return Array.from({ length: size }, (_, rank) => ({
    ...oneProcess(),
    rank,
    size,
    async allGather(data, received) {
      const all = await gather(rank, data.slice());
      for (const [from, bytes] of all.entries()) received.set(bytes, from * data.length);
    },
    async allToAll(data, received) {
      const part = data.length / size;
      const all = await exchange(rank, data.slice());
      for (const [from, bytes] of all.entries())
        received.set(bytes.subarray(rank * part, (rank + 1) * part), from * part);
    },
  }));
}

const precision = { fp16: 2 ** -10, bf16: 2 ** -7 } as const;

for (const compression of compressions)
  test(`${compression}: every rank has the same mean, as near as the type tells numbers apart`, async () => {
    for (const [size, length] of [
      [2, 10],
      [3, 7],
      [4, 1],
      [3, 1000],
    ] as const) {
      const own = Array.from({ length: size }, (_, rank) =>
        Float32Array.from({ length }, (_, i) => Math.sin(1 + i * (rank + 1)) * 10 ** ((i % 4) - 2)),
      );
      const expected = Array.from({ length }, (_, i) => own.reduce((sum, data) => sum + data[i]!, 0) / size);
      const largest = own.map((data) => data.map(Math.abs));
      await Promise.all(ranks(size).map((communicator, rank) => compressedMean(communicator, own[rank]!, compression)));
      for (const data of own) assert.deepEqual(data, own[0]);
      for (const [i, mean] of expected.entries()) {
        const bound = precision[compression] * Math.max(...largest.map((data) => data[i]!)) + 1e-7;
        assert.ok(Math.abs(own[0]![i]! - mean) <= bound, `${own[0]![i]} for ${mean}`);
      }
    }
  });

test('what is too large for a half is the largest one; what is no number stays none', async () => {
  const [alone] = ranks(1);
  const data = Float32Array.of(1e6, -1e6, Number.POSITIVE_INFINITY, Number.NaN);
  await compressedMean(alone!, data, 'fp16');
  assert.deepEqual([...data], [65504, -65504, Number.POSITIVE_INFINITY, Number.NaN]);
});

test('bfloat16 is the nearest, of two equally near ones the even', () => {
  for (const [from, to] of [
    [0x3f800000, 0x3f80],
    [0x3f808000, 0x3f80],
    [0x3f818000, 0x3f82],
    [0x3f808001, 0x3f81],
    [0xbf80ffff, 0xbf81],
    [0x7f800000, 0x7f80],
  ] as const)
    assert.equal(upperHalfOf(from), to);
  assert.ok(Number.isNaN(fromUpperHalf(upperHalfOf(0x7fc00000))));
});

test('every half is the half nearest to itself, and between two the nearer, or the even one', () => {
  for (let bits = 0; bits < 0x7c00; bits++) {
    const [value, next] = [fromHalf(bits), bits === 0x7bff ? 65536 : fromHalf(bits + 1)];
    assert.equal(toHalf(value), bits);
    assert.equal(toHalf(-value), bits | 0x8000);
    const middle = (value + next) / 2;
    assert.equal(toHalf(middle), bits + (bits & 1));
    assert.equal(toHalf(middle - (next - value) / 8), bits);
    assert.equal(toHalf(middle + (next - value) / 8), bits + 1);
  }
  assert.ok(Number.isNaN(fromHalf(toHalf(Number.NaN))));
});
