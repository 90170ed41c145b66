import assert from 'node:assert/strict';
import { copyFile, cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeDrawnFolder } from '../../src/data/drawn/index.js';
import { evaluateModel } from '../../src/train/evaluate-model.js';
import { readRecords } from '../../src/train/records/index.js';
import { json, run, start, tiny, workplace } from './program.js';

const folder = await workplace();

/** A folder of two classes of drawn images. */
async function photos(name: string): Promise<string> {
  const all = await writeDrawnFolder(join(folder, `${name}-all`), { perClass: 24, size: 24 });
  for (const one of ['circle', 'star']) {
    await mkdir(join(folder, name, one), { recursive: true });
    for (const file of all.filter((path) => path.includes(`${one}-`)))
      await copyFile(file, join(folder, name, one, file.slice(file.lastIndexOf('/') + 1)));
  }
  return name;
}

/** The epochs of a run without what clocks say. */
async function history(out: string): Promise<object[]> {
  const { epochs } = await readRecords(join(folder, out));
  return epochs.map((record) => ({ ...record, imagesPerSecond: 0, seconds: 0 }));
}

await photos('photos');
const classify = ['train', 'classify', 'photos', ...tiny];

test('train, eval, predict, embed and export of a classifier', async (t) => {
  const trained = await run(folder, ...classify, '--epochs', '1');
  assert.equal(trained.code, 0, trained.stderr);
  assert.match(trained.stderr, /epoch +train loss +val loss +accuracy/);
  assert.match(trained.stdout, /Best +accuracy [\d.]+ % after epoch 1 of 1/);
  const model = 'runs/basic-resnet-1-1-photos-1';
  assert.match(trained.stdout, new RegExp(`Model +${model}/best.safetensors`));
  for (const file of ['best.safetensors', 'config.json', 'metrics.jsonl', 'report.html'])
    assert.ok((await stat(join(folder, model, file))).size > 0, file);
  const { command } = JSON.parse(await readFile(join(folder, model, 'config.json'), 'utf8')) as { command: string };
  assert.match(command, /^resmirror train classify photos --net '\{"bottleneck"/);

  await t.test('eval', async () => {
    const judged = await json(folder, 'eval', model, 'photos');
    assert.equal(judged.images, 10); // the fifth that training held out
    assert.deepEqual(judged.classes, ['circle', 'star']);
    const [[last]] = [await history(model)] as unknown as [[{ accuracy: number }]];
    assert.equal((judged.metrics as { accuracy: number }).accuracy, last.accuracy);
    const text = await run(folder, 'eval', model, 'photos', '--split', 'train');
    assert.match(text.stdout, /^circle +\d+ /m);
    assert.match(text.stdout, /taken for/);
    // which folder training held images back from depends on where one stands; of another, all are judged
    const elsewhere = join(folder, 'elsewhere');
    await cp(join(folder, 'photos'), elsewhere, { recursive: true });
    const said = await json(folder, 'eval', model, elsewhere, '--mirrored', '--threads', '1');
    const looked = async (mirrored: boolean) =>
      (await evaluateModel(join(folder, model), elsewhere, { mirrored, threads: 1 })).metrics;
    const [once, twice] = [await looked(false), await looked(true)];
    assert.notDeepEqual(once, twice);
    assert.deepEqual(said.metrics, twice);
  });

  await t.test('compare', async () => {
    const other = await run(
      folder,
      ...classify,
      '--epochs',
      '2',
      '--out',
      'other',
      '--tensorboard',
      '--log-every',
      '2',
    );
    assert.equal(other.code, 0, other.stderr);
    assert.ok((await readdir(join(folder, 'other'))).some((name) => name.startsWith('events.out.tfevents.')));
    const { steps } = await readRecords(join(folder, 'other'));
    assert.ok(steps.length > 0 && steps.every(({ step }) => step % 2 === 0));
    const { code, stdout } = await run(folder, 'compare', model, 'other', '--out', 'compare.html');
    assert.equal(code, 0);
    assert.match(stdout, /^ +basic-resnet-1-1-photos-1 +other$/m);
    assert.match(stdout, /^Best accuracy +[\d.]+% +[\d.]+%$/m);
    assert.match(stdout, /^epochs +1 +2$/m);
    assert.doesNotMatch(stdout, /^(batch|seed|task) /m);
    assert.ok(Math.max(...stdout.split('\n').map((line) => line.length)) <= 80);
    assert.match(await readFile(join(folder, 'compare.html'), 'utf8'), /<h3>Loss: train<\/h3>/);
    const { runs, differences } = await json(folder, 'compare', model, 'other');
    assert.deepEqual(
      (runs as { folder: string; epochs: number }[]).map((one) => [one.folder, one.epochs]),
      [
        [model, 1],
        ['other', 2],
      ],
    );
    assert.deepEqual((differences as { setting: string }[])[0], { setting: 'epochs', values: [1, 2] });
    const refused = await run(folder, 'compare', model, 'photos');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^resmirror: photos is no run: it holds no config\.json\n$/);
  });

  await t.test('eval refuses classes that the model does not know', async () => {
    await cp(join(folder, 'photos'), join(folder, 'others'), { recursive: true });
    await cp(join(folder, 'photos/star'), join(folder, 'others/comet'), { recursive: true });
    const { code, stderr } = await run(folder, 'eval', model, 'others');
    assert.equal(code, 1);
    assert.match(stderr, /the model knows the classes circle, star; others train also has comet/);
  });

  await t.test('predict', async () => {
    const { predictions } = await json(
      folder,
      'predict',
      model,
      'photos/star/star-1.png',
      'photos/circle',
      '--top',
      '1',
    );
    assert.equal((predictions as object[]).length, 25);
    const { stdout } = await run(folder, 'predict', model, 'photos/star/star-1.png');
    assert.match(stdout, /^photos\/star\/star-1\.png\n {2}(circle|star) +[█▏▎▍▌▋▊▉]+ +[\d.]+ %/);
  });

  await t.test('predict in 16-bit floats, and within a limit of memory', async () => {
    const star = (...more: string[]) => json(folder, 'predict', model, 'photos/star/star-1.png', ...more);
    const numbersOf = ({ predictions }: Record<string, unknown>) =>
      (JSON.stringify(predictions).match(/0\.\d+/g) ?? []).map(Number);
    const whole = numbersOf(await star());
    const half = numbersOf(await star('--precision', 'float16', '--memory-limit', '1GB'));
    assert.ok(whole.length > 0 && whole.length === half.length);
    assert.ok(whole.every((value, i) => Math.abs(value - half[i]!) < 1e-2));
    const { code, stderr } = await run(folder, 'predict', model, 'photos', '--memory-limit', '100kB');
    assert.equal(code, 1);
    assert.match(stderr, /^resmirror: .*: a run is expected to take [\d.]+ MB .*, and the limit is 0\.1 MB; take a/);
    const wrong = await run(folder, 'predict', model, 'photos', '--memory-limit', 'little');
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /a size such as 800MB/);
    const auto = await run(folder, 'predict', model, 'photos/star/star-1.png', '--precision', 'auto');
    assert.match(auto.stderr, /^computing in float32 \(the cpu gains nothing by float16\)$/m);
  });

  await t.test('predict skips a broken image and names it', async () => {
    await writeFile(join(folder, 'broken.jpg'), 'no image');
    const { code, stdout, stderr } = await run(folder, 'predict', model, 'broken.jpg', 'photos/star/star-1.png');
    assert.equal(code, 0);
    assert.match(stdout, /star-1\.png/);
    assert.match(stderr, /skipped broken\.jpg: it is not an image/);
  });

  await t.test('embed', async () => {
    const { shape, names } = await json(folder, 'embed', model, 'photos', '--out', 'v.npy');
    assert.deepEqual(shape, [48, 8]);
    assert.equal((await readFile(join(folder, String(names)), 'utf8')).split('\n').length, 49);
    assert.equal((await stat(join(folder, 'v.npy'))).size, 128 + 48 * 8 * 4);
  });

  await t.test('export', async () => {
    for (const words of [[], ['--pixels'], ['--format', 'safetensors', '--bare']]) {
      const { out, format } = await json(folder, 'export', model, ...words);
      assert.ok((await stat(join(folder, String(out)))).size > 1000, String(format));
    }
    assert.equal((await run(folder, 'export', model, '--bare')).code, 2);
    assert.match((await run(folder, 'summary', model)).stdout, /^basic-resnet-1-1 /);
  });

  await t.test('distance', async () => {
    const words = ['--classifier', model] as const;
    const apart = await json(folder, 'distance', 'photos/star', 'photos/circle', ...words);
    assert.deepEqual([apart.images, apart.features], [[24, 24], 8]);
    assert.ok((apart.distance as number) > 0);
    const { stdout, stderr } = await run(folder, 'distance', 'photos', 'photos', ...words);
    assert.match(stdout, /^48 images and 48 images, 8 features\nFréchet distance {2}0\.000\n$/);
    assert.equal(stderr, '');
    const parts = await json(folder, 'distance', 'drawn:20', 'drawn:20', ...words, '--split', 'train,validation');
    assert.deepEqual(parts.images, [20, 4]);
    assert.match(String(parts.warnings), /4 images on one side are too few for 8 features/);
    assert.equal((await run(folder, 'distance', 'photos', 'photos')).code, 2);
    assert.equal((await run(folder, 'distance', 'photos', 'photos', ...words, '--split', 'half')).code, 2);
  });

  await t.test('and it judges what an autoencoder makes', async () => {
    const judged = [
      '--loss',
      'perceptual',
      '--classifier',
      model,
      '--feature-stages',
      '1,2',
      '--feature-weight',
      '0.5',
    ];
    const words = [
      'train',
      'reconstruct',
      'photos',
      ...tiny,
      '--latent',
      '8',
      '--epochs',
      '1',
      '--denoise',
      '0.1',
      '--out',
      'judged',
    ];
    const { config } = await json(folder, ...words, ...judged);
    const { perceptual, denoise } = config as { perceptual: object; denoise: number };
    assert.deepEqual({ ...perceptual, sha256: '' }, { classifier: model, sha256: '', stages: [1, 2], weight: 0.5 });
    assert.equal(denoise, 0.1);
  });

  await t.test('a reconstruction is not what it was trained for', async () => {
    assert.match((await run(folder, 'reconstruct', model, 'photos')).stderr, /trained to classify.*train reconstruct/);
  });
});

