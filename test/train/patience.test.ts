/** Ending before all epochs when nothing gets better any more. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { endedEarly } from '../../src/train/patience.js';
import type { EpochRecord } from '../../src/train/report/index.js';
import { resume, train } from '../../src/train/train.js';
import { userError } from '../data/fixtures.js';
import { figuresOf, newFolder, outcomeOf, TINY_STEPS, tiny, until } from './tiny.js';

describe('patience', () => {
  const history = (...figures: number[]) =>
    figures.map((accuracy, i) => ({ epoch: i + 1, accuracy })) as unknown as EpochRecord[];
  const ended = (patience: number | undefined, ...figures: number[]) =>
    endedEarly({ epochs: 6, ...(patience && { patience }) }, history(...figures));

  it('is over when so many epochs in a row have brought nothing better than the best', () => {
    assert.equal(ended(2), undefined);
    assert.equal(ended(2, 0.5, 0.4), undefined);
    assert.equal(
      ended(2, 0.5, 0.4, 0.5), // as good is not better
      'Ended early, after 3 of 6 epochs: the accuracy had not improved for 2 epochs, since epoch 1.',
    );
    assert.equal(ended(2, 0.5, 0.4, 0.6, 0.5), undefined);
    assert.match(ended(1, 0.5, 0.6, 0.6)!, /not improved for an epoch, since epoch 2/);
  });

  it('begins when the learning rate has risen to its peak', () => {
    const ended = (...rates: number[]) =>
      endedEarly(
        { epochs: 6, patience: 2 },
        history(0.5, 0.4, 0.3, 0.2).map((record, i) => ({ ...record, learningRate: rates[i]! })),
      );
    assert.equal(ended(0.1, 0.2, 0.3, 0.2), undefined);
    assert.match(
      ended(0.1, 0.3, 0.2, 0.1)!,
      /after 4 of 6 epochs: the accuracy had not improved for 3 epochs, since epoch 1/,
    );
    assert.match(ended(0.3, 0.3, 0.3, 0.3)!, /since epoch 1/);
  });

  it('has no end without a number, nor after the last epoch', () => {
    assert.equal(ended(undefined, 0.5, 0.4, 0.3, 0.2, 0.1), undefined);
    assert.equal(ended(2, 0.5, 0.4, 0.3, 0.2, 0.1, 0), undefined);
  });

  it('looks at the PSNR of pictures', () => {
    const history = [20, 19].map((psnr, i) => ({ epoch: i + 1, psnr })) as unknown as EpochRecord[];
    assert.match(endedEarly({ epochs: 6, patience: 1 }, history)!, /the PSNR had not improved/);
  });
});

describe('a training with patience', () => {
  it('needs at least an epoch of it', async () => {
    const out = await newFolder();
    await assert.rejects(train({ ...tiny, patience: 0, out }), userError('training options', 'patience', 'got 0'));
  });

  // at this rate nothing is learned
  const options = { ...tiny, epochs: 30, patience: 2, learningRate: 1e-9, schedule: 'constant', warmup: 0 } as const;

  it('ends early, says so, and a resumed one ends as it would have', async () => {
    const [whole, parts] = [await newFolder(), await newFolder()];
    const ended = await train({ ...options, out: whole });
    const { history, interrupted, config } = ended;
    assert.ok(history.length >= 3 && history.length < 30, `${history.length} epochs`);
    const best = Math.max(...history.map(({ accuracy }) => accuracy!));
    assert.equal(history.findIndex(({ accuracy }) => accuracy === best) + 1, history.length - 2);
    assert.match(ended.endedEarly!, new RegExp(`after ${history.length} of 30 epochs: the accuracy .* for 2 epochs`));
    assert.deepEqual([interrupted, config.patience], [false, 2]);
    const page = await readFile(ended.report, 'utf8');
    for (const text of [ended.endedEarly!, `${history.length} of 30 (ended early)`])
      assert.ok(page.includes(text), `${text} is not in the report`);

    const stop = (history.length - 1) * TINY_STEPS + 1; // in the epoch after which patience is over
    const cut = await until(stop, (how) => train({ ...options, ...how, out: parts }));
    assert.deepEqual([cut.interrupted, cut.endedEarly], [true, undefined]);
    assert.equal((await resume(parts, tiny)).endedEarly, ended.endedEarly);
    assert.deepEqual(await figuresOf(parts), await figuresOf(whole));
    assert.deepEqual(await outcomeOf(parts), await outcomeOf(whole));

    let steps = 0;
    const again = await resume(parts, { ...tiny, onStep: () => steps++ });
    assert.deepEqual([steps, again.endedEarly, again.evaluation], [0, ended.endedEarly, ended.evaluation]);
    assert.deepEqual(await outcomeOf(parts), await outcomeOf(whole));
  });
});
