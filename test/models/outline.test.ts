/** What is read off a network's graph to draw it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  buildNetwork,
  graphNetwork,
  networkNamed,
  type Outline,
  outlineOf,
  type Part,
} from '../../src/models/index.js';

const partText = (part: Part): string =>
  part.kind === 'unit'
    ? `${part.op}${part.kernel?.[0] ?? ''}${part.groups ? `g${part.groups}` : ''}${part.factor > 1 ? `/${part.factor}` : ''}`
    : `(${part.branches
        .map(({ parts, kind }) => parts.map(partText).join(' ') || kind)
        .join(part.join === 'sum' ? ' + ' : ' × ')})`;
/** A line per section: its name, its parts, what comes out. */
const textOf = ({ sections }: Outline): string[] =>
  sections.map(({ name, parts, output }) =>
    [
      `${name}:`,
      ...parts.map(({ part, times }) => `${partText(part)}${times > 1 ? `*${times}` : ''}`),
      output.join('x'),
    ].join(' '),
  );
const outline = (name: string, options: Record<string, unknown> = {}) => textOf(outlineOf(networkNamed(name, options)));

describe('an outline', () => {
  it('of ResNet-50 is the table of the paper', () => {
    const stage = (n: number, more: number, output: string) =>
      n === 1
        ? `layer1: (Conv1 Conv3 Conv1 + Conv1) (Conv1 Conv3 Conv1 + identity)*${more} ${output}`
        : `layer${n}: (Conv1 Conv3/2 Conv1 + Conv1/2) (Conv1 Conv3 Conv1 + identity)*${more} ${output}`;
    assert.deepEqual(outline('resnet50'), [
      ': Conv7/2 MaxPool3/2 64x56x56',
      stage(1, 2, '256x56x56'),
      stage(2, 3, '512x28x28'),
      stage(3, 5, '1024x14x14'),
      stage(4, 2, '2048x7x7'),
      ': GlobalAveragePool Gemm 1000',
    ]);
  });

  it('shows shortcuts of each kind', () => {
    assert.match(outline('cifar-resnet20', { shortcut: 'A' })[2]!, /^layer2: \(Conv3\/2 Conv3 \+ padded\) /);
    assert.match(outline('cifar-resnet20', { shortcut: 'B' })[2]!, /^layer2: \(Conv3\/2 Conv3 \+ Conv1\/2\) /);
    assert.equal(outline('cifar-resnet20', { shortcut: 'C' })[1], 'layer1: (Conv3 Conv3 + Conv1)*3 16x32x32');
  });

  it("shows what a setting's options add", () => {
    assert.equal(
      outline('seresnet50')[1],
      'layer1: (Conv1 Conv3 Conv1 (GlobalAveragePool Conv1 Conv1 × identity) + Conv1)' +
        ' (Conv1 Conv3 Conv1 (GlobalAveragePool Conv1 Conv1 × identity) + identity)*2 256x56x56',
    );
    const d = outline('resnet50d');
    assert.equal(d[0], ': Conv3/2 Conv3 Conv3 MaxPool3/2 64x56x56');
    assert.match(
      d[2]!,
      /^layer2: \(Conv1 Conv3\/2 Conv1 \+ AveragePool2\/2 Conv1\) \(Conv1 Conv3 Conv1 \+ identity\)\*3 /,
    );
    assert.deepEqual(outline('resnetv2-50'), outline('resnet50'));
    assert.deepEqual(
      outline('resnext50-32x4d').map((line) => line.replaceAll('g32', '')),
      outline('resnet50'),
    );
    assert.match(outline('resnext50-32x4d')[2]!, /^layer2: \(Conv1 Conv3g32\/2 Conv1 /);
  });

  it("of the mirror goes back through a setting's options", () => {
    const setting = { bottleneck: true, repeats: [1, 1], width: 16, groups: 4, attention: 'se', stem: 'deep' };
    const name = `transpose-${JSON.stringify({ ...setting, downsample: 'average', preactivation: true })}`;
    const gate = '(GlobalAveragePool Conv1 Conv1 × identity)';
    assert.deepEqual(outline(name, { size: 32 }), [
      ': Gemm 128x4x4',
      `layer2: (Conv1 ConvTranspose4g4/2 Conv1 ${gate} + Conv1 Resize/2) 64x8x8`,
      `layer1: (Conv1 Conv3g4 Conv1 ${gate} + Conv1) 16x8x8`,
      ': ConvTranspose4/2 Conv3 Conv3 ConvTranspose4/2 3x32x32',
    ]);
  });

  it('of the mirror ends stages where images grow, in each of its ways', () => {
    assert.deepEqual(outline('transpose-cifar-resnet20'), [
      ': Gemm 64x8x8',
      'layer3: (Conv3 Conv3 + identity)*2 (Conv3 ConvTranspose4/2 + ConvTranspose2/2) 32x16x16',
      'layer2: (Conv3 Conv3 + identity)*2 (Conv3 ConvTranspose4/2 + ConvTranspose2/2) 16x32x32',
      'layer1: (Conv3 Conv3 + identity)*3 16x32x32',
      ': Conv3 3x32x32',
    ]);
    const ends = (upsample: string) => outline('transpose-resnet18', { upsample, size: 64 }).at(-1);
    assert.equal(ends('resize'), ': Resize/2 Conv3 Resize/2 Conv7 3x64x64');
    assert.equal(ends('pixel-shuffle'), ': Conv3 DepthToSpace/2 Conv7 DepthToSpace/2 3x64x64');
  });

  it("of the article's networks knows norms per position for norms, not for sums", () => {
    const lines = outline('resnet18', { variant: 'article' });
    assert.equal(lines[1], 'res_0: (Conv3 Conv3 + Conv1) (Conv3 Conv3 + identity) 64x56x56');
    const back = outline('transpose-resnet50', { variant: 'article', size: 64 });
    assert.deepEqual(back.slice(0, 2), [': Gemm 2048x1x1', ': ConvTranspose2/2 2048x2x2']);
    assert.match(back.at(-2)!, /^res_0: .* 64x16x16$/);
  });

  it('of pairs has the latent vector between', () => {
    for (const name of ['autoencoder-cifar-resnet20', 'vae-cifar-resnet20']) {
      const lines = outline(name, { latent: 8, size: 32 });
      const vector = lines.findIndex((line) => line.startsWith(': Gemm 8') || line.startsWith(': Gemm 16'));
      assert.match(lines[vector - 1]!, /^encoder\.layer3: .* 64x8x8$/, name);
      assert.equal(lines[vector + 1], ': Gemm 64x8x8', name);
      assert.match(lines[vector + 2]!, /^decoder\.layer3: /, name);
    }
  });

  it('of a whole graph, which knows no stages, has one for each shape', () => {
    const network = networkNamed('cifar-resnet20');
    const { y } = buildNetwork(network);
    const whole = textOf(outlineOf(graphNetwork({ name: 'whole', outputs: { y } }, network)));
    assert.deepEqual(
      whole.map((line) => line.split(' ').at(-1)),
      textOf(outlineOf(network)).map((line) => line.split(' ').at(-1)),
    );
  });

  it('of a deep network is as short as its settings', () => {
    const lines = outline('resnet152');
    assert.equal(lines.length, 6);
    assert.match(lines[3]!, /\*35 /);
  });
});
