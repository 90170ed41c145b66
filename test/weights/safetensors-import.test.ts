/** Safetensors of other programs, shards, and folders as the hub has them. */
import assert from 'node:assert/strict';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Allowance } from '../../src/weights/allowance.js';
import { Archive } from '../../src/weights/archive.js';
import type { ByteSource } from '../../src/weights/byte-source.js';
import { withFile } from '../../src/weights/byte-source.js';
import { writeHuggingFace } from '../../src/weights/export/huggingface.js';
import { stateDict } from '../../src/weights/export/state-dict.js';
import { writeTorch } from '../../src/weights/export/torch.js';
import { zipChunks } from '../../src/weights/export/zip.js';
import { type DType, HOST_ARRAYS, type HostTensor } from '../../src/weights/host-tensor.js';
import { importWeights } from '../../src/weights/import.js';
import { readModel, writeModel, writeSafetensors } from '../../src/weights/index.js';
import { storedSafetensors } from '../../src/weights/stored-safetensors.js';
import { readFloats } from '../../src/weights/stored-tensor.js';
import { temporaryFolder, userError } from '../data/fixtures.js';
import { classifier } from './models.js';

const place = await temporaryFolder();
const model = classifier({ bottleneck: true, repeats: [1, 1], width: 2 }, { classes: 3, size: 64, stride: 'first' });
const state = stateDict(model, 'huggingface');
const weights = (found: Awaited<ReturnType<typeof importWeights>>) =>
  Object.fromEntries(Object.entries(found.model.weights).map(([name, { data }]) => [name, data]));
const expected = Object.fromEntries(Object.entries(model.weights).map(([name, { data }]) => [name, data]));

describe('numbers of every type', () => {
  const types: Readonly<Record<Exclude<DType, 'float32' | 'bool'>, (value: number) => number | bigint>> = {
    float64: (value) => value,
    float16: (value) => (value === 1 ? 0x3c00 : 0x4000),
    float8_e4m3fn: (value) => (value === 1 ? 0x38 : 0x40),
    float8_e5m2: (value) => (value === 1 ? 0x3c : 0x40),
    bfloat16: (value) => (value === 1 ? 0x3f80 : 0x4000),
    int8: (value) => value,
    uint8: (value) => value,
    int16: (value) => value,
    uint16: (value) => value,
    int32: (value) => value,
    uint32: (value) => value,
    int64: BigInt,
    uint64: BigInt,
  };
  for (const [dtype, encode] of Object.entries(types) as [DType, (value: number) => number | bigint][])
    it(`become float32: ${dtype}`, async () => {
      const path = join(place, `${dtype}.safetensors`);
      const tensors = Object.entries(model.weights).map(([name, { shape, data }]): [string, HostTensor] => {
        const values = Array.from(data, (_, i) => encode(1 + (i % 2)));
        return [
          name,
          { dtype, shape, data: Object.assign(new HOST_ARRAYS[dtype](values.length), values) } as HostTensor,
        ];
      });
      await writeSafetensors(path, { tensors });
      for (const data of Object.values(weights(await importWeights(path))))
        assert.deepEqual(
          data,
          Float32Array.from(data, (_, i) => 1 + (i % 2)),
        );
    });

  it('at their ends: floats of 8 bits', async () => {
    const cases = {
      float8_e4m3fn: { 0: 0, 1: 2 ** -9, 7: 7 * 2 ** -9, 8: 2 ** -6, 126: 448, 127: Number.NaN, 254: -448 },
      float8_e5m2: { 1: 2 ** -16, 4: 2 ** -14, 123: 57_344, 124: Number.POSITIVE_INFINITY, 125: Number.NaN },
    } as const;
    for (const [dtype, values] of Object.entries(cases)) {
      const path = join(place, 'ends.safetensors');
      const data = Uint8Array.from(Object.keys(values), Number);
      await writeSafetensors(path, { tensors: [['x', { dtype, shape: [data.length], data } as HostTensor]] });
      const found = await withFile(path, async (file) => {
        const { tensors } = await storedSafetensors(file);
        return readFloats(tensors.get('x')!, new Allowance(file));
      });
      assert.deepEqual([...found.data], Object.values(values));
    }
  });
});

