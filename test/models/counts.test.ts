/** Parameters and multiply-adds as the field publishes them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildNetwork, resnet, summarise } from '../../src/models/index.js';

describe('standard networks with 1,000 classes at 224 x 224', () => {
  const published = [
    { depth: 18, parameters: 11_689_512, giga: '1.82' },
    { depth: 34, parameters: 21_797_672, giga: '3.67' },
    { depth: 50, parameters: 25_557_032, giga: '4.11' },
    { depth: 101, parameters: 44_549_160, giga: '7.83' },
    { depth: 152, parameters: 60_192_808, giga: '11.56' },
  ];
  for (const { depth, parameters, giga } of published)
    it(`ResNet-${depth}`, () => {
      const summary = summarise(resnet(`RESNET${depth}`));
      assert.equal(summary.parameters, parameters);
      assert.equal((summary.multiplyAdds / 1e9).toFixed(2), giga);
    });
});

describe('networks made of these, with 1,000 classes at 224 x 224', () => {
  // of the first five: https://pytorch.org/vision/0.14/models.html; of the others timm publishes 25.58, 28.09 and 25.55 million
  const published = [
    ['resnext50-32x4d', 25_028_904, '4.23'],
    ['resnext101-32x8d', 88_791_336, '16.41'],
    ['resnext101-64x4d', 83_455_272, '15.46'],
    ['wide-resnet50-2', 68_883_240, '11.40'],
    ['wide-resnet101-2', 126_886_696, '22.75'],
    ['resnet50d', 25_576_264, ''],
    ['seresnet50', 28_088_024, ''],
    ['resnetv2-50', 25_549_352, ''],
  ] as const;
  for (const [name, parameters, giga] of published)
    it(name, () => {
      const network = resnet(name);
      const summary = summarise(network);
      assert.deepEqual([summary.parameters, network.name], [parameters, name]);
      // a convolution's products alone, as torchvision counts these
      const normless = summary.layers.filter(({ kind }) => !kind.includes('BatchNormalization'));
      const products = normless.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);
      if (giga) assert.equal((products / 1e9).toFixed(2), giga);
    });
});

describe("the CIFAR family has table 6's parameters, in millions", () => {
  const published = [
    [20, '0.27', 2],
    [32, '0.46', 2],
    [44, '0.66', 2],
    [56, '0.85', 2],
    [110, '1.7', 1],
  ] as const;
  for (const [depth, millions, digits] of published)
    it(`ResNet-${depth}`, () => {
      const { parameters } = summarise(resnet(`cifar-resnet${depth}`, { shortcut: 'A' }));
      assert.equal((parameters / 1e6).toFixed(digits), millions);
    });

  it('plain networks hold what residual ones do whose shortcuts hold nothing', () => {
    for (const depth of [20, 56]) {
      const [padded, plain] = (['A', 'none'] as const).map((shortcut) =>
        summarise(resnet(`cifar-resnet${depth}`, { shortcut })),
      );
      assert.equal(plain!.parameters, padded!.parameters);
      assert.ok(plain!.layers.length <= padded!.layers.length);
    }
  });

  it('shortcuts cost what their projections hold', () => {
    const [a, b, c] = (['A', 'B', 'C'] as const).map(
      (shortcut) => summarise(resnet('CIFAR_RESNET20', { shortcut })).parameters,
    ) as [number, number, number];
    const projection = (from: number, to: number) => from * to + 2 * to;
    assert.equal(b - a, projection(16, 32) + projection(32, 64));
    assert.equal(c - b, 3 * projection(16, 16) + 2 * projection(32, 32) + 2 * projection(64, 64));
  });
});

describe('a summary', () => {
  it('adds up to its totals, which are those of the parameters that are built', () => {
    const network = resnet('RESNET50', { size: 64, classes: 10 });
    const { layers, parameters, multiplyAdds } = summarise(network);
    const total = (of: (row: (typeof layers)[number]) => number) => layers.reduce((sum, row) => sum + of(row), 0);
    assert.equal(
      total((row) => row.parameters),
      parameters,
    );
    assert.equal(
      total((row) => row.multiplyAdds),
      multiplyAdds,
    );
    const learned = [...buildNetwork(network).build.parameters.values()].filter((p) => p.source.trainable);
    const numbers = learned.map(({ shape }) => shape.reduce<number>((product, size) => product * (size as number), 1));
    assert.equal(
      numbers.reduce((a, b) => a + b),
      parameters,
    );
  });

  it('names each layer, its operators and its shape', () => {
    const { layers, input, name } = summarise(resnet('RESNET18', { size: [64, 96], channels: 1, classes: 7 }));
    assert.deepEqual([name, input], ['resnet18', [1, 64, 96]]);
    const rows = Object.fromEntries(layers.map((row) => [row.layer, row]));
    assert.deepEqual(rows.conv1, {
      layer: 'conv1',
      kind: 'Conv',
      output: [64, 32, 48],
      parameters: 64 * 49,
      multiplyAdds: 64 * 32 * 48 * 49,
    });
    assert.deepEqual(rows.maxpool?.output, [64, 16, 24]);
    assert.deepEqual(rows['layer4.1']?.output, [512, 2, 3]);
    assert.deepEqual(rows.fc?.output, [7]);
  });
});

it('ResNet-152 is built in well under a second', () => {
  const times = Array.from({ length: 3 }, () => {
    const begun = performance.now();
    buildNetwork(resnet('RESNET152'), { batch: 2, training: true });
    return performance.now() - begun;
  });
  assert.ok(Math.min(...times) < 500, `took ${times.map((time) => time.toFixed(0)).join(', ')} ms`);
});
