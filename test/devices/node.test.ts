/** WebGPU on Node against the CPU. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { needsVulkan, softwareVulkan } from './software-adapter.js';

/** What cannot be said otherwise; each is checked to fail still, so that the list stays true. */
const KNOWN = [/^ConvTranspose, draw 1: failed: .*Only Conv2d or Conv1d are supported/];

async function ask<T>(subject: string): Promise<T> {
  const script = fileURLToPath(new URL('./ask.js', import.meta.url));
  const env = { ...process.env, ...softwareVulkan };
  const { stdout } = await promisify(execFile)(process.execPath, [script, 'webgpu', subject], { env });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as T;
}

interface Compared {
  readonly asked: number;
  readonly found: readonly string[];
}

test('every operator and its derivative', needsVulkan, async () => {
  const { asked, found } = await ask<Compared>('operators');
  assert.ok(asked > 100);
  assert.deepEqual(
    found.filter((line) => !KNOWN.some((known) => known.test(line))),
    [],
  );
  for (const known of KNOWN) assert.ok(found.some((line) => known.test(line)));
});

test('steps of training and inference of every family', needsVulkan, async () => {
  const { asked, found } = await ask<Compared>('networks');
  assert.ok(asked > 10);
  assert.deepEqual(found, []);
});

test('no operator of the standard networks falls back to the CPU', needsVulkan, async () => {
  const { ran, fallbacks } = await ask<{ ran: number; fallbacks: object }>('fallbacks');
  assert.ok(ran > 1000);
  assert.deepEqual(fallbacks, {});
});

test('no operator of a standard network has to fall back, in training or inference', needsVulkan, async () => {
  const { nodes, refused } = await ask<{ nodes: number; refused: readonly string[] }>('standard');
  assert.ok(nodes > 10_000);
  assert.deepEqual(refused, []);
});

test('variables stay on the device: a step carries its batch, scalars and the loss', needsVulkan, async () => {
  const found = await ask<Readonly<Record<string, Crossed>>>('traffic');
  for (const [what, { toDevice, fromDevice, batch, variables }] of Object.entries(found)) {
    assert.ok(variables > 10_000, what);
    assert.ok(
      toDevice >= batch && toDevice <= batch + 64,
      `${what}: ${toDevice} bytes, of which ${batch} are the batch`,
    );
    assert.equal(fromDevice, 4, what);
  }
});

interface Crossed {
  readonly toDevice: number;
  readonly fromDevice: number;
  readonly batch: number;
  readonly variables: number;
}

test('inference in 16-bit floats, or a word on why not', needsVulkan, async () => {
  const { has, found } = await ask<{ has: boolean; found: readonly string[] }>('halves');
  if (has) assert.deepEqual(found, []);
  else assert.match(`${found}`, /^inference .*: webgpu computes no 16-bit floats here: its adapter lacks shader-f16/);
});
