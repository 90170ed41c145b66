/** The program killed, restarted and ended, as it happens to servers. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Predictor } from '../../src/inference/index.js';
import { temporaryFolder, writePhotos } from '../data/fixtures.js';
import { models, written } from './models.js';

const bin = fileURLToPath(new URL('../../../bin/resmirror.js', import.meta.url));
const folder = await temporaryFolder();
const model = await written(folder, 'classifier');
const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill('SIGKILL');
});

interface Line {
  readonly event: string;
  readonly url: string;
  readonly requests: number;
}

/** Starts the server; resolves when it listens. */
async function started(...options: readonly string[]) {
  const child = spawn(process.execPath, [bin, 'serve', model, '--threads', '1', ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.add(child);
  const ended = once(child, 'exit').then(([code, signal]) => {
    running.delete(child);
    return { code: code as number | null, signal: signal as string | null };
  });
  const lines: Line[] = [];
  const listening = new Promise<Line>((resolve) => {
    createInterface(child.stderr).on('line', (text) => {
      if (!text.startsWith('{')) return;
      const line = JSON.parse(text) as Line;
      lines.push(line);
      if (line.event === 'listening') resolve(line);
    });
  });
  const { url } = await Promise.race([listening, ended.then(() => assert.fail('it ended instead'))]);
  return { child, ended, lines, url };
}

const paths = await writePhotos(folder, 8);
const files = await Promise.all(paths.map((path) => readFile(path)));
const predictor = Predictor.open(models.classifier, { threads: 1 });
const expected: { label: string; probability: number }[] = [];
for await (const { value } of predictor.classify(paths, { top: 1 })) expected.push(value[0]!);
await predictor.close();

const ask = (url: string, number: number) =>
  fetch(`${url}/v1/models/classifier/classify?top=1`, { method: 'POST', body: files[number % files.length]! });

/** Asks until there is an answer, as clients do. */
async function answer(url: string, number: number): Promise<{ tries: number; label: string; probability: number }> {
  for (let tries = 1; ; tries++)
    try {
      const response = await ask(url, number);
      if (response.status === 200) {
        const { results } = (await response.json()) as {
          results: { classes: { label: string; probability: number }[] }[];
        };
        return { tries, ...results[0]!.classes[0]! };
      }
      assert.equal(response.status, 503);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

describe('the program', { timeout: 60_000 }, () => {
  it('is killed and started again under load: clients that try again get all their answers, and the right ones', async () => {
    const first = await started('--port', '0');
    const { port } = new URL(first.url);
    let answered = 0;
    let retried = 0;
    let asked = 0;
    const client = async () => {
      while (asked < 600) {
        const number = asked++;
        const { tries, label, probability } = await answer(first.url, number);
        const right = expected[number % files.length]!;
        assert.equal(label, right.label);
        assert.ok(Math.abs(probability - right.probability) < 1e-5);
        answered++;
        if (tries > 1) retried++;
      }
    };
    const clients = Promise.all(Array.from({ length: 8 }, client));
    while (answered < 100) await new Promise((resolve) => setTimeout(resolve, 5));
    first.child.kill('SIGKILL');
    assert.deepEqual(await first.ended, { code: null, signal: 'SIGKILL' });
    const second = await started('--port', port);
    await clients;
    assert.equal(answered, 600);
    assert.ok(retried > 0, 'nobody noticed that the server was killed');
    second.child.kill('SIGTERM');
    assert.deepEqual(await second.ended, { code: 0, signal: null });
  });

  it('cuts off what takes longer than --drain-timeout, says so, and ends with 1', async () => {
    const { child, ended, lines, url } = await started('--port', '0', '--max-delay', '60000', '--drain-timeout', '500');
    const asked = ask(url, 0);
    while (!(await underWay(url))) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGTERM');
    const response = await asked;
    assert.deepEqual([response.status, response.headers.get('Retry-After')], [503, '5']);
    assert.deepEqual(await ended, { code: 1, signal: null });
    assert.deepEqual(
      lines.filter(({ event }) => event === 'cut off at the end').map(({ requests }) => requests),
      [1],
    );
  });

  it('ends at once at a second SIGTERM', async () => {
    const { child, ended, url } = await started('--port', '0', '--max-delay', '60000');
    const asked = assert.rejects(ask(url, 0));
    while (!(await underWay(url))) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGTERM');
    while ((await fetch(`${url}/v2/health/ready`)).status !== 503)
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGTERM');
    assert.deepEqual(await ended, { code: null, signal: 'SIGTERM' });
    await asked;
  });
});

const underWay = async (url: string) =>
  /^resmirror_requests_under_way 1$/m.test(await (await fetch(`${url}/metrics`)).text());
