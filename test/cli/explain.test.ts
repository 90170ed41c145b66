import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { writeDrawnFolder } from '../../src/data/drawn/index.js';
import { json, run, tiny, workplace } from './program.js';

const folder = await workplace();
const images = (await writeDrawnFolder(join(folder, 'images'), { perClass: 1, size: 16 })).slice(0, 3);
const short = [...tiny, '--epochs', '1'];
for (const words of [
  ['classify', 'drawn:64', ...short, '--out', 'classifier'],
  ['reconstruct', 'drawn:64', ...short, '--latent', '8', '--out', 'coder'],
  ['generate', 'drawn:64', ...short, '--latent', '8', '--out', 'maker'],
]) {
  const { code, stderr } = await run(folder, 'train', ...words);
  assert.equal(code, 0, stderr);
}
const explain = (...words: readonly string[]) => json(folder, 'explain', ...words);
const sizeOf = async (file: string) => {
  const { width, height, format } = await sharp(join(folder, file)).metadata();
  return [format, width, height];
};
interface Found {
  readonly class: string;
  readonly sum: number;
  readonly difference: number;
  readonly stages: readonly { readonly shape: readonly number[]; readonly channels: readonly number[] }[];
}

test('explain draws each image above where its class is seen', async () => {
  const { method, images: found } = await explain('classifier', ...images, '--out', 'cam.png');
  assert.equal(method, 'grad-cam');
  assert.equal((found as Found[]).length, 3);
  assert.deepEqual(await sizeOf('cam.png'), ['png', 3 * 234 + 10, 2 * 224 + 2 + 20]);
  const star = await explain('classifier', ...images, '--class', 'star', '--stage', '1', '--out', 'star.webp');
  assert.deepEqual(new Set((star.images as Found[]).map((one) => one.class)), new Set(['star']));
  assert.equal((await sizeOf('star.webp'))[0], 'webp');
  const { stdout } = await run(folder, 'explain', 'classifier', images[0]!, '--out', 'one.png');
  assert.match(stdout, /^image +class +probability$/m);
  assert.match(stdout, /^Picture {2}one\.png$/m);
});

test('attributions account for the logit', async () => {
  const words = ['--method', 'integrated-gradients', '--steps', '40', '--out', 'ig.png'];
  const { images: found } = await explain('classifier', ...images, ...words);
  for (const { sum, difference } of found as Found[])
    assert.ok(Math.abs(sum - difference) < 0.02 * Math.abs(difference) + 0.005, `${sum} of ${difference}`);
  assert.notDeepEqual(await readFile(join(folder, 'ig.png')), await readFile(join(folder, 'cam.png')));
});

test('features are a row for each stage', async () => {
  const { images: found } = await explain('classifier', images[0]!, '--method', 'features', '--out', 'maps.png');
  const [{ stages }] = found as [Found];
  assert.deepEqual(
    stages.map(({ shape, channels }) => [shape, channels.length]),
    [
      [[4, 16, 16], 4],
      [[8, 8, 8], 8],
    ],
  );
  assert.deepEqual(await sizeOf('maps.png'), ['png', 10 * 100 - 4 + 32, 2 * 100 - 4 + 32]);
  const second = await explain('classifier', images[0]!, '--method', 'features', '--stage', '2', '--out', 'second.png');
  assert.equal((second.images as [Found])[0].stages.length, 1);
});

test('stages show how images come about, of vectors or of images', async () => {
  const made = await explain('maker', '--limit', '3', '--out', 'made.png');
  assert.equal(made.method, 'stages');
  assert.deepEqual(await sizeOf('made.png'), ['png', 3 * 100 - 4 + 32, 3 * 100 - 4 + 32]);
  await explain('maker', '--limit', '3', '--seed', '1', '--out', 'other.png');
  assert.notDeepEqual(await readFile(join(folder, 'made.png')), await readFile(join(folder, 'other.png')));
  const again = await explain('coder', ...images, '--out', 'again.png');
  assert.deepEqual(again.images, images);
  assert.deepEqual(
    (again.stages as { name: string }[]).map(({ name }) => name),
    ['decoder.stage1', 'decoder.stage2'],
  );
  // the last row is what `reconstruct` makes
  await json(folder, 'reconstruct', 'coder', ...images, '--out', 'pairs.png');
  const bottom = sharp(join(folder, 'again.png')).extract({ left: 16, top: 216, width: 96, height: 96 });
  const below = sharp(join(folder, 'pairs.png')).extract({ left: 10, top: 10 + 98, width: 96, height: 96 });
  assert.deepEqual(await bottom.raw().toBuffer(), await below.raw().toBuffer());
});

