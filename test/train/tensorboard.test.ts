/** Event files, read back by programs that share nothing with the writer. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import sharp from 'sharp';
import { Generator } from '../../src/inference/generator.js';
import { load } from '../../src/inference/index.js';
import { randomPoints } from '../../src/inference/points.js';
import { readCheckpoint } from '../../src/train/checkpoint.js';
import { histogramOf } from '../../src/train/histogram.js';
import { planTraining } from '../../src/train/plan.js';
import { readRecords } from '../../src/train/records/index.js';
import { pictureGrid, picturesIn } from '../../src/train/records/picture-grid.js';
import { crc32c } from '../../src/train/records/tensorboard/crc32c.js';
import { samplesFrom } from '../../src/train/samples.js';
import { resume, train } from '../../src/train/train.js';
import { readModel, writeModel } from '../../src/weights/index.js';
import { killedAfter, newFolder, TINY_STEPS, tiny, until } from './tiny.js';

const PYTHON = '/usr/bin/python3'; // Debian's, which finds Debian's packages
const READER = fileURLToPath(new URL('../../../test/train/read-events.py', import.meta.url));
const lacks = (python: string, modules: string) => spawnSync(python, ['-c', `import ${modules}`]).status !== 0;
const skip = lacks(PYTHON, 'crcmod, google.protobuf') && 'no python3-crcmod and python3-protobuf';
/** A Python with TensorBoard itself, which Debian lacks. */
const TENSORBOARD_PYTHON = process.env.TENSORBOARD_PYTHON ?? PYTHON;

interface Value {
  readonly tag: string;
  readonly simple_value?: number;
  readonly image?: { height: number; width: number; colorspace: number; encoded_image_string: string };
  readonly histo?: { min?: number; max?: number; num: number; sum?: number; bucket_limit: number[]; bucket: number[] };
  readonly tensor?: { dtype: number; string_val: string[] };
  readonly metadata?: { plugin_data: { plugin_name: string } };
}
interface Event {
  readonly wall_time: number;
  readonly step?: number | string;
  readonly file_version?: string;
  readonly summary?: { readonly value: readonly Value[] };
  readonly session_log?: { readonly status: number };
}

const eventFiles = async (folder: string) => (await readdir(folder)).filter((name) => name.includes('tfevents')).sort();

async function eventsOf(folder: string): Promise<Event[]> {
  const files = (await eventFiles(folder)).map((name) => join(folder, name));
  const { stdout, stderr } = spawnSync(PYTHON, [READER, ...files], { encoding: 'utf8', maxBuffer: 1e9 });
  assert.equal(stderr, '');
  return JSON.parse(stdout) as Event[];
}

const stepOf = ({ step = 0 }: Event) => Number(step);

/** What readers show: a session start withdraws what earlier files hold from its step on. */
function shown(events: readonly Event[]): Event[] {
  let kept: Event[] = [];
  for (const event of events)
    if (event.session_log?.status === 1) kept = kept.filter((one) => stepOf(one) < stepOf(event));
    else kept.push(event);
  return kept;
}

const valuesOf = (events: readonly Event[], tag: string) =>
  events.flatMap((event) =>
    (event.summary?.value ?? []).filter((one) => one.tag === tag).map((value) => ({ step: stepOf(event), value })),
  );
const scalarsOf = (events: readonly Event[], tag: string) =>
  valuesOf(events, tag).map(({ step, value }) => [step, value.simple_value]);
const pixelsIn = ({ image }: Value) =>
  sharp(Buffer.from(image!.encoded_image_string, 'base64')).raw().toBuffer({ resolveWithObject: true });

