import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { time } from '../../src/cli/values.js';
import { json, run, tiny, workplace } from './program.js';

const folder = await workplace();
const words = ['train', 'classify', 'drawn:64', ...tiny.slice(0, -2), '--threads', '1']; // without a batch

test('train tells which batch and how many epochs it has chosen', async () => {
  const { code, stderr } = await run(folder, ...words, '--batch', 'auto', '--time', '0.01s', '--out', 'fitted');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^Batches of 8: about [\d.]+ MB of the [\d.]+ [MGT]B of memory that are free\.$/m);
  assert.match(stderr, /warning: an epoch takes about .*: one is trained, longer than the 0 s asked for/);
  const { config } = JSON.parse(await readFile(join(folder, 'fitted', 'config.json'), 'utf8'));
  assert.deepEqual([config.batch, config.epochs], [8, 1]);
});

test('train ends early, and says so again when resumed', async () => {
  const early = [
    ...words,
    '--batch',
    '16',
    '--lr',
    '1e-9',
    '--schedule',
    'cosine',
    '--epochs',
    '30',
    '--patience',
    '2',
  ];
  const { stdout } = await run(folder, ...early, '--out', 'early');
  const [statement] = /^Ended early, after \d+ of 30 epochs: the accuracy had not improved for \d epochs.*$/m.exec(
    stdout,
  )!;
  const again = await run(folder, 'train', '--resume', 'early');
  assert.equal(again.code, 0, again.stderr);
  assert.ok(again.stdout.includes(statement));
  assert.equal((await json(folder, 'train', '--resume', 'early')).endedEarly, statement);
});

test('a time has units, and stands in place of epochs', async () => {
  assert.deepEqual(['90s', '10m', '2h', '1.5h', '1h30m', '1m30s'].map(time), [90, 600, 7200, 5400, 5400, 90]);
  for (const wrong of ['', '10', '0s', '-1m', '10x', '30m1h'])
    assert.throws(() => time(wrong), /such as 90s, 10m/, wrong);
  const { code, stderr } = await run(folder, ...words, '--time', '1m', '--epochs', '2');
  assert.equal(code, 1);
  assert.match(stderr, /leave one out/);
});
