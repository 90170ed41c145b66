/** The examples run, from end to end, with tiny budgets, in a folder of their own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';

const folder = await mkdtemp(join(tmpdir(), 'resmirror-examples-'));
after(() => rm(folder, { recursive: true, force: true }));

const run = (name: string, env: Record<string, string> = {}) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve(`build/examples/${name}.js`)], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  assert.equal(status, 0, stderr);
  return stdout;
};

const TINY = { DATA: 'drawn:200', NET: '{"bottleneck":false,"repeats":[1,1],"width":4}', EPOCHS: '1' };
const sizeOf = async (name: string) => {
  const { width, height } = await sharp(join(folder, name)).metadata();
  return [width, height];
};

test('ten examples at least have less than 60 lines', async () => {
  const names = (await readdir('examples')).filter((name) => name.endsWith('.ts'));
  const lines = await Promise.all(
    names.map(async (name) => (await readFile(`examples/${name}`, 'utf8')).split('\n').length - 1),
  );
  assert.ok(lines.filter((count) => count < 60).length >= 10, names.map((name, i) => `${name} ${lines[i]}`).join(', '));
});

test('a classifier, and what is done with it', async (t) => {
  const trained = run('classify', TINY);
  assert.match(trained, /accuracy on images that it was not shown: [\d.]+ %/);
  assert.equal(trained.match(/^images\/.*\.png [a-z]+ [\d.]+ %, [a-z]+ [\d.]+ %$/gm)?.length, 10);

  await t.test('fine-tuned', () => {
    const printed = run('fine-tune', TINY);
    assert.match(printed, /a new last layer: [\d.]+ %\nall but the first stage: [\d.]+ %/);
  });
  await t.test('similar images, itself first', () => {
    const [, first, second] = run('similar').split('\n');
    assert.match(first!, /^1\.000 /);
    assert.ok(Number(second!.slice(0, 5)) <= 1);
  });
  await t.test('explained', async () => {
    assert.match(run('explain'), /^[a-z]+, [\d.]+ %: explained\.png/);
    assert.deepEqual(await sizeOf('explained.png'), [64, 64]);
  });
  await t.test('exported to ONNX, and the same there', () => {
    const [, apart] = run('export-onnx').match(/are (\S+) apart/)!;
    assert.ok(Number(apart) < 1e-4, apart);
  });
  await t.test('in 8 bits', () => {
    const found = [...run('quantize', TINY).matchAll(/accuracy ([\d.]+) %/g)].map(([, share]) => Number(share));
    assert.equal(found.length, 2);
    assert.ok(Math.abs(found[0]! - found[1]!) < 20, `${found}`);
  });
  await t.test('served', () => {
    const printed = run('server', { PORT: '0', ONCE: '1' });
    assert.match(printed, /^200 \{.*"label"/m);
  });
});

test('an autoencoder, and pictures of what comes back', async () => {
  assert.match(run('reconstruct', TINY), /PSNR [\d.]+ dB\nreconstructed\.png/);
  const [width, height] = await sizeOf('reconstructed.png');
  assert.equal(width, 5 * height!);
});

test('images of random vectors', async () => {
  assert.match(run('generate', TINY), /16 images of \d+ classes in generated\.png/);
  const [width, height] = await sizeOf('generated.png');
  assert.equal(width, height);
});

test('networks as functions', () => {
  const printed = run('functions');
  assert.match(printed, /images \[ 2, 64, 64, 3 \] -> vectors \[ 2, 128 \]/);
  assert.match(printed, /-> images \[ 2, 64, 64, 3 \]/);
});

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
