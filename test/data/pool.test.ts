import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { Pool } from '../../src/data/pool.js';

type Task = 'wait' | 'echo' | 'throw' | 'exit';

const POOL = new URL('../../src/data/pool.js', import.meta.url).href;
const SCRIPT = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, threadId } from 'node:worker_threads';
    const actions = {
      wait: () => setTimeout(() => parentPort.postMessage(threadId), 200),
      echo: () => parentPort.postMessage(threadId),
      throw: () => { throw new Error('out of luck'); },
      exit: () => process.exit(3),
    };
    parentPort.on('message', (task) => actions[task]());
  `)}`,
);

const pool = (limit: number) => new Pool<Task, number>(SCRIPT, limit);

test('starts no more workers than its limit, or than the task allows', async () => {
  const workers = pool(3);
  const used = new Set(await Promise.all(Array.from({ length: 9 }, () => workers.call('wait', { lanes: 2 }))));
  assert.equal(used.size, 2);
  const more = new Set(await Promise.all(Array.from({ length: 9 }, () => workers.call('wait'))));
  assert.equal(more.size, 3);
  await workers.close();
});

for (const [task, reason] of [
  ['throw', /worker 1 died: out of luck/],
  ['exit', /worker 1 died: .*exit code 3/],
] as const)
  test(`a worker that dies fails its own task only: ${task}`, async () => {
    const workers = pool(2);
    const [dead, ...others] = await Promise.allSettled([
      workers.call(task),
      ...Array.from({ length: 4 }, () => workers.call('wait')),
    ]);
    assert.match(String(dead?.status === 'rejected' && dead.reason), reason);
    assert.ok(others.every(({ status }) => status === 'fulfilled'));
    assert.ok((await workers.call('echo')) > 0, 'its seat is taken again');
    await workers.close();
  });

test('closing fails what is under way and what comes later', async () => {
  const workers = pool(1);
  const pending = Promise.allSettled([workers.call('wait'), workers.call('wait')]);
  await workers.close();
  for (const { status } of await pending) assert.equal(status, 'rejected');
  await assert.rejects(workers.call('echo'), /closed/);
});

test('idle workers let the process end', () => {
  const program = `
    const { Pool } = await import(${JSON.stringify(POOL)});
    await new Pool(new URL(${JSON.stringify(SCRIPT.href)}), 2).call('echo');
  `;
  execFileSync(process.execPath, ['--input-type=module', '--eval', program], { timeout: 20_000 });
});
