/** An interrupted run that is resumed is, bit for bit, the run that was not interrupted. */
import assert from 'node:assert/strict';
import { appendFile, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readCheckpoint } from '../../src/train/checkpoint.js';
import { readRecords } from '../../src/train/records/index.js';
import { resume, type TrainResult, train } from '../../src/train/train.js';
import { temporaryFolder, userError, writePhotos } from '../data/fixtures.js';
import { figuresOf, killedAfter, newFolder, outcomeOf, TINY_STEPS, tiny, until } from './tiny.js';

const cases = [
  { task: 'classify', optimizer: 'sgd', stops: [1, TINY_STEPS, TINY_STEPS + 2, 3 * TINY_STEPS - 1] },
  { task: 'classify', optimizer: 'adamw', stops: [TINY_STEPS + 3] },
  { task: 'reconstruct', optimizer: 'sgd', stops: [2 * TINY_STEPS - 1] },
  { task: 'reconstruct', optimizer: 'adamw', stops: [4, 3 * TINY_STEPS] },
] as const;

describe('a resumed run equals the uninterrupted one', () => {
  for (const { task, optimizer, stops } of cases)
    it(`${task} by ${optimizer}, stopped after steps ${stops.join(', ')} of ${3 * TINY_STEPS}`, async () => {
      const options = { ...tiny, task, optimizer, learningRate: optimizer === 'sgd' ? 0.05 : 3e-3 } as const;
      const [whole, parts] = [await newFolder(), await newFolder()];
      const uninterrupted = await train({ ...options, out: whole });
      assert.equal(uninterrupted.interrupted, false);

      let result: TrainResult | undefined;
      let before = 0;
      for (const stop of stops) {
        result = await until(
          stop,
          (how) => (before === 0 ? train({ ...options, ...how, out: parts }) : resume(parts, { ...options, ...how })),
          before,
        );
        assert.equal(result.interrupted, true);
        assert.equal((await readCheckpoint(parts))?.progress.step, stop);
        before = stop;
      }
      result = await resume(parts, options);
      assert.equal(result.interrupted, false);
      assert.deepEqual(await figuresOf(parts), await figuresOf(whole));
      assert.deepEqual(await outcomeOf(parts), await outcomeOf(whole));
      assert.deepEqual(result.evaluation, uninterrupted.evaluation);
      assert.deepEqual(result.config, uninterrupted.config);
    });

  it('whatever the number of threads that decode, and from a run that had not begun', async () => {
    const [whole, parts] = [await newFolder(), await newFolder()];
    const folder = await temporaryFolder();
    for (const name of ['a', 'b']) await writePhotos(join(folder, name), 20);
    const chance = {
      crop: [0.5, 1],
      flipVertical: 0.5,
      policy: { name: 'trivialaugment' },
      jitter: { brightness: 0.4, hue: 0.1 },
      erase: 0.5,
      repeats: 3,
    } as const;
    const options = { ...tiny, ...chance, data: folder, batch: 8, epochs: 2 };
    await train({ ...options, workers: 1, out: whole });
    await until(2, (how) => train({ ...options, ...how, workers: 2, out: parts }));
    // as after a kill before the first checkpoint
    for (const file of ['last.safetensors', 'last.optimizer-2.safetensors', 'report.html']) await rm(join(parts, file));
    assert.equal(await readCheckpoint(parts), undefined);
    await until(5, (how) => resume(parts, { ...how, threads: 1, workers: 2 }));
    await resume(parts, { threads: 1, workers: 3 });
    assert.deepEqual(await figuresOf(parts), await figuresOf(whole));
    assert.deepEqual(await outcomeOf(parts), await outcomeOf(whole));
  });
});

describe('resuming', () => {
  it('cuts off what was recorded after the checkpoint, and a line that was not finished', async () => {
    const [whole, parts] = [await newFolder(), await newFolder()];
    const options = { ...tiny, logEvery: 2 } as const;
    await train({ ...options, out: whole });
    await until(4, (how) => train({ ...options, ...how, out: parts }));
    const metrics = join(parts, 'metrics.jsonl');
    const before = await readFile(metrics, 'utf8');
    assert.deepEqual(
      (await readRecords(parts)).steps.map(({ step }) => step),
      [2, 4],
    );
    await killedAfter(parts, () => until(TINY_STEPS, (how) => resume(parts, { ...options, ...how })));
    const after = await readFile(metrics, 'utf8');
    assert.ok(after.startsWith(before) && after.includes('trainLoss'), 'appended only');
    await appendFile(metrics, '{"step":');
    await resume(parts, options);
    assert.ok((await readFile(metrics, 'utf8')).startsWith(before));
    assert.deepEqual(await figuresOf(parts), await figuresOf(whole));
  });

  it('names a line of the records that is damaged', async () => {
    const out = await newFolder();
    await until(2, (how) => train({ ...tiny, ...how, out }));
    await writeFile(join(out, 'metrics.jsonl'), '{"step":1,"epoch":1,"loss":2}\nnonsense\n');
    await assert.rejects(resume(out, tiny), userError('line 2 of', 'metrics.jsonl is damaged', 'got nonsense'));
  });

  it('at the end trains no more, and judges again', async () => {
    const out = await newFolder();
    const first = await train({ ...tiny, epochs: 1, out });
    const again = await resume(out, { ...tiny, onStep: () => assert.fail('a step') });
    assert.deepEqual(again.evaluation?.metrics, first.evaluation?.metrics);
    assert.deepEqual(again.history, first.history);
  });

  it('refuses other classes, what is no run, and damaged files', async () => {
    const out = await newFolder();
    const folder = await temporaryFolder();
    for (const name of ['a', 'b']) await writePhotos(join(folder, 'data', name), 8, 16);
    for (const name of ['a', 'c']) await writePhotos(join(folder, 'changed', name), 8, 16);
    const options = { ...tiny, data: join(folder, 'data'), batch: 4 } as const;
    await until(1, (how) => train({ ...options, ...how, out }));

    await assert.rejects(
      resume(out, { data: join(folder, 'changed') }),
      userError(out, 'trained on the classes a, b', 'has a, c', 'give the data it began with'),
    );
    await assert.rejects(resume(out, { data: join(folder, 'none') }), userError('none'));
    await assert.rejects(resume(folder), userError(folder, 'is no run', 'config.json'));

    const last = join(out, 'last.safetensors');
    await rm(join(out, 'last.optimizer-1.safetensors'));
    await assert.rejects(resume(out), userError('last.optimizer-1.safetensors'));
    await writeFile(last, 'damaged');
    await assert.rejects(resume(out), userError(last));
    await writeFile(join(out, 'config.json'), '{"config":');
    await assert.rejects(resume(out), userError('config.json is damaged'));
    await writeFile(join(out, 'config.json'), '{"config":{"task":"sing"}}');
    await assert.rejects(resume(out), userError('config.json', 'got "sing"'));
  });

  it('refuses a model that has no training', async () => {
    const out = await newFolder();
    await train({ ...tiny, epochs: 1, out });
    await copyFile(join(out, 'best.safetensors'), join(out, 'last.safetensors'));
    await assert.rejects(resume(out), userError('without the state of its training'));
  });
});
