/** Where windows stand: TensorFlow's and PyTorch's sizes, and transposed convolutions as exact adjoints. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { elements, fixedShape, input, parameter } from '../../src/graph/index.js';
import { Build, convolution, type Padding, padsOf, transposedConvolution } from '../../src/nn/index.js';
import { random } from '../../src/random/index.js';
import { float32, openRuntime } from '../../src/runtime/index.js';

const side = fc.integer({ min: 1, max: 40 });
const kernel = fc.integer({ min: 1, max: 9 });
const stride = fc.integer({ min: 1, max: 4 });

/** Outputs of a convolution along one axis. */
const outputSize = (size: number, k: number, s: number, [before, after]: readonly [number, number]) =>
  Math.floor((size + before + after - k) / s) + 1;

describe('pads', () => {
  it("`same` is TensorFlow's formula: as many outputs as ceil(size / stride), the odd pixel after", () =>
    fc.assert(
      fc.property(side, side, kernel, kernel, stride, (h, w, kh, kw, s) => {
        const [top, left, bottom, right] = padsOf('same', [kh, kw], s, [h, w]) as [number, number, number, number];
        const axes = [
          [h, kh, top, bottom],
          [w, kw, left, right],
        ] as const;
        for (const [size, k, before, after] of axes) {
          // tensorflow/core/framework/common_shape_fns.cc, Padding::SAME
          const total = size % s === 0 ? Math.max(k - s, 0) : Math.max(k - (size % s), 0);
          assert.deepEqual([before, after], [total >> 1, total - (total >> 1)]);
          if (k >= s) assert.equal(outputSize(size, k, s, [before, after]), Math.ceil(size / s));
        }
      }),
      { numRuns: 1000 },
    ));

  it("`centre` is PyTorch's usual choice, `valid` none", () => {
    assert.deepEqual(padsOf('centre', 7, 2, []), [3, 3, 3, 3]);
    assert.deepEqual(padsOf('centre', [1, 3], 1, []), [0, 1, 0, 1]);
    assert.deepEqual(padsOf('centre', 4, 2, []), [1, 1, 1, 1]);
    assert.deepEqual(padsOf('valid', [5, 3], 2, [9, 9]), [0, 0, 0, 0]);
  });
});

interface Case {
  readonly large: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly padding: Padding;
}

// sizes are multiples of the stride, and kernels reach from one window to the next
const cases: readonly Case[] = [
  { large: [8, 12], kernel: [3, 3], stride: 2, padding: 'same' },
  { large: [8, 8], kernel: [1, 1], stride: 2, padding: 'same' },
  { large: [9, 6], kernel: [5, 4], stride: 3, padding: 'same' },
  { large: [6, 10], kernel: [3, 5], stride: 2, padding: 'same' },
  { large: [7, 5], kernel: [2, 3], stride: 1, padding: 'same' },
  { large: [8, 12], kernel: [4, 4], stride: 2, padding: 'centre' },
  { large: [8, 12], kernel: [2, 2], stride: 2, padding: 'centre' },
  { large: [5, 6], kernel: [3, 3], stride: 1, padding: 'centre' },
  { large: [3, 5], kernel: [3, 5], stride: 1, padding: 'valid' },
  { large: [7, 9], kernel: [3, 5], stride: 2, padding: 'valid' },
];

describe('a transposed convolution is the exact adjoint: <C x, y> = <x, Cᵀ y>', () => {
  const runtime = openRuntime({ threads: 1 });
  after(() => runtime.close());
  const [N, FROM, TO] = [2, 3, 4];

  for (const { large, kernel, stride, padding } of cases)
    it(`${large.join(' x ')}, kernel ${kernel.join(' x ')}, stride ${stride}, ${padding}`, async () => {
      const options = { stride, padding } as const;
      const forward = new Build();
      const x = input('x', [N, FROM, ...large]);
      const cx = convolution(TO, kernel, options)(x, forward);
      const y = input('y', cx.shape);
      const back = new Build();
      const cty = transposedConvolution(FROM, kernel, options)(y, back);
      assert.deepEqual(cty.shape, x.shape);
      const shape = [TO, FROM, ...kernel];
      for (const build of [forward, back]) assert.deepEqual(build.parameters.get('weight')?.shape, shape);

      const values = (name: string, shape: readonly number[]) => {
        const { normal } = random('adjoint', name);
        return float32(Float32Array.from({ length: elements(shape) }, normal), shape);
      };
      await runtime.write({ weight: values('weight', shape) });
      const program = await runtime.compile({ name: 'adjoint', outputs: { cx, cty } });
      const feeds = { x: values('x', fixedShape(x.shape)), y: values('y', fixedShape(y.shape)) };
      const outputs = await program.run(feeds);
      const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
      const there = dot(outputs.cx!.data as Float32Array, feeds.y.data);
      const back_ = dot(feeds.x.data, outputs.cty!.data as Float32Array);
      const scale = Math.sqrt(dot(feeds.y.data, feeds.y.data)) * Math.sqrt(outputs.cx!.data.length);
      assert.ok(Math.abs(there - back_) < 1e-5 * scale, `${there} and ${back_}`);
    });

  it('grows by its stride whatever the padding, and `valid` by its kernel', () =>
    fc.assert(
      fc.property(side, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 5 }), (size, s, more) => {
        const shapeOf = (k: number, padding: Padding) =>
          transposedConvolution(2, k, { stride: s, padding })(input('x', ['n', 2, size, size]), new Build()).shape;
        assert.deepEqual(shapeOf(s + more, 'same'), ['n', 2, s * size, s * size]);
        assert.deepEqual(shapeOf(s + more, 'valid').at(-1), s * (size - 1) + s + more);
      }),
    ));
});

describe('parameters by name', () => {
  it('are shared between layers that meet in one scope', () => {
    const net = new Build();
    const layer = convolution(4, 3, { bias: true });
    const first = layer(input('x', [1, 4, 8, 8]), net);
    layer(first, net);
    assert.deepEqual([...net.parameters.keys()], ['weight', 'bias']);
    assert.deepEqual(
      [...net.parameters.values()].map(({ source }) => source.decays),
      [true, false],
    );
  });

  it('are refused with two shapes', () => {
    const net = new Build();
    convolution(4, 3)(input('x', [1, 3, 8, 8]), net);
    assert.throws(() => convolution(4, 5)(input('x', [1, 3, 8, 8]), net), /weight has shape \[4, 3, 3, 3\] already/);
    assert.equal(parameter('bias', [4]).source.decays, false);
  });
});
