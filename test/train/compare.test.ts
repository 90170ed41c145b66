/** Runs side by side: read from real folders, shown in one table and one page. */
import assert from 'node:assert/strict';
import { appendFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { compareRuns } from '../../src/train/compare.js';
import { renderComparison } from '../../src/train/report/comparison.js';
import { type TrainResult, train } from '../../src/train/train.js';
import { userError } from '../data/fixtures.js';
import { newFolder, tiny, until } from './tiny.js';

const parent = await newFolder();
const [long, short, mirror] = ['long', 'short', 'mirror'].map((name) => join(parent, name)) as [string, string, string];
let results: readonly TrainResult[];

const titles = (page: string) => [...page.matchAll(/<figcaption><h3>(.*?)<\/h3>/g)].map(([, title]) => title);
/** Which series a chart draws. */
const seriesOf = (page: string, title: string) => {
  const [figure = ''] = page.match(new RegExp(`<figcaption><h3>${title}</h3>.*?</figure>`, 's')) ?? [];
  return [...figure.matchAll(/<path class="(s\d)"/g)].map(([, series]) => series);
};

describe('runs compared', () => {
  before(async () => {
    results = [
      await train({ ...tiny, epochs: 3, out: long }),
      await train({ ...tiny, epochs: 2, learningRate: 0.01, optimizer: 'adamw', out: short }),
      await train({ ...tiny, epochs: 1, task: 'reconstruct', latent: 8, out: mirror }),
    ];
  });

  it('says what differs and nothing else, and what came of each', async () => {
    const { runs, differences } = await compareRuns([long, short]);
    const [first, second] = results.map(({ config }) => config);
    assert.deepEqual(Object.fromEntries(differences.map(({ setting, values }) => [setting, values])), {
      epochs: [3, 2],
      learningRate: [first!.learningRate, 0.01],
      warmup: [first!.warmup, second!.warmup],
      'optimizer.name': ['sgd', 'adamw'],
      'optimizer.momentum': [0.9, undefined],
      'optimizer.nesterov': [true, undefined],
      'optimizer.weightDecay': [5e-4, 0.01],
      'optimizer.beta1': [undefined, 0.9],
      'optimizer.beta2': [undefined, 0.999],
      'optimizer.epsilon': [undefined, 1e-8],
    });
    for (const [i, { history }] of results.slice(0, 2).entries()) {
      const { name, epochs, planned, best, validationLoss, seconds, imagesPerSecond } = runs[i]!;
      assert.deepEqual([name, epochs, planned], [['long', 'short'][i], history.length, history.length]);
      const accuracies = history.map(({ accuracy }) => accuracy!);
      assert.deepEqual(best, history[accuracies.indexOf(Math.max(...accuracies))]);
      assert.equal(validationLoss, Math.min(...history.map((record) => record.validationLoss)));
      const total = (field: 'seconds' | 'imagesPerSecond') => history.reduce((sum, record) => sum + record[field], 0);
      assert.deepEqual([seconds, imagesPerSecond], [total('seconds'), total('imagesPerSecond') / history.length]);
    }
  });

  it('lays the curves of all runs over each other, each run in its colour throughout', async () => {
    const page = renderComparison((await compareRuns([long, mirror, short])).shown);
    assert.deepEqual(titles(page), [
      'Loss: train',
      'Loss: validation',
      'Accuracy on validation: top 1',
      'Accuracy on validation: top 5',
      'PSNR on validation',
      'Structural similarity on validation: SSIM',
      'Structural similarity on validation: MS-SSIM',
      'Loss by step',
      'Learning rate',
      'Images per second',
    ]);
    assert.deepEqual(seriesOf(page, 'Loss: train'), ['s0', 's1', 's2']);
    assert.deepEqual(seriesOf(page, 'Loss by step'), ['s0', 's1', 's2']);
    assert.deepEqual(seriesOf(page, 'Accuracy on validation: top 1'), ['s0', 's2']);
    assert.deepEqual(seriesOf(page, 'PSNR on validation'), ['s1']);
    const heads = [...page.matchAll(/class="run (s\d)">(.*?)<\/th>/g)].map(([, series, name]) => [series, name]);
    assert.deepEqual(heads, [
      ['s0', 'long'],
      ['s1', 'mirror'],
      ['s2', 'short'],
    ]);
    const [figure = ''] = page.match(/<h3>Loss: train<\/h3>.*?<\/figure>/s) ?? [];
    const stops = figure.split('<g class="stop">').slice(1);
    assert.equal(stops.length, 3); // epochs of the longest run
    assert.deepEqual(
      stops.map((stop) => [...stop.matchAll(/<circle/g)].length),
      [3, 2, 1],
    );
    assert.match(stops[0]!, /epoch 1.*mark s0.*long.*mark s1.*mirror.*mark s2.*short/s);
    assert.equal(/https?:|src=|href=|url\(|NaN|undefined/.test(page), false);
  });

  it('equal runs have no difference; folders of one name are told apart by their paths', async () => {
    const copy = join(parent, 'copies', 'long');
    await cp(long, copy, { recursive: true });
    const { runs, differences, shown } = await compareRuns([long, copy]);
    assert.deepEqual(differences, []);
    assert.deepEqual(
      runs.map(({ name }) => name),
      [long, copy],
    );
    assert.match(renderComparison(shown), /The runs have the same settings/);
  });

  it('takes runs that have just begun, and one that is being written', async () => {
    const begun = join(parent, 'begun');
    await until(2, (how) => train({ ...tiny, ...how, out: begun }));
    await appendFile(join(begun, 'metrics.jsonl'), '{"step":3,"ep');
    const { runs, shown } = await compareRuns([begun, short]);
    assert.deepEqual([runs[0]?.epochs, runs[0]?.best, runs[0]?.imagesPerSecond], [0, undefined, undefined]);
    const page = renderComparison(shown);
    assert.deepEqual(seriesOf(page, 'Loss by step'), ['s0', 's1']);
    assert.deepEqual(seriesOf(page, 'Loss: train'), ['s1']);
    await rm(join(begun, 'metrics.jsonl'));
    assert.deepEqual((await compareRuns([begun, short])).shown.runs[0]?.steps, []);
  });

  it('refuses what is no run, one alone, too many, and the same twice', async () => {
    const empty = join(parent, 'empty');
    await mkdir(empty);
    await assert.rejects(compareRuns([long, empty]), userError(empty, 'is no run', 'config.json'));
    await assert.rejects(compareRuns([long, join(parent, 'nowhere')]), userError('nowhere is no run'));
    await assert.rejects(compareRuns([long]), userError('expected 2 to 8 run folders', 'got 1'));
    await assert.rejects(compareRuns(Array(9).fill(long)), userError('got 9'));
    await assert.rejects(compareRuns([long, short, `${long}/`]), userError('long/ twice'));
    const damaged = join(parent, 'damaged');
    await cp(short, damaged, { recursive: true });
    await writeFile(join(damaged, 'metrics.jsonl'), '[]\n');
    await assert.rejects(compareRuns([long, damaged]), userError('line 1', 'metrics.jsonl is damaged'));
  });
});