describe('the parts of an event file', () => {
  it('CRC-32C of the vectors of RFC 3720, appendix B.4', () => {
    assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
    assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
    assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  });

  it('a histogram holds every number once, in the bucket that spans it', () => {
    const numbers = fc.array(fc.float({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(numbers, (values) => {
        const { min, max, num, sum, bucketLimit, bucket } = histogramOf(values);
        assert.deepEqual([min, max, num], [Math.min(...values), Math.max(...values), values.length]);
        assert.equal(
          sum,
          values.reduce((a, b) => a + b, 0),
        );
        assert.equal(bucketLimit.at(-1), max);
        assert.equal(bucket.length, bucketLimit.length);
        let below = 0;
        for (const [i, limit] of bucketLimit.entries()) {
          below += bucket[i]!;
          const slack = 1e-9 * (max - min); // of a number that lies on a limit
          assert.ok(values.filter((value) => value < limit - slack).length <= below);
          assert.ok(values.filter((value) => value <= limit + slack).length >= below);
        }
        assert.equal(below, values.length);
      }),
    );
    assert.deepEqual(histogramOf([1, 1, 1]).bucket, [3]);
  });
});

describe('a run recorded for TensorBoard', { skip }, () => {
  const options = { ...tiny, epochs: 2, clipNorm: 1, tensorboard: true } as const;

  it('shows what metrics.jsonl holds, the weights, the images and the configuration', async () => {
    const out = await newFolder();
    const { config, evaluation } = await train({ ...options, out });
    const events = await eventsOf(out);
    assert.deepEqual([events[0]?.file_version, stepOf(events[0]!)], ['brain.Event:2', 0]);
    assert.ok(events.every(({ wall_time }) => Math.abs(wall_time - Date.now() / 1000) < 600));
    assert.equal(events.filter(({ session_log }) => session_log).length, 0);

    const { steps, epochs } = await readRecords(out);
    const close = (found: readonly (readonly unknown[])[], expected: readonly (readonly [number, number])[]) =>
      assert.deepEqual(
        found.map(([step, value]) => [step, Math.fround(value as number)]),
        expected.map(([step, value]) => [step, Math.fround(value)]),
      );
    assert.equal(steps.length, 2 * TINY_STEPS);
    close(
      scalarsOf(events, 'train/loss'),
      steps.map(({ step, loss }) => [step, loss]),
    );
    close(
      scalarsOf(events, 'train/learning_rate'),
      steps.map(({ step, learningRate }) => [step, learningRate]),
    );
    close(
      scalarsOf(events, 'train/gradient_norm'),
      steps.map(({ step, gradientNorm }) => [step, gradientNorm!]),
    );
    assert.deepEqual(scalarsOf(events, 'train/generator_loss'), []);
    close(
      scalarsOf(events, 'train/images_per_second'),
      steps.map(({ step, imagesPerSecond }) => [step, imagesPerSecond]),
    );
    close(
      scalarsOf(events, 'validation/accuracy'),
      epochs.map(({ step, accuracy }) => [step, accuracy!]),
    );
    close(
      scalarsOf(events, 'epoch/train_loss'),
      epochs.map(({ step, trainLoss }) => [step, trainLoss]),
    );
    assert.deepEqual(scalarsOf(events, 'epoch/number'), [
      [TINY_STEPS, 1],
      [2 * TINY_STEPS, 2],
    ]);
    for (const name of Object.keys(evaluation!.metrics))
      assert.equal(scalarsOf(events, `validation/${name}`).length, 2, name);

    const { weights } = (await readCheckpoint(out))!.model;
    for (const [name, { data }] of Object.entries(weights)) {
      const found = valuesOf(events, `weights/${name}`);
      assert.deepEqual(
        found.map(({ step }) => step),
        [TINY_STEPS, 2 * TINY_STEPS],
        name,
      );
      const { min = 0, max = 0, num, bucket } = found.at(-1)!.value.histo!;
      const numbers = [...data];
      assert.deepEqual([min, max, num], [Math.min(...numbers), Math.max(...numbers), numbers.length], name);
      assert.equal(
        bucket.reduce((a, b) => a + b),
        numbers.length,
      );
    }

    const [{ value: configuration } = assert.fail('no configuration')] = valuesOf(events, 'configuration');
    assert.equal(configuration.metadata?.plugin_data.plugin_name, 'text');
    assert.deepEqual(JSON.parse(Buffer.from(configuration.tensor!.string_val[0]!, 'base64').toString()), config);

    const [{ step, value } = assert.fail('no images')] = valuesOf(events, 'train/images');
    const { data, info } = await pixelsIn(value);
    assert.deepEqual([step, value.image!.height, value.image!.width], [1, 4 * 16 + 3 * 2, 8 * 16 + 7 * 2]);
    assert.deepEqual([info.height, info.width], [value.image!.height, value.image!.width]);
    assert.ok(new Set(data).size > 100, 'the images show nothing');
  });

  it('goes on in a new file, which withdraws what is trained again', async () => {
    const [whole, parts] = [await newFolder(), await newFolder()];
    await train({ ...options, out: whole });
    await until(4, (how) => train({ ...options, ...how, out: parts }));
    const [first] = await eventFiles(parts);
    await killedAfter(parts, () => until(4, (how) => resume(parts, how)));
    await resume(parts, { threads: 1, workers: 1 }); // what was recorded for TensorBoard stays so
    const files = await eventFiles(parts);
    assert.deepEqual([files.length, files[0]], [3, first]);

    const events = await eventsOf(parts);
    const starts = events.filter(({ session_log }) => session_log);
    assert.deepEqual(
      starts.map((event) => [stepOf(event), event.session_log]),
      [
        [5, { status: 1 }],
        [5, { status: 1 }],
      ],
    );
    assert.ok(events.length > shown(events).length + 2);
    const undisturbed = await eventsOf(whole);
    for (const tag of ['train/loss', 'train/learning_rate', 'validation/accuracy', 'epoch/train_loss'])
      assert.deepEqual(scalarsOf(shown(events), tag), scalarsOf(undisturbed, tag), tag);
  });

  it('shows what an autoencoder makes of images after every epoch', async () => {
    const out = await newFolder();
    const settings = { ...options, task: 'reconstruct', epochs: 2, learningRate: 0.01, latent: 8 } as const;
    await train({ ...settings, out });
    const found = valuesOf(await eventsOf(out), 'validation/reconstructions');
    assert.deepEqual(
      found.map(({ step }) => step),
      [TINY_STEPS, 2 * TINY_STEPS],
    );
    const { splits, config } = await planTraining(settings);
    const file = join(out, 'of-the-last-step.safetensors');
    await writeModel(file, (await readCheckpoint(out))!.model);
    const predictor = await load(file, { threads: 1 });
    const [seen, made]: [Uint8Array[], Uint8Array[]] = [[], []];
    for await (const answer of predictor.reconstruct(
      samplesFrom(splits.validation, { seed: config.seed, count: 16 }),
    )) {
      seen.push(answer.seen);
      made.push(answer.value);
    }
    await predictor.close();
    const rows = [seen.slice(0, 8), made.slice(0, 8), seen.slice(8), made.slice(8)].flat();
    const grid = await pictureGrid(
      rows.flatMap((data) => picturesIn(data, { height: 16, width: 16, channels: 3 }, 1)),
      8,
    );
    const expected = await sharp(grid.png).raw().toBuffer();
    const { data } = await pixelsIn(found.at(-1)!.value);
    assert.equal(data.length, expected.length);
    // the predictor folds norms into filters, which rounds otherwise
    assert.ok(
      data.every((byte, i) => Math.abs(byte - expected[i]!) <= 1),
      'other pictures',
    );
    assert.ok(made.some((one) => new Set(one).size > 10));
  });

  it('shows what a generator makes of the same vectors after every epoch, with the averages of its weights', async () => {
    const out = await newFolder();
    const settings = { ...options, task: 'generate', epochs: 2, latent: 8, averageDecay: 0.5 } as const;
    await train({ ...settings, out });
    const found = valuesOf(await eventsOf(out), 'samples');
    assert.deepEqual(
      found.map(({ step }) => step),
      [TINY_STEPS, 2 * TINY_STEPS],
    );
    // the second epoch's averages are its best, or the first's are: either is among what was shown
    const generator = Generator.open(await readModel(out), { threads: 1 });
    const made = await generator.decode(randomPoints(generator, { count: 32, seed: settings.seed }));
    await generator.close();
    const grid = await pictureGrid(
      made.flatMap((data) => picturesIn(data, { height: 16, width: 16, channels: 3 }, 1)),
      8,
    );
    const expected = await sharp(grid.png).raw().toBuffer();
    const shown = await Promise.all(found.map(async ({ value }) => (await pixelsIn(value)).data));
    const furthest = shown.map((data) => Math.max(...data.map((byte, i) => Math.abs(byte - expected[i]!))));
    assert.ok(Math.min(...furthest) <= 1, `furthest ${furthest}`);
    assert.ok(Math.max(...furthest) > 1, 'both epochs show the same');
  });

  it('shows the losses of both adversaries and the scores', async () => {
    const out = await newFolder();
    await train({ ...options, task: 'generate', kind: 'gan', latent: 8, epochs: 1, out });
    const [events, { steps, epochs }] = [await eventsOf(out), await readRecords(out)];
    const near = (tag: string, expected: readonly (number | undefined)[]) =>
      assert.deepEqual(
        scalarsOf(events, tag).map(([, value]) => Math.fround(value as number)),
        expected.map((value) => Math.fround(value!)),
        tag,
      );
    near(
      'train/loss',
      steps.map(({ loss }) => loss),
    );
    near(
      'train/generator_loss',
      steps.map(({ generatorLoss }) => generatorLoss),
    );
    for (const name of ['realScore', 'madeScore'] as const) near(`validation/${name}`, [epochs[0]![name]]);
  });

  it('is no matter of course', async () => {
    const out = await newFolder();
    await train({ ...tiny, epochs: 1, out });
    assert.deepEqual(await eventFiles(out), []);
  });
});

const READ = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
run = EventAccumulator(sys.argv[1], {'scalars': 0, 'histograms': 0, 'images': 0, 'tensors': 0}).Reload()
print(json.dumps({
    'losses': [[event.step, event.value] for event in run.Scalars('train/loss')],
    'histograms': [[event.step, event.histogram_value.num] for event in run.Histograms('weights/conv1.weight')],
    'images': [[event.width, event.height] for event in run.Images('train/images')],
    'texts': [tag for tag in run.Tags()['tensors']],
}))`;

const absent = lacks(TENSORBOARD_PYTHON, 'tensorboard') && 'TENSORBOARD_PYTHON names no Python with TensorBoard';
it("TensorBoard's own reader shows a run that was interrupted", { skip: absent }, async () => {
  const out = await newFolder();
  const stop = new AbortController();
  await train({ ...tiny, epochs: 1, tensorboard: true, signal: stop.signal, onStep: () => stop.abort(), out });
  await resume(out, { threads: 1, workers: 1 });
  const { stdout, stderr } = spawnSync(TENSORBOARD_PYTHON, ['-c', READ, out], { encoding: 'utf8' });
  assert.notEqual(stdout, '', stderr);
  const found = JSON.parse(stdout) as {
    losses: number[][];
    histograms: number[][];
    images: number[][];
    texts: string[];
  };
  const { steps } = await readRecords(out);
  assert.deepEqual(
    found.losses,
    steps.map(({ step, loss }) => [step, loss]),
  );
  assert.deepEqual(found.histograms, [[TINY_STEPS, 3 * 4 * 9]]);
  assert.deepEqual(found.images.at(-1), [8 * 16 + 7 * 2, 4 * 16 + 3 * 2]);
  assert.deepEqual(found.texts, ['configuration']);
});
