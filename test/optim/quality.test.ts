/** Image quality against plain float64 implementations. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { input } from '../../src/graph/index.js';
import { absoluteErrors, psnr, squaredErrors, ssim } from '../../src/optim/index.js';
import { random } from '../../src/random/index.js';
import { float32, openRuntime } from '../../src/runtime/index.js';

const [N, C, H, W] = [3, 3, 17, 23] as const;
const SHAPE = [N, C, H, W];

/** Smooth pictures; `noise` is added to them. */
function pictures(noise: number): Float32Array {
  const { normal } = random('pictures', noise);
  return Float32Array.from({ length: N * C * H * W }, (_, i) => {
    const [x, y] = [i % W, Math.floor(i / W) % H];
    const smooth = 0.5 + 0.3 * Math.sin(x / 3 + Math.floor(i / (H * W))) * Math.cos(y / 4);
    return Math.min(1, Math.max(0, smooth + noise * normal()));
  });
}

/** Wang et al. 2004, formula 13, window by window. */
function similarity(a: Float32Array, b: Float32Array): number[] {
  const line = Array.from({ length: 11 }, (_, i) => Math.exp(-((i - 5) ** 2) / 4.5));
  const total = line.reduce((sum, v) => sum + v, 0);
  const window = (plane: number, y: number, x: number) => {
    const moments = { a: 0, b: 0, aa: 0, bb: 0, ab: 0 };
    for (let i = 0; i < 11; i++)
      for (let j = 0; j < 11; j++) {
        const weight = (line[i]! * line[j]!) / total ** 2;
        const at = plane * H * W + (y + i) * W + x + j;
        const [p, q] = [a[at]!, b[at]!];
        for (const [key, value] of Object.entries({ a: p, b: q, aa: p * p, bb: q * q, ab: p * q }))
          moments[key as 'a'] += weight * value;
      }
    const { a: ma, b: mb, aa, bb, ab } = moments;
    const [c1, c2] = [0.0001, 0.0009];
    const likeness = (2 * ma * mb + c1) * (2 * (ab - ma * mb) + c2);
    return likeness / ((ma * ma + mb * mb + c1) * (aa - ma * ma + bb - mb * mb + c2));
  };
  return Array.from({ length: N }, (_, image) => {
    let sum = 0;
    for (let channel = 0; channel < C; channel++)
      for (let y = 0; y + 11 <= H; y++) for (let x = 0; x + 11 <= W; x++) sum += window(image * C + channel, y, x);
    return sum / (C * (H - 10) * (W - 10));
  });
}

describe('quality of images', () => {
  const runtime = openRuntime({ threads: 1 });
  after(() => runtime.close());

  const judge = async (a: Float32Array, b: Float32Array) => {
    const [x, y] = [input('x', ['n', C, H, W]), input('y', ['n', C, H, W])];
    const outputs = { ssim: ssim(x, y), mse: squaredErrors(x, y), l1: absoluteErrors(x, y) };
    const program = await runtime.compile({ name: 'quality', outputs });
    const made = await program.run({ x: float32(a, SHAPE), y: float32(b, SHAPE) });
    const values = (name: keyof typeof outputs) => [...(made[name]!.data as Float32Array)];
    return { ssim: values('ssim'), mse: values('mse'), l1: values('l1') };
  };
  const close = (actual: readonly number[], expected: readonly number[], tolerance: number) => {
    assert.equal(actual.length, expected.length);
    for (const [i, value] of expected.entries())
      assert.ok(Math.abs(actual[i]! - value) < tolerance, `${actual} instead of ${expected}`);
  };

  it('of identical ones is 1, without error', async () => {
    const { ssim, mse, l1 } = await judge(pictures(0.1), pictures(0.1));
    close(ssim, [1, 1, 1], 1e-6);
    assert.deepEqual(
      [mse, l1],
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    );
  });

  for (const noise of [0.02, 0.1, 0.4])
    it(`under noise of ${noise}`, async () => {
      const [a, b] = [pictures(0), pictures(noise)];
      const made = await judge(a, b);
      close(made.ssim, similarity(a, b), 1e-4);
      const size = C * H * W;
      const mean = (of: (difference: number) => number) =>
        Array.from({ length: N }, (_, n) => {
          const own = a.subarray(n * size, (n + 1) * size);
          return own.reduce((sum, v, i) => sum + of(v - b[n * size + i]!), 0) / size;
        });
      close(
        made.mse,
        mean((d) => d * d),
        1e-6,
      );
      close(made.l1, mean(Math.abs), 1e-6);
    });

  it('in decibels', () => {
    assert.equal(psnr(0.01), 20);
    assert.ok(Math.abs(psnr(1 / 255 ** 2) - 48.13) < 0.01);
    assert.equal(psnr(0), 100); // identical images have no finite ratio; means over many need one
  });
});