test('train and use of an autoencoder', async () => {
  const trained = await json(folder, 'train', 'reconstruct', 'photos', ...tiny, '--latent', '8', '--epochs', '1');
  assert.equal(trained.folder, 'runs/autoencoder-basic-resnet-1-1-photos-1');
  const { metrics } = await json(folder, 'eval', String(trained.folder), 'photos');
  assert.deepEqual(Object.keys(metrics as object).sort(), ['l1', 'msSsim', 'mse', 'psnr', 'ssim']);
  const { images } = await json(
    folder,
    'reconstruct',
    String(trained.folder),
    'photos',
    '--limit',
    '5',
    '--out',
    'g.png',
  );
  assert.equal((images as string[]).length, 5);
  assert.ok((await stat(join(folder, 'g.png'))).size > 1000);
  assert.deepEqual((await json(folder, 'embed', String(trained.folder), 'photos/star')).shape, [24, 8]);
});

test('options say what is left to chance', async () => {
  const augmentation = async (...words: string[]) => {
    const { config } = await json(folder, ...classify, '--epochs', '1', ...words);
    return (config as { augmentation: object }).augmentation;
  };
  const changes = ['--color-jitter', '0.4,0.3,0.2,0.1', '--flip-vertical', '0.5', '--erase', '0.25', '--repeats', '2'];
  assert.deepEqual(await augmentation('--augment', 'randaugment:1,5', ...changes), {
    padding: 4,
    flip: 0.5,
    flipVertical: 0.5,
    policy: { name: 'randaugment', operations: 1, magnitude: 5 },
    jitter: { brightness: 0.4, contrast: 0.3, saturation: 0.2, hue: 0.1 },
    erase: 0.25,
    repeats: 2,
  });
  assert.deepEqual(await augmentation('--augment', 'none'), { padding: 4, flip: 0.5 });
});

