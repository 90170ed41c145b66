/** What is exported and imported again is what it was, bit for bit. */
import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { transposeResnet } from '../../src/models/index.js';
import { writeHuggingFace } from '../../src/weights/export/huggingface.js';
import { writeBareSafetensors, writeCheckedModel } from '../../src/weights/export/safetensors.js';
import type { Names } from '../../src/weights/export/state-dict.js';
import { writeTimm } from '../../src/weights/export/timm.js';
import { writeTorch } from '../../src/weights/export/torch.js';
import { type ImportOptions, importWeights } from '../../src/weights/import.js';
import { type Model, readModel, writeAtomically } from '../../src/weights/index.js';
import { encodeOnnxModel } from '../../src/weights/onnx-model.js';
import { temporaryFolder, userError } from '../data/fixtures.js';
import { classifier, networks, weightsOf } from './models.js';

interface Format {
  readonly ending: string;
  readonly write: (path: string, model: Model) => Promise<void>;
  /** Whether labels, preprocessing and options come back too. */
  readonly whole: boolean;
  readonly fits: (model: Model) => boolean;
}

const config = ({ card }: Model) => (card.network.kind === 'resnet' ? card.network : assert.fail());
const everything = () => true;
const plain = (model: Model) => {
  const { variant, norm, shortcut } = config(model);
  return variant === 'imagenet' && norm === 'batch' && shortcut === 'B';
};
const bare = (names: Names, fits: Format['fits'] = everything): Format => ({
  ending: '.safetensors',
  write: (path, model) => writeBareSafetensors(path, model, { names }),
  whole: false,
  fits,
});
const checkpoint = (names: Names): Format => ({
  ending: '.pth',
  write: (path, model) => writeTorch(path, model, { names }),
  whole: false,
  fits: everything,
});
const formats: Readonly<Record<string, Format>> = {
  'a model': { ending: '.safetensors', write: writeCheckedModel, whole: true, fits: everything },
  'bare safetensors': bare('own'),
  "torchvision's safetensors": bare('torchvision'),
  "timm's safetensors": bare('timm'),
  "Hugging Face's safetensors": bare('huggingface'),
  'a checkpoint': checkpoint('own'),
  "a checkpoint of Hugging Face's": checkpoint('huggingface'),
  'an ONNX file that keeps its norms': {
    ending: '.onnx',
    write: (path, model) => writeAtomically(path, [encodeOnnxModel(model, { foldNorms: false })]),
    whole: true,
    fits: everything,
  },
  "Hugging Face's folder": { ending: '', write: writeHuggingFace, whole: true, fits: plain },
};

/** What a format without a description must be told. */
function told(model: Model): ImportOptions {
  const { card } = model;
  const { size, channels: _, ...preprocessing } = card.preprocessing;
  const { stride } = config(model);
  return { size, classes: card.classes, preprocessing, stride };
}

const folder = await temporaryFolder();
let made = 0;

