/** The examples run, from end to end, with tiny budgets. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';

const run = (name: string, env: Record<string, string>) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`build/examples/${name}.js`], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  assert.equal(status, 0, stderr);
  return stdout;
};

test('a five-layer network with a loss of its own learns', () => {
  const losses = [...run('five-layers', { EPOCHS: '2' }).matchAll(/focal loss ([\d.]+)/g)].map(([, loss]) =>
    Number(loss),
  );
  assert.equal(losses.length, 2);
  assert.ok(losses[1]! < losses[0]!, `focal loss ${losses}`);
});

test('a network with shared weights grows a heart', () => {
  const losses = [...run('growing-heart', { STEPS: '60' }).matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
  assert.equal(losses.length, 3);
  assert.ok(losses[2]! < losses[0]!, `loss ${losses}`);
});

test("the article's checkerboard is drawn, and is gone from the mirrors", async () => {
  const out = join(await mkdtemp(join(tmpdir(), 'checkerboard-')), 'checkerboard.png');
  const printed = run('checkerboard', { VECTORS: '64', OUT: out });
  const found = [...printed.matchAll(/^(\S+): ([\d.]+)/gm)].map(([, name, figure]) => [name, Number(figure)] as const);
  assert.deepEqual(
    found.map(([name]) => name),
    ['article', 'deconv', 'resize', 'pixel-shuffle'],
  );
  for (const [name, figure] of found) assert.ok(name === 'article' ? figure > 2 : figure < 1.2, `${name}: ${figure}`);
  const { width, height } = await sharp(out).metadata();
  assert.deepEqual([width, height], [4 * 262 - 6, 2 * 262 - 6]);
});

test('each stage sees more of the image', () => {
  const printed = run('receptive-fields', {});
  assert.match(printed, /^resnet18: layer1 43 px, layer2 99 px, layer3 211 px, layer4 435 px$/m); // as the source has them
  assert.match(printed, /^resnet50: .*layer4 \d+ px$/m);
});
