import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { json, run, tiny, workplace } from './program.js';

const folder = await workplace();
const words = ['find-lr', 'classify', 'drawn:64', ...tiny, '--threads', '1', '--highest', '1e6'];

test('find-lr prints rates to train with, and writes nothing but the curve', async () => {
  const { code, stdout, stderr } = await run(folder, ...words, '--out', 'lr.html');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^basic-resnet-1-1 on drawn:64, sgd, batches of 16$/m);
  assert.match(stdout, /blew up at [\d.e+]+, after \d+ steps/);
  const [, rate] = /fell fastest at ([\d.e-]+)$/m.exec(stdout)!;
  assert.match(stdout, new RegExp(`train … --lr ${rate}$`, 'm'));
  assert.deepEqual(await readdir(folder), ['lr.html']);
  assert.match(await readFile(join(folder, 'lr.html'), 'utf8'), /resmirror find-lr classify drawn:64/);
});

test('find-lr --json takes its range', async () => {
  const found = await json(folder, ...words, '--lowest', '0.01', '--highest', '1', '--steps', '12', '--out', 'lr.svg');
  const points = found.points as { learningRate: number }[];
  assert.deepEqual([points[0]!.learningRate, points.length, found.report], [0.01, 12, 'lr.svg']);
  assert.ok(Math.abs(points.at(-1)!.learningRate - 1) < 1e-12);
  assert.match(await readFile(join(folder, 'lr.svg'), 'utf8'), /^<svg /);
});

test('find-lr refuses what it decides itself, and other files', async () => {
  for (const wrong of [
    ['--lr', '1'],
    ['--epochs', '3'],
    ['--out', 'lr.png'],
  ])
    assert.equal((await run(folder, ...words, ...wrong)).code, 2, wrong.join(' '));
});
