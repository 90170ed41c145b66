/** The model file: what goes in comes out, and what does not fit is refused by name. */
import assert from 'node:assert/strict';
import { mkdir, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { autoencoder, buildNetwork, type Network, resnet } from '../../src/models/index.js';
import { initialise } from '../../src/nn/index.js';
import {
  decodeSafetensors,
  encodeModel,
  encodeSafetensors,
  type Model,
  type ModelCard,
  modelOf,
  modelPath,
  readModel,
  readSafetensors,
  type Safetensors,
  writeModel,
  writeSafetensors,
} from '../../src/weights/index.js';
import { temporaryFolder, userError } from '../data/fixtures.js';

const SETTING = { bottleneck: false, repeats: [1], width: 4 };
const classifier = resnet(SETTING, { variant: 'cifar', size: [8, 12], classes: 2 });

function modelFor(network: Network, changes: Partial<ModelCard> = {}): Model {
  const card: ModelCard = {
    format: 1,
    task: 'classify',
    network: network.config,
    preprocessing: {
      size: [8, 12],
      channels: 3,
      cropRatio: 0.875,
      interpolation: 'bicubic',
      mean: [0.1, 0.2, 1 / 3],
      std: [0.4, 0.5, 0.6],
    },
    classes: ['Käse', 'a "quoted" class'],
    metrics: { accuracy: 0.1 + 0.2 },
    ...changes,
  };
  return { card, network, weights: initialise(buildNetwork(network).build.parameters.values(), 3) };
}
const model = modelFor(classifier);

/** The tensors and metadata of the model, changed. */
function changed(
  change: (file: { metadata: Record<string, string>; tensors: Map<string, unknown> }) => void,
): Safetensors {
  const { metadata, tensors } = decodeSafetensors(encodeModel(model));
  const file = { metadata: { ...metadata }, tensors: new Map(tensors) };
  change(file);
  return file;
}
const tensor = (...shape: number[]) => ({
  dtype: 'float32' as const,
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});
const withCard = (change: (card: Record<string, unknown>) => void) =>
  changed(({ metadata }) => {
    const card = JSON.parse(metadata.resmirror!) as Record<string, unknown>;
    change(card);
    metadata.resmirror = JSON.stringify(card);
  });

describe('a model file', () => {
  const networks = [
    classifier,
    resnet('CIFAR_RESNET20', { shortcut: 'A', classes: 2 }),
    resnet(SETTING, { variant: 'article', size: 8, classes: 2 }),
    autoencoder(SETTING, { size: [8, 12], latent: 3 }),
  ];
  for (const [i, network] of networks.entries())
    it(`brings ${network.name} ${i} back as it was`, async () => {
      const path = join(await temporaryFolder(), 'model.safetensors');
      const task = network.config.kind === 'autoencoder' ? 'reconstruct' : 'classify';
      const given = modelFor(network, { task });
      await writeModel(path, given);
      const read = await readModel(path);
      assert.deepEqual(read.card, given.card);
      assert.deepEqual(read.weights, given.weights);
      assert.deepEqual(Object.keys(read.weights), Object.keys(given.weights)); // in the network's own order
      assert.deepEqual([read.network.name, read.network.config], [network.name, network.config]);
    });

  it("is one to Python's readers, with public names and extras beside the card", async () => {
    const path = join(await temporaryFolder(), 'model.safetensors');
    await writeModel(path, model, { origin: 'here' });
    const { metadata, tensors } = await readSafetensors(path);
    assert.equal(metadata.format, 'pt');
    assert.equal(metadata.origin, 'here');
    assert.deepEqual([...tensors.keys()].sort(), Object.keys(model.weights).sort());
    assert.ok(tensors.has('layer1.0.bn2.running_var'));
  });

  it('takes the same bytes for the same model', () =>
    assert.deepEqual(encodeModel(model), encodeModel(modelFor(classifier))));
});

describe('a model file is refused', () => {
  const refused: readonly (readonly [what: string, file: Safetensors, parts: readonly string[]])[] = [
    [
      'without a weight',
      changed(({ tensors }) => tensors.delete('layer1.0.conv1.weight')),
      ['layer1.0.conv1.weight', '[4,4,3,3]', 'missing', 'basic-resnet-1'],
    ],
    [
      'with weights left over',
      changed(({ tensors }) => tensors.set('layer9.weight', tensor(1)).set('layer9.bias', tensor(1))),
      ['2 tensor(s)', 'does not have', 'layer9.weight, layer9.bias'],
    ],
    [
      'with a weight of another shape',
      changed(({ tensors }) => tensors.set('fc.weight', tensor(3, 4))),
      ['fc.weight', 'float32 [2,4]', 'got float32 [3,4]'],
    ],
    [
      'with a weight of another type',
      changed(({ tensors }) => tensors.set('fc.bias', { dtype: 'float16', shape: [2], data: new Uint16Array(2) })),
      ['fc.bias', 'got float16 [2]'],
    ],
    [
      'from another program',
      decodeSafetensors(encodeSafetensors({ metadata: { format: 'pt' }, tensors: [['fc.weight', tensor(2, 2)]] })),
      ['no resmirror model', 'metadata', "'resmirror train'"],
    ],
    [
      'with a description that is no JSON',
      changed(({ metadata }) => {
        metadata.resmirror = '{"format":1,';
      }),
      ['no JSON'],
    ],
    [
      'from a newer version',
      withCard((card) => {
        card.format = 2;
      }),
      ['newer version', 'format'],
    ],
    [
      'with a network that there is not',
      withCard((card) => {
        card.network = { kind: 'vgg' };
      }),
      ['damaged', 'network'],
    ],
    [
      'with a damaged preprocessing',
      withCard((card) => {
        card.preprocessing = { size: [8] };
      }),
      ['damaged', 'preprocessing'],
    ],
    [
      'with fewer class names than outputs',
      withCard((card) => {
        card.classes = ['only one'];
      }),
      ['2 outputs', '1 class name'],
    ],
  ];
  for (const [what, file, parts] of refused)
    it(what, () => assert.throws(() => modelOf(file, 'it.safetensors'), userError('it.safetensors', ...parts)));

  it('when it was cut short', async () => {
    const path = join(await temporaryFolder(), 'model.safetensors');
    await writeModel(path, model);
    for (const length of [0, 7, 200, 3000]) {
      await truncate(path, length);
      await assert.rejects(readModel(path), userError(path));
      await writeModel(path, model);
    }
  });
});

describe('the model of a path', () => {
  it('is the file, or the best of a run folder, or its last', async () => {
    const folder = await temporaryFolder();
    const [best, last] = ['best.safetensors', 'last.safetensors'].map((name) => join(folder, name)) as [string, string];
    await assert.rejects(modelPath(folder), userError(folder, 'best.safetensors', 'is it the folder of a run?'));
    await writeModel(last, model);
    assert.equal(await modelPath(folder), last);
    await writeModel(best, model);
    assert.equal(await modelPath(folder), best);
    assert.equal(await modelPath(last), last);
    await assert.rejects(
      readModel(join(folder, 'none')),
      userError('none', 'expected a .safetensors or .onnx file, a PyTorch checkpoint'),
    );
  });

  it('is written whole or not at all, and leaves nothing beside it', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'model.safetensors');
    await writeModel(path, model);
    await mkdir(join(folder, 'sub.safetensors'));
    await assert.rejects(writeModel(join(folder, 'sub.safetensors'), model), userError('it is a folder'));
    await assert.rejects(writeModel(join(folder, 'none', 'model.safetensors'), model), userError('create it first'));
    assert.deepEqual((await readdir(folder)).sort(), ['model.safetensors', 'sub.safetensors']);
  });

  it('that holds something else is refused', async () => {
    const path = join(await temporaryFolder(), 'model.safetensors');
    await writeFile(path, 'this is no model');
    await assert.rejects(readModel(path), userError(path));
    await writeSafetensors(path, { tensors: [['x', tensor(1)]] });
    await assert.rejects(readModel(path), userError(path, 'not recognised as a ResNet', 'no conv1.weight'));
  });
});