describe('a folder of the hub', () => {
  it('gives network, labels and preprocessing, and its safetensors the weights', async () => {
    const folder = join(place, 'whole');
    await writeHuggingFace(folder, model);
    const found = await importWeights(folder);
    assert.deepEqual([found.format, found.names], ['Hugging Face, safetensors', 'Hugging Face']);
    assert.deepEqual(found.model.card, model.card);
    assert.deepEqual((await readModel(folder)).card, model.card);
    assert.deepEqual(weights(found), expected);
    assert.ok(found.dropped.every((name) => name.endsWith('num_batches_tracked')) && found.dropped.length > 0);
  });

  it('may hold a checkpoint, or shards of either kind', async () => {
    const folder = join(place, 'others');
    await writeHuggingFace(folder, model);
    await rm(join(folder, 'model.safetensors'));
    await writeTorch(join(folder, 'pytorch_model.bin'), model, { names: 'huggingface' });
    assert.deepEqual(weights(await importWeights(folder)), expected);
    await rename(join(folder, 'pytorch_model.bin'), join(folder, 'shard-1.bin'));
    const weight_map = Object.fromEntries(state.map(([name]) => [name, 'shard-1.bin']));
    await writeFile(join(folder, 'pytorch_model.bin.index.json'), JSON.stringify({ weight_map }));
    assert.equal((await importWeights(folder)).format, 'Hugging Face, PyTorch in 1 shards');
    const half = state.length / 2;
    for (const [i, tensors] of [state.slice(0, half), state.slice(half)].entries())
      await writeSafetensors(join(folder, `model-${i}.safetensors`), { tensors });
    const places = Object.fromEntries(state.map(([name], i) => [name, `model-${i < half ? 0 : 1}.safetensors`]));
    const index = join(folder, 'model.safetensors.index.json');
    await writeFile(index, JSON.stringify({ metadata: { total_size: 1 }, weight_map: places }));
    const found = await importWeights(folder);
    assert.equal(found.format, 'Hugging Face, safetensors in 2 shards');
    assert.deepEqual(weights(found), expected);
  });

  it('is told by options where they are given', async () => {
    const folder = join(place, 'told');
    await writeHuggingFace(folder, model);
    const { model: found } = await importWeights(folder, {
      stride: 'middle',
      size: [96, 96],
      classes: ['x', 'y', 'z'],
      preprocessing: { cropRatio: 1 },
    });
    const { network, preprocessing, classes } = found.card;
    assert.equal(network.kind === 'resnet' && network.stride, 'middle');
    assert.deepEqual(
      [preprocessing.size, preprocessing.cropRatio, preprocessing.interpolation],
      [[96, 96], 1, 'bicubic'],
    );
    assert.deepEqual(classes, ['x', 'y', 'z']);
  });

  // as files of the hub have them: microsoft/resnet-50, google/vit-base-patch16-224, openai/clip-vit-base-patch32
  const processors: readonly (readonly [what: string, given: object, expected: object])[] = [
    [
      'crop a share',
      {
        crop_pct: 0.875,
        do_normalize: true,
        do_resize: true,
        image_mean: [0.485, 0.456, 0.406],
        image_std: [0.229, 0.224, 0.225],
        resample: 3,
        size: 224,
      },
      {
        size: [224, 224],
        cropRatio: 0.875,
        interpolation: 'bicubic',
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
      },
    ],
    [
      'do not crop large images',
      { crop_pct: 0.875, size: { shortest_edge: 384 } },
      { size: [384, 384], cropRatio: 1, interpolation: 'bilinear' },
    ],
    [
      'squeeze',
      { size: { height: 96, width: 160 }, image_mean: 0.5, image_std: 0.25, resample: 0 },
      { size: [96, 160], cropRatio: 1, interpolation: 'nearest', mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    ],
    [
      'crop a size',
      {
        size: { shortest_edge: 256 },
        crop_size: { height: 224, width: 224 },
        do_center_crop: true,
        do_normalize: false,
      },
      { size: [224, 224], cropRatio: 0.875, mean: [0, 0, 0], std: [1, 1, 1] },
    ],
    [
      'leave bytes bytes',
      { do_rescale: false, image_mean: [51, 51, 51], image_std: [102, 102, 102] },
      { mean: [0.2, 0.2, 0.2], std: [0.4, 0.4, 0.4] },
    ],
  ];
  for (const [what, given, wanted] of processors)
    it(`has images that ${what}`, async () => {
      const folder = join(place, what);
      await writeHuggingFace(folder, model);
      await writeFile(join(folder, 'preprocessor_config.json'), JSON.stringify(given));
      const { preprocessing } = (await importWeights(folder)).model.card;
      for (const [key, value] of Object.entries(wanted))
        assert.deepEqual(preprocessing[key as keyof typeof preprocessing], value, key);
    });

  it("may be timm's, whose classes are counted", async () => {
    const folder = join(place, 'timm');
    await mkdir(folder);
    await writeSafetensors(join(folder, 'model.safetensors'), { tensors: stateDict(model, 'timm') });
    const write = (more: object) =>
      writeFile(join(folder, 'config.json'), JSON.stringify({ architecture: 'my_net', ...more }));
    await write({
      num_classes: 3,
      pretrained_cfg: {
        input_size: [3, 96, 96],
        interpolation: 'bicubic',
        crop_pct: 0.9,
        label_names: ['a', 'b', 'c'],
      },
    });
    const { card } = (await importWeights(folder)).model;
    assert.deepEqual(
      [card.classes, card.preprocessing.size, card.preprocessing.cropRatio],
      [['a', 'b', 'c'], [96, 96], 0.9],
    );
    await write({ num_classes: 4 });
    await assert.rejects(importWeights(folder), userError('config.json says 4 classes', 'tell 3 apart'));
    await write({ num_classes: 4, label_names: ['a'] });
    await assert.rejects(importWeights(folder), userError('1 label_names', 'num_classes is 4'));
    await write({ architecture: 'resnet18', num_classes: 3 });
    await assert.rejects(importWeights(folder), userError('does not fit resnet18 as', 'config.json describes it'));
  });
});

it('a header of any length is known as one, also where it begins as a pickle or an archive does', async () => {
  const path = join(place, 'length.safetensors');
  for (const low of [0x80, 0x50]) {
    for (let padding = 0; padding < 256; padding += 8) {
      await writeSafetensors(path, { tensors: stateDict(model), metadata: { padding: 'x'.repeat(padding) } });
      if ((await readFile(path))[0] === low) break;
    }
    assert.equal((await readFile(path))[0], low);
    assert.equal((await importWeights(path)).format, 'safetensors');
  }
});

it('a model of this program is described by itself', async () => {
  const path = join(place, 'own.safetensors');
  await writeModel(path, model);
  const found = await importWeights(path, { classes: ['x', 'y', 'z'] });
  assert.deepEqual(found.model.card, { ...model.card, classes: ['x', 'y', 'z'] });
  assert.deepEqual(weights(found), expected);
});

describe('an archive for PyTorch', () => {
  /** Chunks as a file, without writing one. */
  function sourceOf(chunks: readonly Uint8Array[]): ByteSource {
    const starts: number[] = [];
    const size = chunks.reduce((at, { length }) => {
      starts.push(at);
      return at + length;
    }, 0);
    const read = async (from: number, to: number) => {
      const bytes = new Uint8Array(to - from);
      for (const [i, chunk] of chunks.entries()) {
        const [begin, end] = [Math.max(from, starts[i]!), Math.min(to, starts[i]! + chunk.length)];
        if (begin < end) bytes.set(chunk.subarray(begin - starts[i]!, end - starts[i]!), begin - from);
      }
      return bytes;
    };
    return { name: 'chunks', size, read };
  }

  it('has its data at multiples of 64 bytes', async () => {
    const path = join(place, 'aligned.pth');
    await writeTorch(path, model);
    const bytes = await readFile(path);
    let records = 0;
    for (let at = 0; bytes.readUInt32LE(at) === 0x04034b50; records++) {
      const data = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
      assert.equal(data % 64, 0);
      at = data + bytes.readUInt32LE(at + 18);
    }
    assert.equal(records, state.length + 3);
  });

  it('reaches beyond 4 GiB', async () => {
    const data = new Uint8Array(2 ** 29);
    const names = Array.from({ length: 9 }, (_, i) => `${i}`);
    const last = Uint8Array.of(1, 2, 3);
    const file = sourceOf([...zipChunks([...names.map((name) => ({ name, data })), { name: 'last', data: last }])]);
    assert.ok(file.size > 2 ** 32);
    const archive = await Archive.open(file, new Allowance(file));
    assert.deepEqual(archive.names, [...names, 'last']);
    const record = await archive.record('last');
    assert.deepEqual(await record.read(0, 3), last);
  });
});
