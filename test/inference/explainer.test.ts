/** Explanations keep what their papers promise; that they are PyTorch's, test/goldens shows. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Explainer } from '../../src/inference/explainer.js';
import { type Answer, Predictor } from '../../src/inference/index.js';
import { drawAttributions, drawClassMap } from '../../src/inference/overlay.js';
import { autoencoder, buildNetwork, graphNetwork, type Network, resnet } from '../../src/models/index.js';
import { initialise } from '../../src/nn/index.js';
import type { Model } from '../../src/weights/index.js';
import { drawing, temporaryFolder, userError, write, writePhotos } from '../data/fixtures.js';

const CLASSES = ['ant', 'bee', 'cat', 'dog'];
const size = [16, 24] as const;

function modelFor(network: Network, channels: 1 | 3 = 3): Model {
  const preprocessing = {
    size,
    channels,
    cropRatio: 1,
    interpolation: 'bilinear',
    mean: [0.4, 0.5, 0.6].slice(0, channels),
    std: [0.2, 0.25, 0.3].slice(0, channels),
  } as const;
  const card = { format: 1, task: 'classify', network: network.config, preprocessing, metrics: {} } as const;
  const weights = initialise(buildNetwork(network).build.parameters.values(), 2);
  return { card: { ...card, classes: CLASSES }, network, weights };
}
const setting = { bottleneck: false, repeats: [1, 1], width: 8 };
const network = resnet(setting, { variant: 'cifar', size, classes: CLASSES.length });
const model = modelFor(network);

const folder = await temporaryFolder();
const photos = await writePhotos(join(folder, 'photos'), 5);

async function all<T>(answers: AsyncGenerator<Answer<T>>): Promise<Answer<T>[]> {
  const found: Answer<T>[] = [];
  for await (const answer of answers) found.push(answer);
  return found;
}

describe('an explainer', () => {
  const open = new Map<string, Explainer>();
  const explainer = (of = model, batch = 2) => {
    const key = `${of.network.name} ${of.card.preprocessing.channels} ${batch}`;
    const made = open.get(key) ?? Explainer.open(of, { threads: 1, batch });
    open.set(key, made);
    return made;
  };
  after(async () => {
    for (const one of open.values()) await one.close();
  });

  it('explains the most probable class, or the one that is named', async () => {
    const predictor = Predictor.open(model, { threads: 1 });
    const predicted = await all(predictor.classify(photos, { top: CLASSES.length }));
    await predictor.close();
    const best = await all(explainer().gradCam(photos));
    assert.equal(best.length, photos.length);
    for (const [i, { image, value }] of best.entries()) {
      assert.deepEqual([image, value.label], [predicted[i]!.image, predicted[i]!.value[0]!.label]);
      assert.ok(Math.abs(value.probability - predicted[i]!.value[0]!.probability) < 1e-6);
    }
    for (const label of CLASSES) {
      const [first] = await all(explainer().gradCam(photos.slice(0, 1), { class: label }));
      const expected = predicted[0]!.value.find((score) => score.label === label)!;
      assert.equal(first!.value.label, label);
      assert.ok(Math.abs(first!.value.probability - expected.probability) < 1e-6);
    }
  });

  it('gives maps of the stage that is asked for, whatever the batch', async () => {
    const [one, many] = [explainer(model, 1), explainer(model, 4)];
    for (const [stage, shape] of [
      [undefined, [8, 12]],
      [1, [16, 24]],
      [2, [8, 12]],
    ] as const) {
      const [alone, together] = [await all(one.gradCam(photos, { stage })), await all(many.gradCam(photos, { stage }))];
      for (const [i, { value }] of alone.entries()) {
        assert.deepEqual(value.map.shape, shape);
        assert.ok(value.map.data.every((amount) => amount >= 0));
        for (const [at, amount] of value.map.data.entries())
          assert.ok(Math.abs(amount - together[i]!.value.map.data[at]!) < 1e-5);
      }
    }
    const maps = await all(one.gradCam(photos, { class: 'ant' }));
    assert.ok(maps.some(({ value }) => value.map.data.some((amount) => amount > 0)));
    assert.notDeepEqual(maps[0]!.value.map, maps[1]!.value.map);
  });

  it('completeness: attributions sum up to the difference of the logits, and closer with more steps', async () => {
    const gaps = new Map<number, number>();
    for (const steps of [4, 64]) {
      const found = await all(explainer().integratedGradients(photos, { class: 'cat', steps }));
      const each = found.map(({ value: { attributions, logit, blackLogit } }) => {
        assert.deepEqual(attributions.shape, [3, ...size]);
        const sum = attributions.data.reduce((total, value) => total + value, 0);
        assert.ok(Math.abs(logit - blackLogit) > 1e-3); // else anything would pass
        return Math.abs(sum - (logit - blackLogit)) / Math.abs(logit - blackLogit);
      });
      gaps.set(steps, Math.max(...each));
    }
    assert.ok(gaps.get(64)! < 0.01, `${gaps.get(64)}`);
    assert.ok(gaps.get(64)! < gaps.get(4)!);
  });

  it('sensitivity: a black image owes nothing to any pixel', async () => {
    const path = join(folder, 'black.png');
    await drawing(16, 24).linear(0, 0).png().toFile(path);
    const [black] = await all(explainer().integratedGradients([path]));
    assert.equal(black!.value.logit, black!.value.blackLogit);
    assert.ok(black!.value.attributions.data.every((value) => Math.abs(value) === 0));
  });

  it('works on images of one channel, and says which could not be read', async () => {
    const gray = modelFor(resnet(setting, { variant: 'cifar', size, channels: 1, classes: CLASSES.length }), 1);
    const one = explainer(gray);
    const broken = join(folder, 'photos', '000.txt.jpg');
    await write(broken, 'no image');
    const [first] = await all(one.integratedGradients([photos[0]!, broken], { steps: 2 }));
    assert.deepEqual(first!.value.attributions.shape, [1, ...size]);
    assert.deepEqual(
      one.skipped.map(({ file }) => file),
      [broken],
    );
    const image = { data: first!.seen, height: 16, width: 24, channels: 1 } as const;
    assert.equal(drawAttributions(image, first!.value).data.length, 16 * 24 * 3);
  });

  it('refuses what it cannot explain', async () => {
    const one = explainer();
    await assert.rejects(all(one.gradCam(photos, { class: 'eel' })), userError("'eel'", 'ant, bee, cat, dog'));
    await assert.rejects(all(one.gradCam(photos, { stage: 3 })), userError('a stage from 1 to 2, got 3'));
    await assert.rejects(all(one.integratedGradients(photos, { steps: 0 })), userError('steps', 'got 0'));
    const coder = autoencoder(setting, { variant: 'cifar', size, latent: 4 });
    const other = { ...modelFor(coder), card: { ...modelFor(coder).card, task: 'reconstruct' } } as const;
    assert.throws(() => Explainer.open(other), userError('trained to reconstruct', "'train classify'"));
  });

  it('finds the stages of a network that is one graph', async () => {
    const { y } = buildNetwork(network);
    const whole = { ...model, network: graphNetwork({ name: 'whole', outputs: { y } }, { ...network, name: 'whole' }) };
    for (const stage of [1, 2, undefined]) {
      const [found] = await all(explainer(whole).gradCam(photos.slice(0, 1), { stage }));
      const [expected] = await all(explainer().gradCam(photos.slice(0, 1), { stage }));
      assert.deepEqual(found!.value.map.shape, expected!.value.map.shape);
      assert.ok(found!.value.map.data.some((value) => value > 0));
      for (const [i, value] of found!.value.map.data.entries())
        assert.ok(Math.abs(value - expected!.value.map.data[i]!) < 1e-5, `${stage}: ${i}`);
    }
    const [attributed] = await all(explainer(whole).integratedGradients(photos.slice(0, 1), { steps: 2 }));
    assert.deepEqual(attributed!.value.attributions.shape, [3, ...size]);
  });
});

describe('an overlay', () => {
  const image = { data: new Uint8Array(8 * 8 * 3).fill(128), height: 8, width: 8, channels: 3 } as const;
  const at = ({ data }: { data: Uint8Array }, y: number, x: number) => [
    ...data.subarray(3 * (8 * y + x), 3 * (8 * y + x) + 3),
  ];

  it('leaves the image where a map is 0, and is warmest where it is most', () => {
    const made = drawClassMap(image, { map: { shape: [2, 2], data: Float32Array.of(0, 0, 0, 3) } });
    assert.deepEqual(at(made, 0, 0), [128, 128, 128]);
    const [red, green, blue] = at(made, 7, 7) as [number, number, number];
    assert.ok(red > 180 && green > 180 && blue < 100, `${[red, green, blue]}`);
    const silent = drawClassMap(image, { map: { shape: [1, 1], data: Float32Array.of(0) } });
    assert.deepEqual(silent.data, image.data);
  });

  it('paints orange what speaks for a class, and blue what speaks against it', () => {
    const data = new Float32Array(3 * 64);
    for (let i = 0; i < 32; i++) [data[i], data[64 + 32 + i]] = [1, -1];
    const made = drawAttributions(image, { attributions: { shape: [3, 8, 8], data } });
    const [above, below] = [at(made, 1, 1), at(made, 6, 6)] as [number[], number[]];
    assert.ok(above[0]! > above[2]! + 60 && below[2]! > below[0]! + 60, `${above} and ${below}`);
  });
});
