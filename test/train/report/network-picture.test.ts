import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { networkNamed, outlineOf } from '../../../src/models/index.js';
import { drawNetwork } from '../../../src/train/report/network-picture.js';

const draw = (name: string, options: Record<string, unknown> = {}) =>
  drawNetwork(outlineOf(networkNamed(name, options)));
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

test('a picture of a network names its layers, shapes and repeats', () => {
  const found = texts(draw('resnet50'));
  for (const text of [
    'resnet50',
    '3 × 224 × 224',
    '7×7 conv, 64, /2',
    '3×3 max pool, /2',
    'layer4',
    '2048 × 7 × 7',
    '× 5',
  ])
    assert.ok(found.includes(text), text);
  assert.equal(found.filter((text) => text === '1×1 conv, 512, /2').length, 1); // the shortcut of layer2
  assert.ok(found.includes('dense, 1000'));
  assert.ok(texts(draw('transpose-resnet18', { size: 64 })).includes('4×4 deconv, 256, ×2'));
});

test('only padded shortcuts are dashed, and explained', () => {
  for (const [shortcut, dashed] of [
    ['A', 2],
    ['B', 0],
  ] as const) {
    const svg = draw('cifar-resnet20', { shortcut });
    assert.equal(svg.split('class="line dashed"').length - 1, dashed);
    assert.equal(svg.includes('Dashed shortcuts'), dashed > 0);
  }
});

test('everything drawn lies within the picture, and other programs can show it', async () => {
  for (const [name, options] of [
    ['resnet18', {}],
    ['transpose-resnet50', { variant: 'article' }],
    ['autoencoder-cifar-resnet20', {}],
  ] as const) {
    const { data, info } = await sharp(Buffer.from(draw(name, options)))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const isWhite = (x: number, y: number) => {
      const at = (y * info.width + x) * info.channels;
      return data[at] === 255 && data[at + 1] === 255 && data[at + 2] === 255;
    };
    assert.ok(data.some((value) => value < 100));
    for (let x = 0; x < info.width; x++) assert.ok(isWhite(x, 0) && isWhite(x, info.height - 1), name);
    for (let y = 0; y < info.height; y++) assert.ok(isWhite(0, y) && isWhite(info.width - 1, y), name);
  }
});

test('names from files are text, not markup', () => {
  const outline = { ...outlineOf(networkNamed('resnet18')), name: '<script>&"' };
  assert.ok(!drawNetwork(outline).includes('<script>'));
});