test('filters need no image', async () => {
  const { weight, filters, size } = await explain('classifier', '--method', 'filters', '--out', 'filters.png');
  assert.deepEqual([weight, filters, size], ['conv1.weight', 4, [3, 3]]);
  assert.equal((await explain('coder', '--method', 'filters')).weight, 'encoder.conv1.weight');
});

test('explain says what fits together, with code 2, and what cannot be done, with code 1', async () => {
  for (const [code, words, message] of [
    [2, ['classifier'], /expected images to explain/],
    [2, ['classifier', images[0]!, '--method', 'filters'], /leave out/],
    [2, ['classifier', images[0]!, '--steps', '5'], /--steps changes nothing here/],
    [2, ['classifier', images[0]!, '--out', 'x.gif'], /\.png, \.jpg or \.webp/],
    [2, ['coder', images[0]!, '--seed', '5'], /leave out --seed/],
    [1, ['classifier', images[0]!, '--class', 'cow'], /no class is called 'cow'/],
    [1, ['classifier', images[0]!, '--stage', '7'], /a stage from 1 to 2/],
    [1, ['classifier', images[0]!, '--method', 'features', '--stage', '7'], /--stage from 1 to 2/],
    [1, ['classifier', '--method', 'stages'], /makes no images of vectors/],
    [1, ['coder', images[0]!, '--method', 'grad-cam'], /'train classify'/],
    [1, ['classifier', 'nothing.png'], /nothing\.png/],
  ] as const) {
    const ended = await run(folder, 'explain', ...words);
    assert.equal(ended.code, code, `${words.join(' ')}: ${ended.stderr}`);
    assert.match(ended.stderr, message);
    assert.doesNotMatch(ended.stderr, /This is a bug/);
  }
});

test('summary draws a network as a picture', async () => {
  const { svg } = await json(folder, 'summary', 'resnet18', '--svg', 'net.svg');
  assert.equal(svg, 'net.svg');
  assert.match(await readFile(join(folder, 'net.svg'), 'utf8'), /^<svg [\s\S]*512 × 7 × 7[\s\S]*<\/svg>\n$/);
  await json(folder, 'summary', 'maker', '--svg', 'maker.svg');
  assert.match(await readFile(join(folder, 'maker.svg'), 'utf8'), /decoder\.layer1/);
  assert.equal((await run(folder, 'summary', 'resnet18', '--svg', 'net.png')).code, 2);
});

test('summary --compare marks what differs', async () => {
  const { stdout } = await run(folder, 'summary', '--compare', 'resnet18', 'resnet34', '--by', 'block');
  assert.match(stdout, /^resnet18 \(left\) and resnet34 \(right\): 8 of 21 rows differ$/m);
  assert.match(stdout, /^> {2}layer1\.2 +64×56×56 +73,984$/m);
  assert.match(stdout, /^ {3}layer1\.1 +64×56×56 +73,984 +64×56×56 +73,984$/m);
  assert.ok(Math.max(...stdout.split('\n').map((line) => line.length)) <= 80);
  const { rows, differing } = await json(folder, 'summary', 'resnet50', '--compare', 'classifier');
  assert.ok((differing as number) > 0);
  const changes = (rows as { layer: string; change: string }[]).filter(({ layer }) => layer === 'fc');
  assert.deepEqual(
    changes.map(({ change }) => change),
    ['differs'],
  );
  const wide = await run(folder, 'summary', '--compare', 'autoencoder-resnet152', 'vae-resnet152');
  assert.ok(Math.max(...wide.stdout.split('\n').map((line) => line.length)) <= 80);
  assert.equal((await run(folder, 'summary', '--compare', 'resnet18')).code, 2);
  assert.equal((await run(folder, 'summary', 'a', '--compare', 'b', 'c')).code, 2);
});
