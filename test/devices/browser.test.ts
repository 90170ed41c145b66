/** Chromium against Node's CPU: WebAssembly on one thread and on several, and WebGPU by software. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { type Choice, statement } from '../../src/runtime/choice.js';
import { openRuntime, type Tensors } from '../../src/runtime/index.js';
import { closeAll, needsBrowser, served, visit } from '../web-folder/browser.js';
import { answers } from './judge.js';
import { type Subject, subjects } from './questions.js';
import { site } from './site.js';

const ENGINES = {
  cpu: { module: 'engine/wasm.js', code: 'engine/wasm.wasm' },
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

  const opened = async (isolated: boolean, before?: string) => {
    folder ??= await site();
    const visited = await visit(await served(folder, { isolated }), before ? { before } : {});
    const ready = visited.page.waitForFunction('window.ask', undefined, { timeout: 60_000 });
    await ready.catch(() => assert.fail(`${visited.complaints}`));
    return visited;
  };
  const asked = async (subject: Subject, options: object, isolated: boolean) => {
    const { page, complaints } = await opened(isolated);
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
      const options = { engine: ENGINES.cpu, threads: 2 };
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

  /** What is chosen of both devices, and which files were fetched for it. */
  const chosen = async (before?: string, engines: object = ENGINES) => {
    const { page, requests } = await opened(false, before);
    const choice = await page.evaluate<Choice>(`window.fastest(${JSON.stringify(engines)})`);
    await page.context().close();
    return { device: choice.device, said: statement(choice), fetched: requests.filter((url) => /engine/.test(url)) };
  };

  /** The adapter in software, as if it were none. */
  const disguised = "Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { value: false })";

  test('the choice tries both, and takes what is faster', needsBrowser, async () => {
    const { device, said, fetched } = await chosen(disguised);
    assert.equal(device, 'cpu');
    // a busy machine runs out of patience, which is an answer too
    assert.match(said, /^computing on cpu \(cpu: \d+ GFLOP\/s; webgpu(: \d+ GFLOP\/s| .* within 60 seconds)\)$/);
    assert.ok(fetched.some((url) => url.endsWith('webgpu.wasm')));
  });

  test('without WebGPU its engine is not fetched, and the statement says why', needsBrowser, async () => {
    const hidden = await chosen("Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined })");
    assert.match(hidden.said, /^computing on cpu .*; webgpu does not work here: this browser has none\)$/);
    const idle = await chosen('GPU.prototype.requestAdapter = async () => null');
    assert.match(idle.said, /; webgpu does not work here: the browser offers no graphics processor\)$/);
    const soft = await chosen();
    assert.match(soft.said, /; webgpu does not work here: the browser offers software in place .*\)$/);
    for (const { fetched } of [hidden, idle, soft]) {
      assert.ok(fetched.some((url) => url.endsWith('wasm.wasm')));
      assert.ok(!fetched.some((url) => url.includes('webgpu')));
    }
  });

  test('an engine that cannot be opened is told of', needsBrowser, async () => {
    const { device, said } = await chosen(disguised, {
      ...ENGINES,
      webgpu: { module: 'engine/none.js', code: 'engine/none.wasm' },
    });
    assert.equal(device, 'cpu');
    assert.match(said, /webgpu does not work here: the engine did not open: .*none\.js/);
  });
});
