import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { writeDrawnFolder } from '../../src/data/drawn/index.js';
import { Generator } from '../../src/inference/generator.js';
import { randomVector } from '../../src/inference/points.js';
import { readModel } from '../../src/weights/index.js';
import { json, run, tiny, workplace } from './program.js';

const folder = await workplace();
const [first, second] = await writeDrawnFolder(join(folder, 'images'), { perClass: 1, size: 16 });
const training = [...tiny, '--epochs', '1', '--latent', '8'];
const trained = await run(folder, 'train', 'generate', 'drawn:64', ...training);
const model = 'runs/vae-basic-resnet-1-1-drawn-1';
const generate = (...words: readonly string[]) => json(folder, 'generate', model, ...words);

/** The pixels of a picture, and how many pictures there are in the file. */
async function pictureOf(file: string) {
  const image = sharp(join(folder, file), { animated: true });
  const { pages = 1, pageHeight, delay, loop, format } = await image.metadata();
  const { data, info } = await image.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: pageHeight ?? info.height, pages, delay, loop, format };
}

/** The picture number i of a row of 16 pixels each, enlarged six times and ten apart. */
const nth = async (file: string, i: number) =>
  sharp(join(folder, file))
    .extract({ left: 10 + i * 106, top: 10, width: 96, height: 96 })
    .raw()
    .toBuffer();

test('train generate says what it comes to, and what to do next', () => {
  assert.equal(trained.code, 0, trained.stderr);
  assert.match(trained.stdout, /Best +ELBO -[\d.]+ nats after epoch 1 of 1/);
  assert.match(trained.stdout, new RegExp(`resmirror generate ${model} --out samples.png`));
});

test('samples are a grid with a column for each class, the same for the same seed', async () => {
  const { images, classes } = await generate('--out', 'a.png');
  assert.equal(images, 70);
  assert.deepEqual((classes as string[]).slice(0, 10), (classes as string[]).slice(10, 20));
  assert.equal(new Set(classes as string[]).size, 10);
  assert.equal((await pictureOf('a.png')).width, 10 * 106 + 10);
  await generate('--out', 'b.png');
  await generate('--out', 'c.png', '--seed', '1');
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => readFile(join(folder, `${name}.png`))));
  assert.deepEqual(a, b);
  assert.notDeepEqual(a, c);
  const star = await generate('--class', 'star', '--count', '3', '--out', 'd.png');
  assert.deepEqual(star.classes, ['star', 'star', 'star']);
});

test('a way begins and ends where it should', async () => {
  const way = ['--class', 'star', '--count', '5'];
  await generate('--interpolate', '3', '8', ...way, '--out', 'way.png');
  for (const [place, seed] of [
    [0, 3],
    [4, 8],
  ] as const) {
    await generate('--class', 'star', '--count', '1', '--seed', `${seed}`, '--out', 'end.png');
    assert.deepEqual(await nth('way.png', place), await nth('end.png', 0));
  }
  const { classes } = await readModel(join(folder, model)).then(({ card }) => card);
  const [a, b] = [3, 8].map((seed) => randomVector(8, seed, 0)) as [Float32Array, Float32Array];
  const [across, length] = [a.reduce((sum, value, i) => sum + value * b[i]!, 0), (v: Float32Array) => Math.hypot(...v)];
  const half = 0.5 / Math.cos(Math.acos(across / (length(a) * length(b))) / 2); // sin(x / 2) / sin(x)
  const middle = a.map((value, i) => half * (value + b[i]!));
  const generator = Generator.open(await readModel(join(folder, model)), { threads: 1 });
  const [drawn] = await generator.decode([{ vector: middle, class: classes.indexOf('star') }]);
  await generator.close();
  const shown = await nth('way.png', 2);
  // six pixels for one
  for (let i = 0; i < 16 * 16 * 3; i++) {
    const [row, column] = [Math.floor(i / 48), Math.floor((i % 48) / 3)];
    const seen = shown[(row * 6 * 96 + column * 6) * 3 + (i % 3)]!;
    assert.ok(Math.abs(seen - drawn![i]!) <= 1, `${row}, ${column}: ${seen} instead of ${drawn![i]}`);
  }
  const each = await generate('--interpolate', '1', '2', '--count', '3', '--out', 'each.png');
  const rows = each.classes as string[];
  assert.deepEqual([each.images, new Set(rows).size, new Set(rows.slice(0, 3)).size], [30, 10, 1]);
  const between = await generate('--interpolate', first!, second!, ...way, '--out', 'between.png');
  assert.equal(between.images, 5);
  assert.notDeepEqual(await nth('between.png', 0), await nth('between.png', 4));
});