test('zero switches off', async () => {
  const { config } = await json(
    folder,
    ...[...classify, '--epochs', '1'],
    ...['--mixup', '0', '--cutmix', '0', '--clip-norm', '0', '--ema', '0'],
  );
  for (const key of ['mixup', 'cutmix', 'clipNorm', 'averageDecay']) assert.ok(!(key in (config as object)), key);
});

test('Ctrl-C saves, and a resumed run ends as if nothing had happened', async () => {
  const words = [...classify, '--epochs', '3', '--out'];
  assert.equal((await run(folder, ...words, 'whole')).code, 0);
  const stopped = start(folder, ...words, 'stopped');
  await stopped.says('    1/3');
  stopped.interrupt();
  const { code, stdout, stderr } = await stopped.ended;
  assert.equal(code, 130, stderr);
  assert.match(stdout, /Go on with {2}resmirror train --resume stopped/);
  assert.equal((await run(folder, 'train', '--resume', 'stopped')).code, 0);
  assert.deepEqual(await history('stopped'), await history('whole'));
  assert.equal((await run(folder, 'train', '--resume', 'stopped', '--lr', '1')).code, 2);
});

test('a run is never overwritten', async () => {
  await mkdir(join(folder, 'taken'));
  await writeFile(join(folder, 'taken/config.json'), '{}');
  const { code, stderr } = await run(folder, ...classify, '--epochs', '1', '--out', 'taken');
  assert.equal(code, 1);
  assert.match(stderr, /taken holds a run already/);
});

test('broken images are skipped and named, or end the training with --strict', async () => {
  const name = await photos('broken');
  for (const star of ['empty', 'void', 'nothing']) await writeFile(join(folder, name, 'star', `${star}.jpg`), '');
  const words = ['train', 'classify', name, ...tiny, '--epochs', '2', '--validation-fraction', '0.1'];
  const skipped = await run(folder, ...words);
  assert.equal(skipped.code, 0, skipped.stderr);
  assert.match(skipped.stderr, /warning: skipped broken\/star\/empty\.jpg: the file is empty/);
  assert.match(skipped.stdout, /Left +3 images that could not be read/);
  const strict = await run(folder, ...words, '--strict', '--out', 'strict');
  assert.equal(strict.code, 1);
  assert.match(strict.stderr, /resmirror: broken\/star\/(empty|void|nothing)\.jpg: the file is empty/);
  assert.ok(!(await readdir(join(folder, 'strict'))).includes('best.safetensors'));
});
