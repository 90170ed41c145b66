/** From pixels to what networks want, and back without loss. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { input } from '../../src/graph/index.js';
import { imagenetNormalisation, normalise, pixelsOf, unit } from '../../src/nn/index.js';
import { float32, openRuntime } from '../../src/runtime/index.js';

const runtime = openRuntime({ threads: 1 });
after(() => runtime.close());

/** Every byte in every channel, channels different: uint8 [1, 16, 16, c]. */
const everyByte = (channels: number) => ({
  dtype: 'uint8' as const,
  shape: [1, 16, 16, channels],
  data: Uint8Array.from({ length: 256 * channels }, (_, i) => Math.floor(i / channels) ^ (i % channels)),
});

describe('pixels', () => {
  for (const channels of [1, 3])
    it(`of ${channels} channels come back as they went`, async () => {
      const images = input('images', ['n', 16, 16, channels], 'uint8');
      const program = await runtime.compile({ name: 'round trip', outputs: { back: pixelsOf(unit(images)) } });
      const fed = everyByte(channels);
      const { back } = await program.run({ images: fed });
      assert.deepEqual([back!.dtype, back!.shape, back!.data], ['uint8', fed.shape, fed.data]);
    });

  it('become planes in 0 … 1, normalised per channel', async () => {
    const images = input('images', ['n', 16, 16, 3], 'uint8');
    const { mean, std } = imagenetNormalisation;
    const scaled = unit(images);
    const outputs = { scaled, normal: normalise(scaled, { mean, std }) };
    const program = await runtime.compile({ name: 'normalise', outputs });
    const fed = everyByte(3);
    const made = await program.run({ images: fed });
    assert.deepEqual(made.scaled!.shape, [1, 3, 16, 16]);
    for (let c = 0; c < 3; c++)
      for (let i = 0; i < 256; i++) {
        const value = fed.data[3 * i + c]! / 255;
        const at = 256 * c + i;
        assert.ok(Math.abs((made.scaled!.data as Float32Array)[at]! - value) < 1e-6);
        assert.ok(Math.abs((made.normal!.data as Float32Array)[at]! - (value - mean[c]!) / std[c]!) < 1e-5);
      }
  });

  it('are clipped and rounded', async () => {
    const x = input('x', [1, 1, 1, 8]);
    const program = await runtime.compile({ name: 'clip', outputs: { pixels: pixelsOf(x) } });
    const values = [-3, -0.001, 0, 0.49 / 255, 0.51 / 255, 254.49 / 255, 1, 7];
    const { pixels } = await program.run({ x: float32(Float32Array.from(values), [1, 1, 1, 8]) });
    assert.deepEqual([...pixels!.data], [0, 0, 0, 0, 1, 254, 255, 255]);
  });
});