test('a walk is a film without end, as its file is called', async () => {
  for (const format of ['webp', 'gif']) {
    const made = await generate('--walk', '--count', '4', '--frames', '8', '--out', `walk.${format}`);
    assert.deepEqual([made.frames, made.images], [8, 32]);
    const film = await pictureOf(`walk.${format}`);
    assert.deepEqual([film.format, film.pages, film.width, film.height, film.loop], [format, 8, 222, 222, 0]);
    assert.deepEqual(film.delay, new Array(8).fill(60));
    const frame = film.data.length / 8;
    assert.notDeepEqual(film.data.subarray(0, frame), film.data.subarray(3 * frame, 4 * frame));
  }
});

test('an autoencoder knows ways between images, and no random vectors', async () => {
  const made = await run(folder, 'train', 'reconstruct', 'drawn:64', ...training, '--out', 'mirror');
  assert.equal(made.code, 0, made.stderr);
  const way = await json(folder, 'generate', 'mirror', '--interpolate', first!, second!, '--count', '4');
  assert.deepEqual([way.images, way.out], [4, 'generated.png']);
  for (const words of [[], ['--walk'], ['--interpolate', '1', '2']])
    assert.match(String((await json(folder, 'generate', 'mirror', ...words)).error), /says nothing of random vectors/);
});

test('an ONNX file of it makes the same images', async () => {
  await json(folder, 'export', model, '--out', 'model.onnx');
  await generate('--class', 'star', '--count', '2', '--out', 'own.png');
  await json(folder, 'generate', 'model.onnx', '--class', 'star', '--count', '2', '--out', 'onnx.png');
  const [own, onnx] = await Promise.all([nth('own.png', 1), nth('onnx.png', 1)]);
  assert.ok(own.every((value, i) => Math.abs(value - onnx[i]!) <= 1));
  assert.match(String((await json(folder, 'quantize', model, 'images')).error), /makes images of vectors/);
});

test('adversaries make images too', async () => {
  const made = await run(folder, 'train', 'generate', 'drawn:64', ...training, '--kind', 'gan', '--out', 'gan');
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /Best +the last model/);
  assert.equal((await json(folder, 'generate', 'gan', '--count', '4')).images, 4);
  const images = await json(folder, 'generate', 'gan', '--class', 'star', '--interpolate', first!, second!);
  assert.match(String(images.error), /has no encoder/);
  assert.match(String((await json(folder, 'eval', 'gan', 'drawn:64')).error), /distance/);
});

test('what does not fit is refused', async () => {
  const refused = async (words: readonly string[], why: RegExp) =>
    assert.match(String((await generate(...words)).error), why, words.join(' '));
  await refused(['--class', 'rose'], /one of arrow/);
  await refused(['--interpolate', '1', '2', '3'], /two seeds or two images, got 3/);
  await refused(['--interpolate', '1', first!, '--class', 'star'], /two seeds or two images/);
  await refused(['--interpolate', '1', '2', '--class', 'star', '--seed', '4'], /leave out --seed/);
  await refused(['--walk', '--out', 'walk.png'], /\.webp or \.gif/);
  await refused(['--frames', '3'], /add --walk/);
  await refused(['--out', 'a.gif'], /\.png/);
});
