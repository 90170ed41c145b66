/** Values inside of a network, by name. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { decoderStages, pixelsOfFeatures } from '../../src/inference/generation.js';
import { Generator } from '../../src/inference/generator.js';
import { Predictor } from '../../src/inference/index.js';
import { type NamedFeatures, stagesOfImages } from '../../src/inference/layers.js';
import { randomPoints } from '../../src/inference/points.js';
import { autoencoder, buildNetwork, type Network, resnet, transposeResnet } from '../../src/models/index.js';
import { initialise } from '../../src/nn/index.js';
import type { Model } from '../../src/weights/index.js';
import { temporaryFolder, userError, writePhotos } from '../data/fixtures.js';

const SETTING = { bottleneck: false, repeats: [1, 2], width: 4 };
const size = [16, 24] as const;
const preprocessing = {
  size,
  channels: 3,
  cropRatio: 1,
  interpolation: 'bilinear',
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
} as const;

function modelOf(network: Network, task: Model['card']['task']): Model {
  const weights = initialise(buildNetwork(network).build.parameters.values(), 1);
  const classes = task === 'classify' ? ['a', 'b', 'c'] : [];
  return { card: { format: 1, task, network: network.config, preprocessing, classes, metrics: {} }, network, weights };
}
const classifier = modelOf(resnet(SETTING, { variant: 'cifar', size, classes: 3 }), 'classify');
const coder = modelOf(autoencoder(SETTING, { variant: 'cifar', size, latent: 5 }), 'reconstruct');
const maker = modelOf(transposeResnet(SETTING, { of: 'cifar', size, latent: 6, output: 'sigmoid' }), 'generate');

const folder = await temporaryFolder();
const photos = await writePhotos(join(folder, 'photos'), 3);

describe('features', () => {
  const open: { close(): Promise<void> }[] = [];
  after(async () => {
    for (const one of open) await one.close();
  });
  const predictor = (model: Model) => {
    const made = Predictor.open(model, { threads: 1, batch: 2 });
    open.push(made);
    return made;
  };
  const featuresOf = async (model: Model, ...at: string[]): Promise<NamedFeatures[]> => {
    const found: NamedFeatures[] = [];
    for await (const { value } of predictor(model).features(photos, { at })) found.push(value);
    return found;
  };

  it('are those of any stage, block or layer, each of its shape', async () => {
    const at = ['stage1', 'stage2', 'layer1.0.conv1', 'layer2.1', 'layer2', 'avgpool', 'output'];
    const found = await featuresOf(classifier, ...at);
    assert.equal(found.length, photos.length);
    const shapes = Object.fromEntries(Object.entries(found[0]!).map(([name, { shape }]) => [name, shape]));
    const [stage1, stage2] = [
      [4, 16, 24],
      [8, 8, 12],
    ];
    assert.deepEqual(shapes, {
      stage1,
      stage2,
      'layer1.0.conv1': stage1,
      'layer2.1': stage2,
      layer2: stage2,
      avgpool: [8],
      output: [3],
    });
    for (const one of found) {
      assert.deepEqual(one.stage2, one['layer2.1']);
      assert.deepEqual(one.stage2, one.layer2);
      assert.ok(one.stage2!.data.every((value) => value >= 0)); // a stage ends in ReLU, a convolution does not
      assert.ok(one['layer1.0.conv1']!.data.some((value) => value < 0));
    }
    assert.notDeepEqual(found[0]!.stage1, found[1]!.stage1);
  });

  it('agree with what lies behind them: the pooled embedding is the mean of the last maps', async () => {
    const found = await featuresOf(classifier, 'stage2', 'avgpool');
    const vectors: Float32Array[] = [];
    for await (const { value } of predictor(classifier).embed(photos)) vectors.push(value.slice());
    for (const [i, { stage2, avgpool }] of found.entries())
      for (let c = 0; c < 8; c++) {
        const mean = stage2!.data.subarray(c * 96, (c + 1) * 96).reduce((sum, value) => sum + value, 0) / 96;
        assert.ok(Math.abs(mean - avgpool!.data[c]!) < 1e-5);
        assert.ok(Math.abs(mean - vectors[i]![c]!) < 1e-5);
      }
  });

  it('tell stages of encoder and decoder apart', async () => {
    assert.deepEqual(stagesOfImages(classifier), ['stage1', 'stage2']);
    const stages = ['encoder.stage1', 'encoder.stage2', 'decoder.stage1', 'decoder.stage2'];
    assert.deepEqual(stagesOfImages(coder), stages);
    const [first] = await featuresOf(coder, ...stages, 'encoder', 'output');
    assert.deepEqual(
      stages.map((name) => first![name]!.shape),
      [
        [4, 16, 24],
        [8, 8, 12],
        [4, 16, 24],
        [4, 16, 24],
      ],
    );
    assert.deepEqual(first!.encoder!.shape, [5]);
    for await (const { value } of predictor(coder).reconstruct(photos.slice(0, 1)))
      assert.deepEqual(pixelsOfFeatures(first!.output!), value.slice());
  });

  it('of a network that makes images are asked by vectors', async () => {
    const generator = Generator.open(maker, { threads: 1, batch: 2 });
    open.push(generator);
    assert.deepEqual(decoderStages(maker.network), ['stage1', 'stage2']);
    const points = randomPoints(generator, { count: 3, seed: 1 });
    const found = await generator.features(points, { at: ['stage1', 'stage2', 'output'] });
    const images = await generator.decode(points);
    assert.deepEqual(
      found.map(({ stage1, output }) => [stage1!.shape, output!.shape]),
      new Array(3).fill([
        [4, 16, 24],
        [3, 16, 24],
      ]),
    );
    for (const [i, { output }] of found.entries()) assert.deepEqual(pixelsOfFeatures(output!), images[i]);
    await assert.rejects(generator.features(points, { at: ['stage3'] }), userError("'stage3'", 'stage1, stage2'));
  });

  it('refuse names that the network does not have', async () => {
    await assert.rejects(featuresOf(classifier, 'layer9'), userError("no layer is called 'layer9'", 'stage1, stage2'));
  });
});
