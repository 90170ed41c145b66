/** A training that diverges stops with a clear message and leaves the last good checkpoint as it was. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { UserError } from '../../src/errors.js';
import { readCheckpoint } from '../../src/train/checkpoint.js';
import { readRecords } from '../../src/train/records/index.js';
import { resume, train } from '../../src/train/train.js';
import { digestOf, newFolder, tiny } from './tiny.js';

const diverged =
  (...parts: readonly (string | RegExp)[]) =>
  (error: unknown) => {
    assert.ok(error instanceof UserError);
    for (const part of ['training diverged', 'smaller learning rate', ...parts])
      assert.match(error.message, part instanceof RegExp ? part : new RegExp(part));
    return true;
  };

describe('a learning rate that is absurd', () => {
  it('stops before the first checkpoint, and says that there is none', async () => {
    const out = await newFolder();
    const options = { ...tiny, learningRate: 1e30, schedule: 'constant', warmup: 0 } as const;
    await assert.rejects(
      train({ ...options, out }),
      diverged(
        /(the loss became NaN at step \d+|not finite any more after step \d+) in epoch 1/,
        /1\.00e\+30/,
        /no checkpoint yet/,
      ),
    );
    assert.deepEqual((await readdir(out)).sort(), ['config.json', 'metrics.jsonl']);
  });

  it('later on leaves the last good checkpoint as it was, intact and finite', async () => {
    const out = await newFolder();
    const controller = new AbortController();
    await train({ ...tiny, out, signal: controller.signal, onEpoch: () => controller.abort() });
    const config = join(out, 'config.json');
    const text = await readFile(config, 'utf8');
    await writeFile(config, text.replace(/"learningRate": [\d.]+/, '"learningRate": 1e30'));
    const snapshot = async () => {
      const files = (await readdir(out)).filter((file) => file !== 'metrics.jsonl').sort();
      return Promise.all(files.map(async (file) => `${file} ${await digestOf(join(out, file))}`));
    };
    const [before, records] = [await snapshot(), await readFile(join(out, 'metrics.jsonl'), 'utf8')];
    await assert.rejects(resume(out, tiny), diverged('in epoch 2', 'The last good checkpoint is kept in', out));
    assert.deepEqual(await snapshot(), before);
    // the way there is on record
    assert.ok((await readFile(join(out, 'metrics.jsonl'), 'utf8')).startsWith(records));
    for (const { loss } of (await readRecords(out)).steps) assert.ok(Number.isFinite(loss));
    const { model, states } = (await readCheckpoint(out))!;
    for (const { data } of Object.values({ ...model.weights, ...states })) assert.ok(data.every(Number.isFinite));
  });
});
