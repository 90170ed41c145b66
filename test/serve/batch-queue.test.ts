/** Rows of many requests in batches. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BatchQueue, batchSizes, type Lane } from '../../src/serve/batch-queue.js';

const never = new AbortController().signal;

/** A lane that notes its batches, each of which takes some milliseconds. */
function noting(name = 'double', took = 10) {
  const batches: (readonly number[])[] = [];
  const lane: Lane<number, number> = {
    name,
    async run(rows) {
      batches.push(rows);
      await new Promise((resolve) => setTimeout(resolve, took));
      return rows.map((row) => 2 * row);
    },
  };
  return { lane, batches };
}

describe('a queue of batches', () => {
  it('gathers rows of several requests, and gives each its own answers', async () => {
    const { lane, batches } = noting();
    const queue = new BatchQueue({ max: 4, delay: 100, queue: 99 });
    const answers = await Promise.all([[1], [2, 3], [4, 5, 6]].map((rows) => queue.submit(lane, rows, never)));
    assert.deepEqual(answers, [[2], [4, 6], [8, 10, 12]]);
    assert.deepEqual(batches, [
      [1, 2, 3, 4],
      [5, 6],
    ]);
  });

  it('refuses at once what does not fit, and all rows of it', async () => {
    const { lane, batches } = noting();
    const queue = new BatchQueue({ max: 2, delay: 0, queue: 3 });
    const taken = [queue.submit(lane, [1, 2], never), queue.submit(lane, [3, 4], never)];
    await assert.rejects(queue.submit(lane, [5, 6], never), { status: 503, headers: { 'Retry-After': '1' } });
    await assert.rejects(queue.submit(lane, [1, 2, 3, 4], never), { status: 413 });
    await Promise.all(taken);
    assert.deepEqual(batches, [
      [1, 2],
      [3, 4],
    ]);
  });

  it('drops rows that nobody waits for, and keeps lanes apart', async () => {
    const [a, b] = [noting('a'), noting('b')];
    const queue = new BatchQueue({ max: 2, delay: 0, queue: 9 });
    const gone = new AbortController();
    const first = queue.submit(a.lane, [1, 2], never);
    const dropped = queue.submit(a.lane, [3, 4], gone.signal);
    const other = queue.submit(b.lane, [5], never);
    gone.abort(new Error('gone'));
    await assert.rejects(dropped, { message: 'gone' });
    assert.deepEqual([await first, await other], [[2, 4], [10]]);
    assert.deepEqual([a.batches, b.batches, queue.length], [[[1, 2]], [[5]], 0]);
  });

  it('goes on after a batch that failed', async () => {
    const { lane } = noting();
    const queue = new BatchQueue({ max: 2, delay: 0, queue: 9 });
    const failing = { name: 'failing', run: () => Promise.reject(new Error('no')) };
    await assert.rejects(queue.submit(failing, [1], never), { message: 'no' });
    assert.deepEqual(await queue.submit(lane, [1], never), [2]);
  });

  it('has few sizes', () => {
    assert.deepEqual([1, 6, 8].map(batchSizes), [[1], [1, 2, 4, 6], [1, 2, 4, 8]]);
  });
});
