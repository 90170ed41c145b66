import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { writeDrawnFolder } from '../../src/data/drawn/index.js';
import { readVectors } from '../../src/inference/search/vectors-file.js';
import { json, run, tiny, workplace } from './program.js';

const folder = await workplace();
process.env.RESMIRROR_CACHE = join(folder, 'cache');

/** Two classes of drawn images in folders. */
for (const file of await writeDrawnFolder(join(folder, 'all'), { perClass: 24, size: 24 })) {
  const name = file.slice(file.lastIndexOf('/') + 1);
  const [shape = ''] = name.split('-');
  if (['circle', 'star'].includes(shape)) {
    await mkdir(join(folder, 'photos', shape), { recursive: true });
    await cp(file, join(folder, 'photos', shape, name));
  }
}

const pattern = 'shards/train-{000000..000003}.tar';
const model = 'model';

test('shard writes shards, and train takes them', async () => {
  const told = await json(folder, 'shard', 'photos', '--out', 'shards', '--per-shard', '12');
  assert.deepEqual([told.images, told.classes, (told.shards as object[]).length], [48, ['circle', 'star'], 4]);
  const again = await run(folder, 'shard', 'photos', '--out', 'shards');
  assert.deepEqual([again.code, /holds shards already/.test(again.stderr)], [1, true]);
  const options = ['--epochs', '2', '--shuffle-buffer', '8', '--threads', '1'];
  const trained = await json(folder, 'train', 'classify', pattern, ...tiny, ...options, '--out', model);
  assert.equal((trained.config as { shuffleBuffer: number }).shuffleBuffer, 8);
  assert.equal((trained.epochs as object[]).length, 2);
  const { stdout } = await run(folder, 'train', 'classify', 'shards', ...tiny, '--epochs', '1', '--threads', '1');
  assert.match(stdout, /runs\/basic-resnet-1-1-shards-1/);
});

/** Runs a command as rank 0 and then 1 of two, as mpirun does. */
async function asTwo(...words: readonly string[]) {
  const both = [];
  for (const rank of ['0', '1']) {
    process.env.OMPI_COMM_WORLD_RANK = rank;
    process.env.OMPI_COMM_WORLD_SIZE = '2';
    both.push(await json(folder, ...words, '--threads', '1'));
  }
  delete process.env.OMPI_COMM_WORLD_RANK;
  delete process.env.OMPI_COMM_WORLD_SIZE;
  return both;
}

test('predict over shards is divided, and not done twice', async () => {
  const words = ['predict', model, pattern, '--top', '1', '--out', 'answers'];
  const [first, second] = await asTwo(...words);
  assert.deepEqual([first!.done, first!.index, second!.done], [2, undefined, 2]);
  const index = JSON.parse(await readFile(join(folder, second!.index as string), 'utf8')) as {
    images: number;
    shards: { file: string; answers: number; skipped: object[] }[];
  };
  assert.equal(index.images, 48);
  const seen = new Set<string>();
  for (const { file, answers } of index.shards) {
    const lines = (await readFile(join(folder, 'answers', file), 'utf8')).trim().split('\n');
    assert.equal(lines.length, answers);
    for (const line of lines) {
      const { image, classes } = JSON.parse(line) as { image: string; classes: { label: string }[] };
      assert.match(image, /^train-00000\d\.tar\/(circle|star)\/(circle|star)-\d+$/);
      assert.equal(classes.length, 1);
      seen.add(image);
    }
  }
  assert.equal(seen.size, 48);
  const before = await readFile(join(folder, 'answers', 'train-000001.jsonl'));
  await rm(join(folder, 'answers', 'train-000001.done.json')); // as a kill leaves it
  const restarted = await json(folder, ...words, '--threads', '1');
  assert.deepEqual([restarted.done, restarted.before], [1, 3]);
  assert.deepEqual(await readFile(join(folder, 'answers', 'train-000001.jsonl')), before);
  const other = await json(folder, ...words, '--top', '2');
  assert.match(other.error as string, /choose another folder/);
});

test('a killed job does not redo finished shards', async () => {
  const bin = fileURLToPath(new URL('../../../bin/resmirror.js', import.meta.url));
  const words = ['predict', model, pattern, '--out', 'killed', '--threads', '1'];
  const child = spawn(process.execPath, [bin, ...words], { cwd: folder, stdio: 'ignore' });
  const ended = once(child, 'close');
  const done = async () =>
    (await readdir(join(folder, 'killed')).catch((): string[] => [])).filter((name) => name.endsWith('.done.json'));
  while ((await done()).length === 0) await sleep(5);
  child.kill('SIGKILL');
  await ended;
  const finished = await done();
  const written = async () =>
    Promise.all(finished.map(async (name) => (await stat(join(folder, 'killed', name))).mtimeMs));
  const before = await written();
  const restarted = await json(folder, ...words);
  assert.deepEqual([restarted.before, restarted.done], [finished.length, 4 - finished.length]);
  assert.deepEqual(await written(), before);
  assert.equal(restarted.index, 'killed/index.json');
});

test('eval over shards says the same as eval, whoever does it', async () => {
  const whole = await json(folder, 'eval', model, 'shards', '--threads', '1');
  const [, last] = await asTwo('eval', model, 'shards', '--out', 'figures');
  const alone = await json(folder, 'eval', model, 'shards', '--out', 'alone', '--threads', '1');
  assert.deepEqual([last!.images, last!.confusion], [whole.images, whole.confusion]);
  assert.deepEqual(last!.metrics, alone.metrics); // to the bit
  const { loss } = last!.metrics as { loss: number };
  assert.ok(Math.abs(loss - (whole.metrics as { loss: number }).loss) < 1e-5);
  const third = await run(folder, 'eval', model, 'shards', '--out', 'parts', '--part', '2/3', '--threads', '1');
  assert.match(third.stdout, /Part 2 of 3: 1 shard done\nThe last part writes the index\./);
});

test('embed over shards makes the vectors of its images', async () => {
  const { index } = await json(folder, 'embed', model, pattern, '--out', 'vectors', '--threads', '1');
  assert.equal(index, 'vectors/index.json');
  const files = (await readdir(join(folder, 'vectors'))).filter((name) => name.endsWith('.npy'));
  assert.equal(files.length, 4);
  const { vectors } = await readVectors(join(folder, 'vectors', files[0]!));
  assert.equal(vectors.length, 12);
  const refused = await run(folder, 'embed', model, pattern, '--out', 'x.npy');
  assert.match(refused.stderr, /expected --out to be a folder/);
});

test('what is in no shards is refused', async () => {
  const { error } = await json(folder, 'predict', model, 'photos', '--out', 'none');
  assert.match(error as string, /not in tar shards/);
  const part = await run(folder, 'predict', model, pattern, '--out', 'none', '--part', '3/2');
  assert.deepEqual([part.code, /such as 1\/4/.test(part.stderr)], [2, true]);
});
