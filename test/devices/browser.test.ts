/** Chromium against Node's CPU: WebAssembly on one thread and on several, and WebGPU by software. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { openRuntime, type Tensors } from '../../src/runtime/index.js';
import { closeAll, needsBrowser, served, visit } from '../web-folder/browser.js';
import { answers } from './judge.js';
import { type Subject, subjects } from './questions.js';
import { site } from './site.js';

const ENGINES = {
  wasm: { module: 'engine/wasm.js', code: 'engine/wasm.wasm' },
  webgpu: { module: 'engine/webgpu.js', code: 'engine/webgpu.wasm' },
};

/** What the provider has in no way; see node.test.ts. */
const KNOWN = /^ConvTranspose, draw 1: failed: .*Only Conv2d or Conv1d are supported/;

/** The CPU's answers as they travel into a page. */
async function expectedOf(subject: Subject): Promise<Readonly<Record<string, Tensors>>> {
  const runtime = openRuntime({ threads: 1, target: 'portable' });
  const found = await answers(runtime, subjects[subject]);
  await runtime.close();
  const listed = ([name, { shape, data }]: [string, Tensors[string]]) => [
    name,
    { shape, data: Array.from(data, Number) },
  ];
  return Object.fromEntries(
    [...found].map(([name, tensors]) => [name, Object.fromEntries(Object.entries(tensors).map(listed))]),
  );
}

describe('pages', needsBrowser, () => {
  let folder: string | undefined;
  after(async () => {
    await closeAll();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const asked = async (subject: Subject, options: object, isolated: boolean) => {
    folder ??= await site();
    const { page, complaints } = await visit(await served(folder, { isolated }));
    await page.waitForFunction('window.ask', undefined, { timeout: 60_000 }).catch(() => assert.fail(`${complaints}`));
    const given = JSON.stringify([options, { subject, expected: await expectedOf(subject) }]);
    const answer = await page.evaluate<{ asked: number; found: string[]; threads: number; device: string }>(
      `window.ask(...${given})`,
    );
    await page.context().close();
    return { ...answer, complaints };
  };

  for (const [name, threads, isolated] of [
    ['one thread', 1, false],
    ['several threads', 2, true],
  ] as const)
    test(`WebAssembly on ${name}`, needsBrowser, async () => {
      const options = { engine: ENGINES.wasm, threads: 2 };
      for (const subject of ['operators', 'networks'] as const) {
        const answer = await asked(subject, options, isolated);
        assert.deepEqual(answer.found, []);
        assert.equal(answer.threads, threads);
        assert.ok(answer.asked > 10);
      }
    });

  test('WebGPU', needsBrowser, async () => {
    for (const subject of ['operators', 'networks'] as const) {
      const { found } = await asked(subject, { engine: ENGINES.webgpu, device: 'webgpu', threads: 1 }, true);
      assert.deepEqual(
        found.filter((line) => !KNOWN.test(line)),
        [],
      );
    }
  });
});