/** Model -> file -> model -> file: both files are the same, both models are the first one. */
async function goRound(model: Model, { ending, write, whole }: Format): Promise<void> {
  const [first, second] = [join(folder, `${made++}${ending}`), join(folder, `${made++}${ending}`)];
  await write(first, model);
  const { model: back } = await importWeights(first, whole ? {} : told(model));
  assert.deepEqual(back.card, model.card);
  assert.deepEqual(Object.keys(back.weights).sort(), Object.keys(model.weights).sort());
  for (const [name, { shape, data }] of Object.entries(model.weights)) {
    assert.deepEqual(back.weights[name]!.shape, shape, name);
    // as bits, for which -0 is not 0 and NaN is NaN
    const bits = (values: Float32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    assert.ok(Buffer.from(bits(back.weights[name]!.data)).equals(bits(data)), name);
  }
  await write(second, back);
  for (const name of ending ? [''] : ['config.json', 'preprocessor_config.json', 'model.safetensors'])
    assert.deepEqual(await readFile(join(second, name)), await readFile(join(first, name)), name);
  for (const path of [first, second]) await rm(path, { recursive: true });
}

for (const [what, format] of Object.entries(formats))
  describe(`through ${what}`, () => {
    for (const [name, net, options] of networks) {
      const model = classifier(net, options);
      if (format.fits(model)) it(`goes ${name}`, () => goRound(model, format));
      else
        it(`does not go ${name}`, () =>
          assert.rejects(format.write(join(folder, 'none'), model), userError('cannot express')));
    }
  });

describe('any small network', () => {
  const setting = fc.record({
    bottleneck: fc.boolean(),
    repeats: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
    width: fc.integer({ min: 1, max: 4 }),
  });
  const options = fc.record({
    classes: fc.integer({ min: 1, max: 4 }),
    channels: fc.constantFrom(1, 3),
    stride: fc.constantFrom('middle', 'first'),
    variant: fc.constantFrom('imagenet', 'cifar'),
    size: fc.tuple(fc.constantFrom(32, 64), fc.constantFrom(32, 96)),
  });
  const weight = fc.float({ noDefaultInfinity: false, noNaN: false });
  it('goes through every format that can express it, whatever its numbers are', () =>
    fc.assert(
      fc.asyncProperty(
        setting,
        options,
        fc.array(weight, { minLength: 1, maxLength: 8 }),
        async (net, more, values) => {
          const model = classifier(net, more);
          for (const { data } of Object.values(model.weights)) data.set(values.slice(0, data.length));
          for (const format of Object.values(formats)) if (format.fits(model)) await goRound(model, format);
        },
      ),
      { numRuns: 20 },
    ));
});

describe("timm's folder", () => {
  for (const net of ['resnet18', 'resnet50'])
    it(`gives ${net} back`, async () => {
      const model = classifier(net, { classes: 3, channels: net === 'resnet18' ? 1 : 3, size: [64, 96] });
      await writeTimm(join(folder, net), model);
      const { model: back, format } = await importWeights(join(folder, net));
      assert.equal(format, 'timm, safetensors');
      assert.deepEqual(back.card, model.card);
      for (const [name, { data }] of Object.entries(model.weights)) assert.deepEqual(back.weights[name]!.data, data);
      assert.deepEqual((await readModel(join(folder, net))).card, model.card);
    });

  const refused: readonly (readonly [string, Parameters<typeof classifier>, ...string[]])[] = [
    ['another width', [{ bottleneck: false, repeats: [2, 2, 2, 2], width: 8 }], 'no name', 'width 8', '--names timm'],
    ["the paper's stride", ['resnet50', { stride: 'first' }], 'strides in the middle'],
    ['a 3x3 stem', ['resnet18', { variant: 'cifar' }], 'its variant is cifar instead of imagenet'],
    ['all positions', ['resnet18', { pooling: 'none' }], 'its pooling is none instead of average'],
  ];
  for (const [what, [net, options], ...parts] of refused)
    it(`cannot say ${what}`, () =>
      assert.rejects(
        writeTimm(join(folder, 'none'), classifier(net, { classes: 2, ...options })),
        userError(...parts),
      ));
});

describe('names', () => {
  const decoder = transposeResnet({ bottleneck: false, repeats: [1, 1], width: 4 }, { size: 32, latent: 4 });
  const card = { ...classifier('cifar-resnet20').card, task: 'reconstruct' as const, network: decoder.config };
  const transposed: Model = { card, network: decoder, weights: weightsOf(decoder) };

  it("are those of a transposed network, but not torchvision's", async () => {
    await writeTorch(join(folder, 'mirror.pth'), transposed);
    for (const names of ['torchvision', 'timm', 'huggingface'] as const)
      await assert.rejects(
        writeTorch(join(folder, 'none.pth'), transposed, { names }),
        userError('no names for transpose-basic-resnet-1-1', '--names'),
      );
    await assert.rejects(writeHuggingFace(join(folder, 'none'), transposed), userError('of kind transposeResnet'));
  });

  it("of the article's are nobody else's", async () => {
    const article = classifier(
      { bottleneck: false, repeats: [1], width: 4 },
      { variant: 'article', size: 32, classes: 2 },
    );
    await writeBareSafetensors(join(folder, 'article.safetensors'), article);
    await assert.rejects(
      writeBareSafetensors(join(folder, 'none.safetensors'), article, { names: 'torchvision' }),
      userError('torchvision has no names for', 'conv1.conv'),
    );
  });

  it('are of plain weights, not of a rewritten graph', async () => {
    const model = classifier('cifar-resnet20');
    const weights = {
      ...model.weights,
      'conv1.weight/scale': { dtype: 'float32' as const, shape: [], data: new Float32Array(1) },
    };
    for (const write of [writeCheckedModel, writeBareSafetensors, writeTorch])
      await assert.rejects(
        write(join(folder, 'none'), { ...model, weights }),
        userError('not the plain weights', '8-bit'),
      );
  });
});
